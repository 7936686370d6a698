"""Scripted faults as rows: which jobs of a claim they strike or hold back, and what follows when an attempt is over.

All of it in the transaction of the claim, under a lock on the faults' rows, so that they count right however many
workers there are. An endpoint without faults costs a claim nothing but knowing that.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from webhooks.engine.job import Fault as Struck
from webhooks.engine.job import FaultKind, Job
from webhooks.engine.script import Script, rule
from webhooks.models import Due, Endpoint, Fault
from webhooks.outbox.rows import Settlement
from webhooks.secrets import SecretUnreadable

_COUNTED = ("seen", "hits", "held", "leaving", "in_flight", "is_over")


class Scripted(NamedTuple):
    """The jobs that are to be sent now, and when the first of those that are held comes due."""

    jobs: list[Job]
    next_due: datetime | None


def script(jobs: Sequence[Job], endpoint_ids: Collection[int], now: datetime) -> Scripted:
    """Hold the claim's jobs against the faults of these endpoints. Called once the claim has skipped what is to be."""
    scripts: dict[int, list[tuple[Fault, Script]]] = {}
    for row in _locked(Fault.objects.filter(endpoint__in=endpoint_ids, is_over=False)):
        scripts.setdefault(row.endpoint_id, []).append((row, _script(row, now)))
    _drop_ended([read for of_endpoint in scripts.values() for _, read in of_endpoint])
    sent: list[Job] = []
    held: list[datetime] = []
    for job in jobs:
        read = [each for _, each in scripts.get(job.endpoint_id, [])]
        ruling = rule(read, delivery_id=job.delivery_id, topic=job.topic, number=job.number)
        if ruling.wakes:
            _wake(ruling.wakes, now)
            held.append(now)
        if ruling.hold is None:
            sent.append(_struck(job, ruling.fault))
        else:
            held.append(now + timedelta(seconds=ruling.hold))
            Due.objects.filter(delivery_id=job.delivery_id).update(due_at=held[-1], claim_token="")
    for of_endpoint in scripts.values():
        for row, read_row in of_endpoint:
            _save(row, read_row)
    return Scripted(sent, min(held, default=None))


def settle(settlements: Iterable[Settlement]) -> None:
    """Count the faults of attempts that are over. In the transaction that settles them, or a crash would miscount."""
    over: dict[int, list[Settlement]] = {}
    for settlement in settlements:
        if fault := settlement.job.fault or settlement.job.missed_fault:
            over.setdefault(fault.id, []).append(settlement)
    for row in _locked(Fault.objects.filter(pk__in=over)) if over else ():
        read = _script(row, over[row.pk][0].finished_at)
        for settlement in over[row.pk]:
            read.settle(settlement.job.delivery_id, was_struck=settlement.job.fault is not None)
        _save(row, read)


def _drop_ended(scripts: Sequence[Script]) -> None:
    known = [delivery_id for script in scripts for delivery_id in script.deliveries]
    if known:
        waiting = set(Due.objects.filter(delivery_id__in=known).values_list("delivery_id", flat=True))
        for script in scripts:
            script.drop_ended(waiting)


@transaction.atomic
def let_next_go(fault_id: int, *, now: datetime) -> bool:
    """Of a group that is sent in reverse, make the next one due; whether there is one."""
    for row in _locked(Fault.objects.filter(pk=fault_id)):
        if row.leaving:
            return _wake(row.leaving[-1], now)
    return False


def let_all_go(rows: QuerySet[Fault], *, now: datetime) -> None:
    """Make everything due that these faults hold back."""
    for row in rows:
        _make_due([*row.held, *row.leaving], now)


def _locked(rows: QuerySet[Fault]) -> QuerySet[Fault]:
    return rows.select_for_update(of=("self",)).order_by("pk")


def _script(row: Fault, now: datetime) -> Script:
    return Script(
        Struck(row.pk, FaultKind(row.kind), row.seconds, row.seed),
        topic=row.topic,
        attempt=row.attempt,
        every=row.every,
        probability=row.probability,
        times=row.times,
        count=row.count,
        is_expired=row.expires_at <= now,
        seen=row.seen,
        hits=row.hits,
        held=list(row.held),
        leaving=list(row.leaving),
        in_flight=list(row.in_flight),
    )


def _save(row: Fault, read: Script) -> None:
    if any(getattr(row, name) != getattr(read, name) for name in _COUNTED):
        Fault.objects.filter(pk=row.pk).update(**{name: getattr(read, name) for name in _COUNTED})


def _wake(delivery_id: int, now: datetime) -> bool:
    return bool(_make_due([delivery_id], now))


def _make_due(delivery_ids: Collection[int], now: datetime) -> int:
    """How many there are. One that is locked is being claimed, by who waits for the lock on the faults that we hold."""
    free = Due.objects.filter(delivery_id__in=delivery_ids, claim_token="").select_for_update(skip_locked=True)
    return Due.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(due_at=now)


def _struck(job: Job, fault: Struck | None) -> Job:
    if fault is None or fault.kind is not FaultKind.PREVIOUS_SECRET:
        return job._replace(fault=fault)
    secret = _previous_secret(job.endpoint_id)
    # A secret that nobody can read fails the attempt unsent, as the present one would.
    return job._replace(fault=fault._replace(previous_secret=secret), secret=job.secret if secret else None)


def _previous_secret(endpoint_id: int) -> str | None:
    try:
        previous: str | None = Endpoint.objects.get(pk=endpoint_id).previous_secret
    except SecretUnreadable:
        return None
    return previous
