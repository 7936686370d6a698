"""Failures of MAAC's Open API that happen only on demand: what each kind is, and which calls it can meet. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from maac_contract.sentences import gettext_noop as _

PUSH, MULTICAST, ENHANCED = "push", "multicast", "enhanced_multicast"
PNP_PUSH, PNP_MULTICAST, REDEEM = "pnp_push", "pnp_multicast", "redeem"


class Failure(StrEnum):
    PEAK = "peak"
    TIMEOUT = "timeout"
    ERROR = "error"
    REFUSED = "refused"
    LINE_RATE_LIMIT = "line_rate_limit"
    FAILED_TO_SEND = "failed_to_send"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a name
    MAINTENANCE = "maintenance"
    NO_POINTS = "no_points"
    FAILED_TO_EMIT = "failed_to_emit"
    REDEEM_RETRY = "redeem_retry"
    REDEEM_ERROR = "redeem_error"


@dataclass(frozen=True, slots=True)
class About:
    """A title and a description for people, and the names of the calls that can fail so; none named: every call."""

    title: str
    description: str
    calls: tuple[str, ...] = ()


FAILURES: dict[Failure, About] = {
    Failure.PEAK: About(
        _("MAAC is at its peak"),
        _("429 although the account is within its limits. Possible at every call."),
    ),
    Failure.TIMEOUT: About(
        _("LINE does not answer in time"),
        _("“timeout”: as the result of a push, or as the response of each recipient of a multicast."),
        (PUSH, MULTICAST, ENHANCED, PNP_PUSH),
    ),
    Failure.ERROR: About(
        _("LINE answers with an error"),
        _("“error” as the result of a push; each recipient of a multicast fails with LINE's answer."),
        (PUSH, MULTICAST, ENHANCED),
    ),
    Failure.REFUSED: About(
        _("LINE refuses the message"),
        _("LINE's error as an object in the result of a push; as text for each recipient of a multicast."),
        (PUSH, MULTICAST, ENHANCED),
    ),
    Failure.LINE_RATE_LIMIT: About(
        _("LINE's own rate limit is reached"),
        _("“429 Too Many Requests” as the response of each recipient."),
        (MULTICAST, ENHANCED),
    ),
    Failure.FAILED_TO_SEND: About(
        _("LINE matches nobody to the number"),
        _("“failed to send messages” as the result; SMS follows."),
        (PNP_PUSH,),
    ),
    Failure.TOKEN_EXPIRED: About(
        _("The account's LINE token has expired"),
        _("“access token expired” as the result; SMS follows."),
        (PNP_PUSH,),
    ),
    Failure.MAINTENANCE: About(
        _("LINE is under maintenance"),
        _("“we're under maintenance” as the result; SMS follows."),
        (PNP_PUSH,),
    ),
    Failure.NO_POINTS: About(
        _("The SMS points are used up"),
        _("400 with “your SMS points are insufficient, please recharge before sending”; nothing is stored."),
        (PNP_PUSH, PNP_MULTICAST),
    ),
    Failure.FAILED_TO_EMIT: About(
        _("MAAC cannot pass the message on"),
        _("503 with “failed to emit messages”; nothing is stored, and the client is to repeat the call."),
        (PNP_PUSH,),
    ),
    Failure.REDEEM_RETRY: About(
        _("The prize is blocked"),
        _("408 with “Prize Redemption Need Retry”; nothing is redeemed, and the client is to repeat the call once."),
        (REDEEM,),
    ),
    Failure.REDEEM_ERROR: About(
        _("Redeeming fails for another reason"),
        _("500 with “Other errors”; nothing is redeemed."),
        (REDEEM,),
    ),
}

MAGIC: dict[str, Failure] = {
    "U00000000000000000000000000000439": Failure.PEAK,
    "+886900000402": Failure.NO_POINTS,
    "+886900000513": Failure.FAILED_TO_EMIT,
    "+886900000439": Failure.PEAK,
    "SIM408": Failure.REDEEM_RETRY,
    "SIM439": Failure.PEAK,
    "SIM500": Failure.REDEEM_ERROR,
}
"""LINE UIDs, phone numbers and voucher codes with which a call fails so, whatever is stored. Others decide the result
of a push: those of messages and of notification messages."""


def is_possible(failure: Failure, call: str) -> bool:
    """Whether a call can fail so."""
    calls = FAILURES[failure].calls
    return not calls or call in calls
