"""Magic numbers: phone numbers with a fixed outcome, independent of contacts and conditions. Pure.

They have the form of unassigned Taiwanese mobile numbers. Only channels that the template enables are tried.
"""

from dataclasses import dataclass

from maac_contract.sentences import gettext_noop as _
from modules.notifications.machine import (
    BLOCKED_ACCOUNT,
    BLOCKED_LIST,
    CALLBACK_LOST,
    DELIVERED,
    LANDLINE,
    LINE_ERROR,
    LINE_PUSH,
    LINE_TIMEOUT,
    MAINTENANCE,
    MEMBER_NOT_FOUND,
    MONTHLY_LIMIT,
    NO_LINE_USER,
    PHONE_OFF,
    PNP,
    SENSITIVE_WORD,
    SMS,
    TOKEN_EXPIRED,
    VENDOR_DOWN,
    VENDOR_RECOVERS,
)


@dataclass(frozen=True, slots=True)
class Magic:
    """The outcome of each channel, and a description."""

    line_push: str
    pnp: str
    sms: str
    meaning: str

    @property
    def outcomes(self) -> dict[str, str]:
        return {LINE_PUSH: self.line_push, PNP: self.pnp, SMS: self.sms}


MAGIC: dict[str, Magic] = {
    "+886900000200": Magic(DELIVERED, DELIVERED, DELIVERED, _("Every channel delivers.")),
    "+886900000404": Magic(MEMBER_NOT_FOUND, DELIVERED, DELIVERED, _("LINE push finds no member; PNP delivers.")),
    "+886900000429": Magic(MONTHLY_LIMIT, DELIVERED, DELIVERED, _("LINE push is at its monthly limit; PNP delivers.")),
    "+886900000401": Magic(TOKEN_EXPIRED, TOKEN_EXPIRED, DELIVERED, _("The account's LINE token has expired.")),
    "+886900000408": Magic(LINE_TIMEOUT, LINE_TIMEOUT, DELIVERED, _("LINE does not answer in time; SMS delivers.")),
    "+886900000502": Magic(MAINTENANCE, MAINTENANCE, DELIVERED, _("LINE is under maintenance; SMS delivers.")),
    "+886900000500": Magic(LINE_ERROR, DELIVERED, DELIVERED, _("LINE push fails; PNP delivers.")),
    "+886900000503": Magic(LINE_ERROR, LINE_ERROR, DELIVERED, _("LINE push and PNP fail; SMS delivers.")),
    "+886900000600": Magic(MEMBER_NOT_FOUND, NO_LINE_USER, DELIVERED, _("No user of LINE; SMS delivers.")),
    "+886900000608": Magic(
        MEMBER_NOT_FOUND, BLOCKED_ACCOUNT, DELIVERED, _("The user has blocked the account; SMS delivers.")
    ),
    "+886900000601": Magic(MEMBER_NOT_FOUND, NO_LINE_USER, PHONE_OFF, _("SMS: the phone is off.")),
    "+886900000602": Magic(MEMBER_NOT_FOUND, NO_LINE_USER, LANDLINE, _("SMS: the number is a landline.")),
    "+886900000603": Magic(MEMBER_NOT_FOUND, NO_LINE_USER, BLOCKED_LIST, _("SMS: the number is on a blocked list.")),
    "+886900000604": Magic(MEMBER_NOT_FOUND, NO_LINE_USER, SENSITIVE_WORD, _("SMS: the text has a sensitive word.")),
    "+886900000605": Magic(
        MEMBER_NOT_FOUND, NO_LINE_USER, VENDOR_RECOVERS, _("SMS: the vendor is down for a while, then delivers.")
    ),
    "+886900000606": Magic(MEMBER_NOT_FOUND, NO_LINE_USER, VENDOR_DOWN, _("SMS: the vendor stays down.")),
    "+886900000607": Magic(
        MEMBER_NOT_FOUND, NO_LINE_USER, CALLBACK_LOST, _("SMS: the vendor sends no delivery report.")
    ),
}
