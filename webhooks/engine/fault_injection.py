"""Fault injection: what each kind of fault does to an attempt, to test how a receiver handles it.

A fault changes what is signed, what is sent, how the network sends it, when it is sent, or the endpoint's state before
the next attempt. An attempt to which a fault was applied is marked with its kind, and the bytes that were sent are
stored if they differ from the event's body.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from maac_contract.fault_kinds import RACES, FaultKind
from webhooks.engine.job import Answered, FaultSpec, Job, Outcome, Reason, Unanswered
from webhooks.engine.lifecycle import Move, Verdict

_TIMESTAMP = re.compile(rb'(?<=^\{"timestamp": ")[^"]+')
_DIGITS = re.compile(rb"[02-9]")
"""All digits but 1: flipping the last bit of 1 could give a leading zero, such as 05, which is not JSON."""


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
