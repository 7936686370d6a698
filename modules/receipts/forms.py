"""The console's forms of receipts. The rules validate the values."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from modules.contacts.contact_fields import ContactReferenceForm
from modules.receipts import rules
from modules.receipts.conditions import CODES, Item
from modules.receipts.labels import condition_word
from modules.receipts.models import Campaign

LISTS = ("shops", "keywords")
MATCH = "match"


def moment(label: Any, help_text: Any = "", **options: Any) -> forms.DateTimeField:
    """A time field in the account's time zone."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")
    return forms.DateTimeField(label=label, help_text=help_text, widget=widget, **options)


def lines(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )


class CampaignForm(forms.Form):
    """A campaign; empty conditions do not apply."""

    name = forms.CharField(label=_("Name"), max_length=rules.NAME_LIMIT)
    is_active = forms.BooleanField(label=_("Active: receipts can be uploaded"), required=False, initial=True)
    purchase_from = moment(_("Purchased from"), required=False)
    purchase_until = moment(_("Purchased before"), _("The first moment that is too late."), required=False)
    upload_from = moment(_("Uploaded from"), required=False)
    upload_until = moment(_("Uploaded before"), _("The first moment that is too late."), required=False)
    shops = lines(_("Shops"), _("Whole names, one a line. Left empty, every shop takes part."))
    keywords = lines(_("Keywords of items"), _("One a line; one item has to have one of them."))
    minimum_amount = forms.DecimalField(
        label=_("Minimum amount"), required=False, min_value=0, max_digits=12, decimal_places=2
    )
    number_once = forms.BooleanField(label=_("A receipt number matches once"), required=False, initial=True)
    uploads_per_contact = forms.IntegerField(
        label=_("Matching receipts of a contact"), required=False, min_value=1, help_text=_("Left empty: any number.")
    )

    def details(self) -> dict[str, Any]:
        """Arguments of the services from the cleaned fields."""
        given = {**self.cleaned_data, "minimum_amount": self.cleaned_data["minimum_amount"] or Decimal(0)}
        return {**given, **{name: given[name].splitlines() for name in LISTS}}

    @classmethod
    def initial_of(cls, campaign: Campaign) -> dict[str, Any]:
        texts = {name: "\n".join(getattr(campaign, name)) for name in LISTS}
        return {**{name: getattr(campaign, name) for name in cls.base_fields}, **texts}


class UploadForm(ContactReferenceForm):
    """The fields of a receipt."""

    number = forms.CharField(label=_("Receipt number"), max_length=20, help_text=_("Such as AB12345678."))
    random_number = forms.CharField(
        label=_("Random number"), max_length=4, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    datetime = moment(_("Purchased"))
    channel = forms.CharField(label=_("Shop"), max_length=rules.NAME_LIMIT)
    items = forms.CharField(
        label=_("Items"),
        help_text=_("One a line: what, unit price, quantity. Such as: Milk tea, 65, 2"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def clean_items(self) -> list[Item]:
        return [_item(line) for line in self.cleaned_data["items"].splitlines() if line.strip()]

    def receipt(self) -> dict[str, Any]:
        """Arguments of the service from the cleaned fields."""
        given = dict(self.cleaned_data)
        given["purchased_at"] = given.pop("datetime")
        return given


class GenerateForm(ContactReferenceForm):
    """Options of a generated receipt."""

    breaking = forms.ChoiceField(label=_("What it does"))
    seed = forms.CharField(
        label=_("Seed"), required=False, max_length=100, help_text=_("The same seed makes the same receipt.")
    )

    def __init__(self, account: Account, data: Any = None) -> None:
        super().__init__(account, data, auto_id="generate_%s")
        self.fields["contact"].initial = self.offered[0].line_uid if self.offered else ""
        label_text = gettext("Fails only: %(condition)s")
        failing = [(code, label_text % {"condition": condition_word(code)}) for code in CODES]
        self.fields["breaking"].choices = [(MATCH, gettext("Matches the campaign")), *failing]  # type: ignore[attr-defined]

    def options(self) -> dict[str, Any]:
        """Arguments of the service from the cleaned fields."""
        given = self.cleaned_data
        breaking = None if given["breaking"] == MATCH else given["breaking"]
        return {"contact": given["contact"], "seed": given["seed"] or None, "breaking": breaking}


def _item(line: str) -> Item:
    """Parse a line such as `Milk tea, 65, 2`; the description may contain commas."""
    parts = line.rsplit(",", 2)
    try:
        description, price, quantity = parts[0], *map(float, parts[1:])
    except ValueError:
        fault = gettext("Write what, unit price and quantity, with commas between: %(line)s")
        raise forms.ValidationError(fault % {"line": line}) from None
    return rules.item_of(description=description, unit_price=price, quantity=quantity)
