"""How a REST call names a contact: by LINE UID or by id."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import Account
from modules.contacts import selectors
from modules.contacts.models import Contact
from rest.base.fields import StrictSerializer, Text


class NamesAContact(StrictSerializer):
    """The fields of a call that is about a contact; `contact_of` takes them out of the validated data."""

    line_uid = Text(required=False, help_text="Whose; or give `contact`.")
    contact = serializers.IntegerField(required=False, help_text="The contact's id; or give `line_uid`.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("line_uid" in attrs) == ("contact" in attrs):
            raise serializers.ValidationError({"line_uid": ["Give either line_uid or contact."]})
        return attrs


def contact_of(*, account: Account, fields: dict[str, Any]) -> Contact:
    """The account's contact whom the fields name; they are taken out."""
    name = "line_uid" if "line_uid" in fields else "contact"
    value = fields.pop(name)
    wanted = {"line_uid": value} if name == "line_uid" else {"pk": value}
    found = selectors.contacts(account=account).filter(**wanted).first()
    if found is None:
        raise serializers.ValidationError({name: [_("The account has no such contact.")]})
    return found
