"""Errors of the points module."""

from accounts.errors import Refusal
from webhooks.errors import InvalidInput


class InvalidPrize(InvalidInput):
    code = "invalid_prize"


class InvalidGrant(InvalidInput):
    code = "invalid_grant"


class ContactNotBound(Refusal):
    """The event names a customer, and the contact is bound to none."""

    code = "contact_not_bound"


class PrizeOver(Refusal):
    """Its points have lapsed, or it was deleted a moment ago."""

    code = "prize_over"


class GrantDiffers(Refusal):
    """The key or id was used before with other values."""

    code = "grant_differs"
