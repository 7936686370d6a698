"""Errors of the notifications module."""

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
    """The template is inactive."""

    code = "template_inactive"


class MessageEnded(Refusal):
    """The message has no further step."""

    code = "message_ended"
