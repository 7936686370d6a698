"""The console's forms of contacts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from modules.contacts import rules, selectors

OFFERED = 100
"""Tags in the list of known ones."""
GENDERS = [("unknown", _("Unknown")), ("female", _("Female")), ("male", _("Male"))]
STATUSES = [
    (rules.FOLLOW, _("Friend of the account")),
    (rules.AUTH, _("Friend who is identified")),
    (rules.UNFOLLOW, _("Blocked the account")),
]


class ContactForm(forms.Form):
    """A contact's details. The rules validate them."""

    line_uid = forms.CharField(
        label=_("LINE UID"), max_length=33, required=False, help_text=_("Left empty, one is made up.")
    )
    display_name = forms.CharField(label=_("Display name"), max_length=rules.TEXT_LIMIT, required=False)
    line_display_name = forms.CharField(label=_("Name at LINE"), max_length=rules.TEXT_LIMIT, required=False)
    customer_id = forms.CharField(
        label=_("Customer ID"),
        max_length=rules.TEXT_LIMIT,
        required=False,
        help_text=_("The id in the brand's own system. Left empty, the contact is not bound."),
    )
    mobile = forms.CharField(label=_("Mobile number"), max_length=20, required=False)
    email = forms.CharField(label=_("E-mail address"), max_length=rules.TEXT_LIMIT, required=False)
    gender = forms.ChoiceField(label=_("Gender"), choices=GENDERS, required=False)
    birthday = forms.DateField(
        label=_("Birthday"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    tags = forms.CharField(label=_("Tags"), required=False, help_text=_("Separated by commas."))
    status = forms.ChoiceField(label=_("Status"), choices=[("", _("As the binding says")), *STATUSES], required=False)

    def details(self) -> dict[str, Any]:
        """Arguments of the services from the cleaned fields."""
        given = dict(self.cleaned_data)
        if "tags" in given:
            given["tags"] = given["tags"].split(",") if given["tags"] else []
        given["gender"] = given["gender"] or "unknown"
        if not given["status"]:
            del given["status"]
        return given


class EditContactForm(ContactForm):
    """The same form without the LINE UID, which cannot change, and the tags, which have their own form."""

    status = forms.ChoiceField(label=_("Status"), choices=STATUSES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["line_uid"], self.fields["tags"]


class TagForm(forms.Form):
    """A new tag. The rules validate it."""

    name = forms.CharField(label=_("Name"), max_length=rules.TAG_LENGTH)
    available_days = forms.IntegerField(
        label=_("Days on a contact"),
        min_value=1,
        max_value=rules.MOST_DAYS,
        required=False,
        help_text=_("So long it stays on a contact. Left empty, it stays for ever."),
    )


class TaggingForm(forms.Form):
    """The name of a tag to put on a contact."""

    name = forms.CharField(
        label=_("Tag"),
        max_length=rules.TAG_LENGTH,
        widget=forms.TextInput(attrs={"list": "known-tags", "autocomplete": "off"}),
        help_text=_("A new name makes a new tag."),
    )

    def __init__(self, account: Account, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = list(selectors.tags(account=account).values_list("name", flat=True)[:OFFERED])


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"), help_text=_("Columns as in the export; contacts are found by their LINE UID.")
    )
