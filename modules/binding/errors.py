"""Errors of bind links."""

from accounts.errors import Refusal
from webhooks.errors import InvalidInput


class InvalidBindLink(InvalidInput):
    code = "invalid_bind_link"


class BindLinkUsed(Refusal):
    """A link that binds one time only has done so."""

    code = "bind_link_used"
