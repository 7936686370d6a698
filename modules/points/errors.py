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


class InvalidVoucher(InvalidInput):
    code = "invalid_voucher"


class VoucherTaken(Refusal):
    """Another voucher of the account has this code."""

    code = "voucher_taken"


class NotRedeemed(Refusal):
    """A voucher cannot be redeemed; `reason` is one of those in `vouchers`."""

    code = "not_redeemed"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class GrantDiffers(Refusal):
    """The key or id was used before with other values."""

    code = "grant_differs"
