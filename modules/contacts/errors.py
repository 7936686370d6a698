"""What the contacts module refuses."""

from accounts.errors import Refusal
from webhooks.errors import InvalidInput


class InvalidContact(InvalidInput):
    code = "invalid_contact"


class ContactTaken(Refusal):
    """Another contact of the account has this LINE UID or this customer id."""

    code = "contact_taken"
