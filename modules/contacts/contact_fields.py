"""Fields with which REST requests and console forms refer to a contact, and the lookups behind them."""

from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import Account
from modules.contacts import selectors
from modules.contacts.models import Contact
from rest.base.fields import StrictSerializer, Text

OFFERED = 100


class ContactReference(StrictSerializer):
    """Request fields that identify a contact by LINE UID or by id; `pop_contact` resolves them."""

    line_uid = Text(required=False, help_text="The contact's LINE UID; or give `contact`.")
    contact = serializers.IntegerField(required=False, help_text="The contact's id; or give `line_uid`.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("line_uid" in attrs) == ("contact" in attrs):
            raise serializers.ValidationError({"line_uid": ["Give either line_uid or contact."]})
        return attrs


def pop_contact(*, account: Account, fields: dict[str, Any]) -> Contact:
    """Remove the ContactReference fields from validated data and return the account's contact they identify."""
    name = "line_uid" if "line_uid" in fields else "contact"
    value = fields.pop(name)
    lookup = {"line_uid": value} if name == "line_uid" else {"pk": value}
    found = selectors.contacts(account=account).filter(**lookup).first()
    if found is None:
        raise serializers.ValidationError({name: [gettext("The account has no such contact.")]})
    return found


class ContactReferenceForm(forms.Form):
    """A form about one contact of the account; `contacts/parts/choice.html` renders the field."""

    contact = forms.CharField(
        label=_("Contact"),
        max_length=100,
        help_text=_("LINE UID or customer ID."),
        widget=forms.TextInput(attrs={"list": "known-contacts", "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, account: Account, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    @cached_property
    def offered(self) -> list[Contact]:
        """The newest contacts, for the field's datalist."""
        return list(selectors.contacts(account=self.account)[:OFFERED])

    def clean_contact(self) -> Contact:
        return contact_from_text(self.account, self.cleaned_data["contact"])


def contact_from_text(account: Account, text: str) -> Contact:
    """The contact with this LINE UID or customer id. Raises a form's ValidationError if there is none."""
    contacts = selectors.contacts(account=account)
    found = contacts.filter(line_uid=text).first() or contacts.filter(customer_id=text).first()
    if found is None:
        message = gettext("No contact has the LINE UID or customer ID %(text)s.")
        raise forms.ValidationError(message % {"text": text})
    return found
