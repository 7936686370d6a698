"""Errors of the messages module."""

from accounts.errors import Refusal
from webhooks.errors import InvalidInput


class InvalidTemplate(InvalidInput):
    code = "invalid_template"


class InvalidMessage(InvalidInput):
    code = "invalid_message"


class EventLimit(Refusal):
    """The account has reached its limit of message events."""

    code = "event_limit"


class MessageNotReceived(Refusal):
    """The contact has not received the message, or not yet."""

    code = "message_not_received"
