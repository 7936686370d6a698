"""Errors of the contacts module."""

from accounts.errors import Refusal
from webhooks.errors import InvalidInput


class InvalidContact(InvalidInput):
    code = "invalid_contact"


class ImportRunning(Refusal):
    """The account has an import that has not ended."""

    code = "import_running"


class ContactTaken(Refusal):
    """Another contact of the account has this LINE UID or this customer id."""

    code = "contact_taken"
