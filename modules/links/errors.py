"""Errors of the links module."""

from accounts.errors import Refusal
from webhooks.errors import InvalidInput


class InvalidLink(InvalidInput):
    code = "invalid_link"


class InvalidClick(InvalidInput):
    code = "invalid_click"


class LinkGone(Refusal):
    """It was deleted a moment ago."""

    code = "link_gone"
