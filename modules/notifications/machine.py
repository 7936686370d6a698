"""All statuses of a notification message and every move between them, in one table. Pure.

- A message has one status at a time, that of the channel it is in. The channels come in the order LINE push, PNP, SMS.
- Before the first move each channel that may be tried is given its outcome: how it will end, its plan.
- In a status that can go on, the outcome of its own channel picks the move. Where a channel could not deliver, the next
  channel of the plan does; where the plan has none, the message has ended.
- A move is made after a wait: one step, or the fallback period of the template (before SMS).

Documented by MAAC: the statuses, the error categories, and that the monthly limit, a blocked account and a timeout of
LINE end in `line_push_undeliverable`, and only a number on the blocked list in `sms_blocked`. Chosen: the other ways.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

LINE_PUSH, PNP, SMS = "line_push", "pnp", "sms"
CHANNELS = (LINE_PUSH, PNP, SMS)

DELIVERED = "delivered"
MEMBER_NOT_FOUND = "member_not_found"
MONTHLY_LIMIT = "monthly_limit"
LINE_ERROR = "line_error"
LINE_TIMEOUT = "line_timeout"
TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a name
MAINTENANCE = "maintenance"
BLOCKED_ACCOUNT = "blocked_account"
NO_LINE_USER = "no_line_user"
PHONE_OFF = "phone_off"
LANDLINE = "landline"
BLOCKED_LIST = "blocked_list"
SENSITIVE_WORD = "sensitive_word"
VENDOR_RECOVERS = "vendor_recovers"
VENDOR_DOWN = "vendor_down"
CALLBACK_LOST = "callback_lost"

OUTCOMES: dict[str, tuple[str, ...]] = {
    LINE_PUSH: (
        DELIVERED, MEMBER_NOT_FOUND, MONTHLY_LIMIT, LINE_ERROR, LINE_TIMEOUT, TOKEN_EXPIRED, MAINTENANCE,
    ),
    PNP: (DELIVERED, NO_LINE_USER, BLOCKED_ACCOUNT, LINE_ERROR, LINE_TIMEOUT, TOKEN_EXPIRED, MAINTENANCE),
    SMS: (
        DELIVERED, PHONE_OFF, LANDLINE, BLOCKED_LIST, SENSITIVE_WORD, VENDOR_RECOVERS, VENDOR_DOWN, CALLBACK_LOST,
    ),
}  # fmt: skip
"""The possible outcomes of each channel."""

Plan = Mapping[str, str]
"""The outcome of each channel that may be tried."""


class Wait(StrEnum):
    STEP = "step"
    FALLBACK = "fallback"


class Move(NamedTuple):
    """The next status, the wait before it, and the error category of a failed channel."""

    status: str
    wait: Wait = Wait.STEP
    error: str = ""


TO_PNP = {PNP: Move("pnp_preparing")}
TO_SMS = {SMS: Move("sms_preparing", Wait.FALLBACK)}

TABLE: dict[str, dict[str, Move]] = {
    "line_push_preparing": {
        DELIVERED: Move("line_push_delivered"),
        MEMBER_NOT_FOUND: Move("line_push_undeliverable", error="member_not_found"),
        MONTHLY_LIMIT: Move("line_push_undeliverable", error="reach_monthly_limit"),
        LINE_TIMEOUT: Move("line_push_undeliverable", error="others"),
        LINE_ERROR: Move("line_push_failed", error="others"),
        TOKEN_EXPIRED: Move("line_push_failed", error="others"),
        MAINTENANCE: Move("line_push_failed", error="others"),
    },
    "line_push_delivered": {},
    "line_push_undeliverable": TO_PNP | TO_SMS,
    "line_push_failed": TO_PNP | TO_SMS,
    "pnp_preparing": {
        DELIVERED: Move("pnp_accepted"),
        BLOCKED_ACCOUNT: Move("pnp_accepted"),
        NO_LINE_USER: Move("pnp_undeliverable"),
        LINE_ERROR: Move("pnp_failed"),
        LINE_TIMEOUT: Move("pnp_failed"),
        TOKEN_EXPIRED: Move("pnp_failed"),
        MAINTENANCE: Move("pnp_failed"),
    },
    "pnp_accepted": {
        DELIVERED: Move("pnp_delivered"),
        BLOCKED_ACCOUNT: Move("pnp_undeliverable"),
    },
    "pnp_delivered": {},
    "pnp_undeliverable": TO_SMS,
    "pnp_failed": TO_SMS,
    "sms_preparing": {
        DELIVERED: Move("sms_accepted"),
        PHONE_OFF: Move("sms_accepted"),
        CALLBACK_LOST: Move("sms_accepted"),
        LANDLINE: Move("sms_failed", error="invalid_phone_number"),
        BLOCKED_LIST: Move("sms_blocked", error="target_reception_issue"),
        SENSITIVE_WORD: Move("sms_failed", error="sensitive_words"),
        VENDOR_RECOVERS: Move("sms_temporary_error"),
        VENDOR_DOWN: Move("sms_temporary_error"),
    },
    "sms_accepted": {
        DELIVERED: Move("sms_delivered"),
        PHONE_OFF: Move("sms_undeliverable", error="target_reception_issue"),
        CALLBACK_LOST: Move("sms_callback_timeout"),
    },
    "sms_temporary_error": {
        VENDOR_RECOVERS: Move("sms_delivered"),
        VENDOR_DOWN: Move("sms_failed", error="others"),
    },
    "sms_delivered": {},
    "sms_failed": {},
    "sms_undeliverable": {},
    "sms_blocked": {},
    "sms_callback_timeout": {},
}


def first_status(plan: Plan) -> str:
    """The initial status: preparing, in the first channel of the plan."""
    return f"{next(channel for channel in CHANNELS if channel in plan)}_preparing"


def next_move(status: str, plan: Plan) -> Move | None:
    """The move from this status, or None if the message has ended."""
    moves = TABLE[status]
    own = moves.get(plan[channel_of(status)])
    return own or next((moves[channel] for channel in CHANNELS if channel in moves and channel in plan), None)


def channel_of(status: str) -> str:
    return next(channel for channel in CHANNELS if status.startswith(f"{channel}_"))


def has_delivered(status: str) -> bool:
    return status.endswith("_delivered")


def first_outcome(plan: Plan) -> str:
    """The outcome of the first channel that is tried."""
    return plan[channel_of(first_status(plan))]
