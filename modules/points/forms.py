"""The console's forms of points. The rules validate the values."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from modules.contacts import selectors as contact_selectors
from modules.contacts.contact_fields import contact_from_text
from modules.contacts.models import Contact
from modules.points import rules
from modules.points.models import Prize

OFFERED = 20


class PrizeForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=rules.TEXT_LIMIT)
    memo = forms.CharField(
        label=_("Memo"), max_length=rules.MEMO_LIMIT, required=False, help_text=_("Why the points are given.")
    )
    count = forms.IntegerField(label=_("Points"), min_value=1, max_value=rules.COUNT_LIMIT, initial=10)
    category = forms.CharField(label=_("Category"), max_length=rules.TEXT_LIMIT, required=False)
    expires_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    expires_after_days = forms.IntegerField(
        label=_("Or days after the grant"),
        required=False,
        min_value=0,
        max_value=rules.LONGEST_LIFE,
        help_text=_("With neither, the points never lapse."),
    )
    needs_bound_contact = forms.BooleanField(
        label=_("Only for contacts with a customer ID"),
        required=False,
        initial=True,
        help_text=_("Others are refused. If not ticked, they get the points, but no event is sent."),
    )

    @classmethod
    def initial_of(cls, prize: Prize) -> dict[str, Any]:
        return {name: getattr(prize, name) for name in cls.base_fields}


class GrantForm(forms.Form):
    """The contacts to grant points to, and values that override the prize's."""

    contacts = forms.MultipleChoiceField(
        label=_("Contacts"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("The newest ones.")
    )
    others = forms.CharField(
        label=_("Others"),
        required=False,
        help_text=_("LINE UID or customer ID, one a line."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    count = forms.IntegerField(label=_("Points"), min_value=1, max_value=rules.COUNT_LIMIT)
    memo = forms.CharField(label=_("Memo"), max_length=rules.MEMO_LIMIT, required=False)

    def __init__(self, account: Account, prize: Prize, data: Any = None) -> None:
        super().__init__(data, initial={"count": prize.count, "memo": prize.memo})
        self.account = account
        self.offered = {str(each.pk): each for each in contact_selectors.contacts(account=account)[:OFFERED]}
        choices = [(key, _name(contact)) for key, contact in self.offered.items()]
        self.fields["contacts"].choices = choices  # type: ignore[attr-defined]

    def clean_contacts(self) -> list[Contact]:
        return [self.offered[key] for key in self.cleaned_data["contacts"]]

    def clean_others(self) -> list[Contact]:
        texts = [line.strip() for line in self.cleaned_data["others"].splitlines() if line.strip()]
        return [contact_from_text(self.account, text) for text in texts[: rules.CONTACT_LIMIT]]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        chosen = [*cleaned.get("contacts", []), *cleaned.get("others", [])]
        if not chosen and not self.errors:
            self.add_error("contacts", _("Choose at least one contact."))
        return cleaned

    def options(self) -> dict[str, Any]:
        """Arguments of the service from the cleaned fields; each contact once."""
        given = self.cleaned_data
        chosen = {contact.pk: contact for contact in [*given["contacts"], *given["others"]]}
        return {"contacts": list(chosen.values()), "count": given["count"], "memo": given["memo"]}


def _name(contact: Contact) -> str:
    return f"{contact} · {contact.customer_id}" if contact.is_bound else str(contact)
