"""Fault injection: what each kind of fault does to an attempt, to test how a receiver handles it.

A fault changes what is signed, what is sent, how the network sends it, when it is sent, or the endpoint's state before
the next attempt. An attempt to which a fault was applied is marked with its kind, and the bytes that were sent are
stored if they differ from the event's body.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from maac_contract.sentences import gettext_noop
from webhooks.engine.job import Answered, FaultKind, FaultSpec, Job, Outcome, Reason, Unanswered
from webhooks.engine.lifecycle import Move, Verdict

LONGEST = 3600.0
"""Largest number of seconds for a fault, except for those that only change a timestamp."""
A_YEAR = 366 * 86_400.0
MOST_IN_REVERSE = 50

RACES = (FaultKind.ROTATE_SECRET, FaultKind.PAUSE, FaultKind.DELETE, FaultKind.END_LICENCE)
"""Kinds that change the endpoint or its licence between an attempt and its retry."""

_TIMESTAMP = re.compile(rb'(?<=^\{"timestamp": ")[^"]+')
_DIGITS = re.compile(rb"[02-9]")
"""All digits but 1: flipping the last bit of 1 could give a leading zero, such as 05, which is not JSON."""


@dataclass(frozen=True, slots=True)
class About:
    """A kind's texts for people (name, effect, and note on a marked attempt) and parameters.

    `seconds` and `count` are the defaults of these parameters; None if the kind does not take them.
    """

    title: str
    description: str
    done: str
    seconds: float | None = None
    longest: float = LONGEST
    count: int | None = None


KINDS: dict[FaultKind, About] = {
    FaultKind.DROP_MID_BODY: About(
        gettext_noop("Drop the connection in mid-body"),
        gettext_noop("The receiver gets half of the body, then the connection is gone. It is sent again as usual."),
        gettext_noop("The connection was dropped in the middle of the body."),
    ),
    FaultKind.SEND_TWICE: About(
        gettext_noop("Send twice"),
        gettext_noop("Two copies arrive at the same moment, under one idempotency key."),
        gettext_noop("The request was sent twice at the same moment, under one key."),
    ),
    FaultKind.REVERSE: About(
        gettext_noop("Send in reverse"),
        gettext_noop(
            "The next few are held back and then sent one after another, the last one first. Those that never come are "
            "waited for no longer than so many seconds."
        ),
        gettext_noop("It was held back and sent after later ones, in reverse order."),
        seconds=5.0,
        count=3,
    ),
    FaultKind.WRONG_SIGNATURE: About(
        gettext_noop("Wrong signature"),
        gettext_noop("The body is right, but it is signed with a secret that is not this endpoint's."),
        gettext_noop("It was signed with a wrong secret."),
    ),
    FaultKind.PREVIOUS_SECRET: About(
        gettext_noop("Previous secret"),
        gettext_noop("It is signed with the share secret that was in force before the last change."),
        gettext_noop("It was signed with the share secret from before the last change."),
    ),
    FaultKind.FLIP_BYTE: About(
        gettext_noop("Flip one byte"),
        gettext_noop("After signing, one digit in the data is changed. The body is still JSON."),
        gettext_noop("One byte of the body was changed after it was signed."),
    ),
    FaultKind.DRIP_BODY: About(
        gettext_noop("Drip the body"),
        gettext_noop("The body arrives in small pieces, spread over so many seconds."),
        gettext_noop("The body was sent slowly, in small pieces."),
        seconds=2.0,
    ),
    FaultKind.DELAY: About(
        gettext_noop("Delay"),
        gettext_noop("The attempt is held back for so many seconds, and later events overtake it."),
        gettext_noop("It was held back for a while before it was sent."),
        seconds=3.0,
    ),
    FaultKind.STALE_TIMESTAMP: About(
        gettext_noop("Stale timestamp"),
        gettext_noop("The timestamp in the body is so many seconds older; the signature is right for these bytes."),
        gettext_noop("The timestamp in the body was made older; the signature is right for these bytes."),
        seconds=86_400.0,
        longest=A_YEAR,
    ),
    FaultKind.LOST_ANSWER: About(
        gettext_noop("Lost answer"),
        gettext_noop("The receiver's success is taken for lost, so the event is sent again under the same key."),
        gettext_noop("The receiver's success was taken for lost."),
    ),
    FaultKind.ROTATE_SECRET: About(
        gettext_noop("Change the share secret between two attempts"),
        gettext_noop("After an attempt that will be tried again, the endpoint gets a new share secret."),
        gettext_noop("After this attempt the share secret was changed."),
    ),
    FaultKind.PAUSE: About(
        gettext_noop("Pause between two attempts"),
        gettext_noop("After an attempt that would be tried again, the endpoint is paused."),
        gettext_noop("After this attempt the endpoint was paused."),
    ),
    FaultKind.DELETE: About(
        gettext_noop("Delete between two attempts"),
        gettext_noop("After an attempt that would be tried again, the endpoint is deleted."),
        gettext_noop("After this attempt the endpoint was deleted."),
    ),
    FaultKind.END_LICENCE: About(
        gettext_noop("End the licence between two attempts"),
        gettext_noop("After an attempt that would be tried again, the licence of the event's zone ends."),
        gettext_noop("After this attempt the licence of the event's zone was ended."),
    ),
}


def about(kind: str) -> About:
    """The description of a stored kind, also of one that this version does not know."""
    unknown = gettext_noop("This version does not know this kind of fault.")
    return KINDS.get(kind) or About(kind, unknown, unknown)  # type: ignore[call-overload]


def altered(job: Job, fault: FaultSpec) -> tuple[Job, bytes]:
    """The job to sign, and the bytes to send."""
    match fault.kind:
        case FaultKind.WRONG_SIGNATURE:
            return job._replace(secret=f"not {job.secret}"), job.body
        case FaultKind.PREVIOUS_SECRET:
            return job._replace(secret=fault.previous_secret), job.body
        case FaultKind.STALE_TIMESTAMP:
            aged = _aged(job.body, fault.seconds)
            return job._replace(body=aged), aged
        case FaultKind.FLIP_BYTE:
            return job, _flipped(job.body, fault.seed)
    return job, job.body


def dropped_at(body: bytes) -> int:
    """How many bytes of the body are sent before the connection is dropped."""
    return len(body) // 2


def bytes_sent(job: Job) -> bytes | None:
    """The bytes that were sent, None if they are the event's body."""
    if job.fault is None:
        return None
    if job.fault.kind is FaultKind.DROP_MID_BODY:
        return job.body[: dropped_at(job.body)]
    _, body = altered(job, job.fault)
    return None if body == job.body else body


def applied_to_outcome(
    job: Job, fault: FaultSpec, outcome: Outcome, judge: Callable[[Outcome], Verdict]
) -> tuple[Job, Outcome, Verdict]:
    """Job, outcome and verdict of a finished attempt. A fault without effect is removed from the job."""
    verdict = judge(outcome)
    if fault.kind is FaultKind.LOST_ANSWER and isinstance(outcome, Answered) and verdict.move is Move.ACCEPT:
        lost = _lost(outcome)
        return job, lost, judge(lost)
    if fault.kind is FaultKind.LOST_ANSWER or (fault.kind in RACES and verdict.move is not Move.RETRY):
        return job._replace(fault=None, missed_fault=fault), outcome, verdict
    if fault.kind is FaultKind.DROP_MID_BODY and verdict.reason is Reason.CONNECTION_LOST:
        detail = f"Injected fault: dropped after {dropped_at(job.body)} of {len(job.body)} bytes."
        verdict = verdict._replace(detail=detail)
    if fault.note:
        verdict = verdict._replace(detail=f"{verdict.detail} {fault.note}".strip())
    return job, outcome, verdict


def merged_copies(job: Job, fault: FaultSpec, first: Outcome, last: Outcome) -> tuple[Job, Outcome]:
    """One outcome for an attempt that was sent twice: the later one; the fault's note names the earlier."""
    earlier = f"status {first.status_code}" if isinstance(first, Answered) else first.reason
    note = f"Injected fault: sent twice; the copy that finished first ended with {earlier}."
    return job._replace(fault=fault._replace(note=note)), last


def _lost(outcome: Answered) -> Unanswered:
    detail = f"Injected fault: the receiver answered {outcome.status_code}, which was taken for lost."
    return Unanswered(
        outcome.started_at, outcome.timings, outcome.address, outcome.request_headers, Reason.CONNECTION_LOST, detail,
        outcome.headers, outcome.body, outcome.truncated,
    )  # fmt: skip


def _aged(body: bytes, seconds: float) -> bytes:
    return _TIMESTAMP.sub(lambda found: _earlier(found[0].decode(), seconds).encode(), body, count=1)


def _earlier(timestamp: str, seconds: float) -> str:
    earlier = datetime.fromisoformat(timestamp) - timedelta(seconds=seconds)
    return earlier.isoformat(timespec="microseconds")


def _flipped(body: bytes, seed: str) -> bytes:
    """The body with the last bit of one digit in `data` flipped; the digit depends on seed and body only."""
    start = max(0, body.find(b'"data": '))
    places = [found.start() for found in _DIGITS.finditer(body, start)] or [len(body) // 2]
    place = Random(seed).choice(places)  # noqa: S311 - to be repeated, not to be secret
    return b"".join((body[:place], bytes([body[place] ^ 1]), body[place + 1 :]))
