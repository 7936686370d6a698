"""What the messages module refuses."""

from accounts.errors import Refusal
from webhooks.errors import InvalidInput


class InvalidTemplate(InvalidInput):
    code = "invalid_template"


class InvalidMessage(InvalidInput):
    code = "invalid_message"


class EventLimit(Refusal):
    """The account has as many message events as it may."""

    code = "event_limit"


class MessageNotReceived(Refusal):
    """Nobody can open what did not reach them, or not yet."""

    code = "message_not_received"
