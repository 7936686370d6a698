"""How the console's forms name a contact: by LINE UID or customer id, with the newest ones offered."""

from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from modules.contacts import selectors
from modules.contacts.models import Contact

OFFERED = 100


class NamesAContact(forms.Form):
    """A form about one contact of the account; `contacts/parts/choice.html` shows the field."""

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
        return list(selectors.contacts(account=self.account)[:OFFERED])

    def clean_contact(self) -> Contact:
        return contact_named(self.account, self.cleaned_data["contact"])


def contact_named(account: Account, text: str) -> Contact:
    """The contact with this LINE UID or customer id."""
    contacts = selectors.contacts(account=account)
    found = contacts.filter(line_uid=text).first() or contacts.filter(customer_id=text).first()
    if found is None:
        fault = gettext("No contact has the LINE UID or customer ID %(text)s.")
        raise forms.ValidationError(fault % {"text": text})
    return found
