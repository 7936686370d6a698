"""Injected faults as rows: which jobs of a claim they strike or hold back, and what follows when an attempt is over.

All of it in the transaction of the claim, under a lock on the faults' rows, so that they count right however many
workers there are. An endpoint without faults costs a claim nothing but knowing that.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from maac_contract.fault_kinds import FaultKind
from webhooks.engine.fault_rules import Script, rule
from webhooks.engine.internal_error import described
from webhooks.engine.job import FaultSpec as Struck
from webhooks.engine.job import Job
from webhooks.models import Endpoint, InjectedFault, QueueEntry
from webhooks.outbox.rows import OUTAGES, Settlement
from webhooks.secrets import SecretUnreadable

log = logging.getLogger(__name__)

_KNOWN = frozenset(FaultKind)
_COUNTED = ("seen", "hits", "held", "leaving", "in_flight", "is_over")


class Scripted(NamedTuple):
    """The jobs that are to be sent now, and when the first of those that are held comes due."""

    jobs: list[Job]
    next_due: datetime | None


def script(jobs: Sequence[Job], endpoint_ids: Collection[int], now: datetime) -> Scripted:
    """Hold the claim's jobs against the faults of these endpoints. Called once the claim has skipped what is to be."""
    faults: dict[int, list[InjectedFault]] = {}
    for row in _locked(InjectedFault.objects.filter(endpoint__in=endpoint_ids, is_over=False)):
        faults.setdefault(row.endpoint_id, []).append(row)
    sent = [job for job in jobs if job.endpoint_id not in faults or job.error]
    next_due: list[datetime] = []
    for endpoint_id, rows in faults.items():
        own = [job for job in jobs if job.endpoint_id == endpoint_id and not job.error]
        ruled = _script_endpoint(own, rows, now)
        sent += ruled.jobs
        next_due += [ruled.next_due] if ruled.next_due else []
    return Scripted(sorted(sent, key=attrgetter("delivery_id")), min(next_due, default=None))


def _script_endpoint(jobs: Sequence[Job], rows: Sequence[InjectedFault], now: datetime) -> Scripted:
    """The jobs of one endpoint held against its faults; where a fault cannot be read or counted, they fail by it."""
    try:
        with transaction.atomic():
            # One of an unknown kind no longer matters once it has expired.
            scripts = [(row, _script(row, now)) for row in rows if row.kind in _KNOWN or row.is_active(now)]
            _drop_ended([script for _, script in scripts])
            ruled = _ruled(jobs, [script for _, script in scripts], now)
            for row, read in scripts:
                _save(row, read)
            return ruled
    except OUTAGES:
        raise
    except Exception as error:
        return Scripted([_failed(job, error) for job in jobs], None)


def _ruled(jobs: Sequence[Job], scripts: Sequence[Script], now: datetime) -> Scripted:
    sent: list[Job] = []
    held: list[datetime] = []
    for job in jobs:
        try:
            ruling = rule(scripts, delivery_id=job.delivery_id, topic=job.topic, number=job.number)
            struck = _struck(job, ruling.fault)
        except OUTAGES:
            raise
        except Exception as error:
            sent.append(_failed(job, error))
            continue
        if ruling.wakes:
            _wake(ruling.wakes, now)
            held.append(now)
        if ruling.hold is None:
            sent.append(struck)
        else:
            held.append(now + timedelta(seconds=ruling.hold))
            QueueEntry.objects.filter(delivery_id=job.delivery_id).update(due_at=held[-1], claim_token="", claims=0)
    return Scripted(sent, min(held, default=None))


def _failed(job: Job, error: Exception) -> Job:
    log.error("A injected fault cannot be applied to delivery %d.", job.delivery_id, exc_info=error)
    return job._replace(error=f"A injected fault of this endpoint cannot be applied: {described(error)}")


def settle(settlements: Iterable[Settlement]) -> None:
    """Count the faults of attempts that are over. In the transaction that settles them, or a crash would miscount."""
    over: dict[int, list[Settlement]] = {}
    for settlement in settlements:
        if fault := settlement.job.fault or settlement.job.missed_fault:
            over.setdefault(fault.id, []).append(settlement)
    for row in _locked(InjectedFault.objects.filter(pk__in=over)) if over else ():
        read = _script(row, over[row.pk][0].finished_at)
        for settlement in over[row.pk]:
            read.settle(settlement.job.delivery_id, was_struck=settlement.job.fault is not None)
        _save(row, read)


def _drop_ended(scripts: Sequence[Script]) -> None:
    known = [delivery_id for script in scripts for delivery_id in script.deliveries]
    if known:
        waiting = set(QueueEntry.objects.filter(delivery_id__in=known).values_list("delivery_id", flat=True))
        for script in scripts:
            script.drop_ended(waiting)


@transaction.atomic
def let_next_go(fault_id: int, *, now: datetime) -> bool:
    """Of a group that is sent in reverse, make the next one due; whether there is one."""
    for row in _locked(InjectedFault.objects.filter(pk=fault_id)):
        if row.leaving:
            return _wake(row.leaving[-1], now)
    return False


def let_all_go(rows: QuerySet[InjectedFault], *, now: datetime) -> None:
    """Make everything due that these faults hold back."""
    for row in rows:
        _make_due([*row.held, *row.leaving], now)


def _locked(rows: QuerySet[InjectedFault]) -> QuerySet[InjectedFault]:
    return rows.select_for_update(of=("self",)).order_by("pk")


def _script(row: InjectedFault, now: datetime) -> Script:
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


def _save(row: InjectedFault, read: Script) -> None:
    if any(getattr(row, name) != getattr(read, name) for name in _COUNTED):
        InjectedFault.objects.filter(pk=row.pk).update(**{name: getattr(read, name) for name in _COUNTED})


def _wake(delivery_id: int, now: datetime) -> bool:
    return bool(_make_due([delivery_id], now))


def _make_due(delivery_ids: Collection[int], now: datetime) -> int:
    """How many there are. One that is locked is being claimed, by who waits for the lock on the faults that we hold."""
    free = QueueEntry.objects.filter(delivery_id__in=delivery_ids, claim_token="").select_for_update(skip_locked=True)
    return QueueEntry.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(due_at=now)


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
