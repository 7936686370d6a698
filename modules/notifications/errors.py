"""What the notifications module refuses."""

from accounts.errors import Refusal
from webhooks.errors import InvalidInput


class InvalidTemplate(InvalidInput):
    code = "invalid_template"


class InvalidMessage(InvalidInput):
    code = "invalid_message"


class InvalidConditions(InvalidInput):
    code = "invalid_conditions"


class InvalidBinding(InvalidInput):
    code = "invalid_binding"


class TemplateInactive(Refusal):
    """Nothing is sent from a template that is switched off."""

    code = "template_inactive"


class MessageEnded(Refusal):
    """The message has no further step."""

    code = "message_ended"
