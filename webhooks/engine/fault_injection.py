"""Faults on purpose: what each kind does to an attempt, so that a receiver can show how it takes it.

A fault changes what is signed, what is sent, how the network sends it, when it is sent, or what happens before the next
attempt. An attempt that a fault has struck is marked with its kind, and keeps the bytes that were sent where they are
not the event's.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from maac_contract.fault_kinds import FaultKind
from webhooks.engine.job import Answered, FaultSpec, Job, Outcome, Reason, Unanswered
from webhooks.engine.lifecycle import Move, Verdict

RACES = (FaultKind.ROTATE_SECRET, FaultKind.PAUSE, FaultKind.DELETE, FaultKind.END_LICENCE)
"""What somebody does between an attempt and the next."""

_TIMESTAMP = re.compile(rb'(?<=^\{"timestamp": ")[^"]+')
_DIGITS = re.compile(rb"[02-9]")
"""Those whose last bit can be turned without making a number that JSON does not know, such as 05."""


def altered(job: Job, fault: FaultSpec) -> tuple[Job, bytes]:
    """The job as it is signed, and the bytes that are then sent."""
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
    """How many bytes leave before a connection is dropped."""
    return len(body) // 2


def bytes_sent(job: Job) -> bytes | None:
    """What was sent in place of the event's own bytes, if it was something else."""
    if job.fault is None:
        return None
    if job.fault.kind is FaultKind.DROP_MID_BODY:
        return job.body[: dropped_at(job.body)]
    _, body = altered(job, job.fault)
    return None if body == job.body else body


def suffered(
    job: Job, fault: FaultSpec, outcome: Outcome, judge: Callable[[Outcome], Verdict]
) -> tuple[Job, Outcome, Verdict]:
    """What becomes of an attempt that is over. The job comes back without its fault if it did not come to it."""
    verdict = judge(outcome)
    if fault.kind is FaultKind.LOST_ANSWER and isinstance(outcome, Answered) and verdict.move is Move.ACCEPT:
        lost = _lost(outcome)
        return job, lost, judge(lost)
    if fault.kind is FaultKind.LOST_ANSWER or (fault.kind in RACES and verdict.move is not Move.RETRY):
        return job._replace(fault=None, missed_fault=fault), outcome, verdict
    if fault.kind is FaultKind.DROP_MID_BODY and verdict.reason is Reason.CONNECTION_LOST:
        told = f"Injected fault: dropped after {dropped_at(job.body)} of {len(job.body)} bytes."
        verdict = verdict._replace(detail=told)
    if fault.note:
        verdict = verdict._replace(detail=f"{verdict.detail} {fault.note}".strip())
    return job, outcome, verdict


def united(job: Job, fault: FaultSpec, first: Outcome, last: Outcome) -> tuple[Job, Outcome]:
    """Two copies of one attempt: the answer that came last counts, as for a sender that has forgotten the first."""
    told = f"status {first.status_code}" if isinstance(first, Answered) else first.reason
    note = f"Injected fault: sent twice; the copy that ended first came to {told}."
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
    moment = datetime.fromisoformat(timestamp) - timedelta(seconds=seconds)
    return moment.isoformat(timespec="microseconds")


def _flipped(body: bytes, seed: str) -> bytes:
    """One digit of the data turned into its neighbour; the same one whenever seed and body are the same."""
    start = max(0, body.find(b'"data": '))
    places = [found.start() for found in _DIGITS.finditer(body, start)] or [len(body) // 2]
    place = Random(seed).choice(places)  # noqa: S311 - to be repeated, not to be secret
    return b"".join((body[:place], bytes([body[place] ^ 1]), body[place + 1 :]))
