"""The state machine of a delivery: every state, every move between them, and the verdict after an attempt.

    pending ──accept──> delivered ─┐
    │  ^ ^ ├──fail────> failed ────┤
    │  │ │ └──skip────> skipped ───┤
    └──┘ └───────redeliver─────────┘
    retry

A pending delivery has a queue entry, which a worker claims for the duration of a lease. A claim changes no state: when
the lease expires, another worker can claim the delivery.
"""

from enum import StrEnum
from http import HTTPStatus
from typing import NamedTuple

from maac_contract import contract
from webhooks.engine.job import Answered, Outcome, Reason


class Status(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"


class Move(StrEnum):
    RETRY = "retry"
    ACCEPT = "accept"
    FAIL = "fail"
    SKIP = "skip"
    REDELIVER = "redeliver"


class SkipReason(StrEnum):
    """Why a delivery was not attempted."""

    ENDPOINT_PAUSED = "endpoint_paused"
    ENDPOINT_DELETED = "endpoint_deleted"
    ZONE_NOT_LICENSED = "zone_not_licensed"


MOVES: dict[tuple[Status, Move], Status] = {
    (Status.PENDING, Move.RETRY): Status.PENDING,
    (Status.PENDING, Move.ACCEPT): Status.DELIVERED,
    (Status.PENDING, Move.FAIL): Status.FAILED,
    (Status.PENDING, Move.SKIP): Status.SKIPPED,
    (Status.DELIVERED, Move.REDELIVER): Status.PENDING,
    (Status.FAILED, Move.REDELIVER): Status.PENDING,
    (Status.SKIPPED, Move.REDELIVER): Status.PENDING,
}

DONE = (Status.DELIVERED, Status.FAILED, Status.SKIPPED)

FINAL_REASONS = (Reason.REFUSED_ADDRESS, Reason.INVALID_URL)
"""Errors of the URL or address itself, which a retry cannot fix."""

CLAIMS_AT_MOST = 3
"""A delivery whose processing keeps raising exceptions fails after this many claims; it can be redelivered manually."""


class Verdict(NamedTuple):
    """What an outcome means for its delivery. `retry_in` is in seconds, None unless it is a retry."""

    move: Move
    reason: Reason
    detail: str
    retry_in: float | None = None

    @property
    def status(self) -> Status:
        return MOVES[Status.PENDING, self.move]


def judge(outcome: Outcome, *, tries: int, waits: tuple[float, ...], any_2xx: bool = True) -> Verdict:
    """Accept, retry or fail, by MAAC's rules (documented, see maac_contract.rules).

    `tries` counts the attempts of the series, this one included; `waits` are the seconds before each retry. Chosen:
    a 2xx other than 200 is accepted unless `any_2xx` is false.
    """
    if not isinstance(outcome, Answered) and outcome.reason is Reason.INTERNAL_ERROR:
        return judge_error(outcome.detail, tries=tries, waits=waits)
    reason, detail, retried = _read(outcome, any_2xx)
    if reason is Reason.OK:
        return Verdict(Move.ACCEPT, reason, detail)
    return _retry_or_fail(reason, detail, tries, waits if retried else ())


def judge_error(detail: str, *, tries: int, waits: tuple[float, ...]) -> Verdict:
    """Retry, at most `CLAIMS_AT_MOST - 1` times, or fail an attempt that ended with an exception."""
    return _retry_or_fail(Reason.INTERNAL_ERROR, detail, tries, waits[: CLAIMS_AT_MOST - 1])


def _retry_or_fail(reason: Reason, detail: str, tries: int, waits: tuple[float, ...]) -> Verdict:
    if tries <= len(waits):
        return Verdict(Move.RETRY, reason, detail, waits[tries - 1])
    return Verdict(Move.FAIL, reason, detail)


def _read(outcome: Outcome, any_2xx: bool) -> tuple[Reason, str, bool]:
    """Reason, detail, and whether MAAC retries after it."""
    if not isinstance(outcome, Answered):
        return outcome.reason, outcome.detail, outcome.reason not in FINAL_REASONS
    code = outcome.status_code
    if code == contract.SUCCESS_STATUS:
        return Reason.OK, "", False
    named = _named(code)
    if 200 <= code < 300:
        reason = Reason.OK if contract.is_accepted_status(code, any_2xx=any_2xx) else Reason.ERROR_STATUS_CODE
        return reason, f"The receiver answered {named}; MAAC asks for {contract.SUCCESS_STATUS}.", False
    if contract.is_retried_status(code):
        return Reason.ERROR_STATUS_CODE, f"The receiver answered {named}.", True
    if 300 <= code < 400:
        detail = f"The receiver answered {named}; MAAC does not follow redirects. Set the URL to the final address."
        return Reason.ERROR_STATUS_CODE, detail, False
    return Reason.ERROR_STATUS_CODE, f"The receiver answered {named}, a status that MAAC does not retry.", False


def _named(code: int) -> str:
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)
