"""Loads the fault rules of an endpoint, applies them to the jobs of a claim, and stores their state.

It runs in the transaction of the claim or settlement, under locks on the fault rows, so counts stay correct with
several workers. For endpoints without faults a claim only checks that there are none.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from maac_contract.fault_kinds import FaultKind
from webhooks.engine.fault_rules import FaultRule, decide
from webhooks.engine.internal_error import described
from webhooks.engine.job import FaultSpec, Job
from webhooks.models import Endpoint, InjectedFault, QueueEntry
from webhooks.outbox.rows import OUTAGES, Settlement
from webhooks.secrets import SecretUnreadable

log = logging.getLogger(__name__)

_KNOWN_KINDS = frozenset(FaultKind)
_STATE = ("seen", "hits", "held", "leaving", "in_flight", "is_over")


class Applied(NamedTuple):
    """The jobs to send now, and the earliest due time of those that are held back."""

    jobs: list[Job]
    next_due: datetime | None


def apply_rules(jobs: Sequence[Job], endpoint_ids: Collection[int], now: datetime) -> Applied:
    """Apply the faults of these endpoints to the claim's jobs, of which skipped deliveries are no longer a part."""
    faults: dict[int, list[InjectedFault]] = {}
    for row in _locked(InjectedFault.objects.filter(endpoint__in=endpoint_ids, is_over=False)):
        faults.setdefault(row.endpoint_id, []).append(row)
    sent = [job for job in jobs if job.endpoint_id not in faults or job.error]
    next_due: list[datetime] = []
    for endpoint_id, rows in faults.items():
        own = [job for job in jobs if job.endpoint_id == endpoint_id and not job.error]
        applied = _apply_to_endpoint(own, rows, now)
        sent += applied.jobs
        next_due += [applied.next_due] if applied.next_due else []
    return Applied(sorted(sent, key=attrgetter("delivery_id")), min(next_due, default=None))


def _apply_to_endpoint(jobs: Sequence[Job], rows: Sequence[InjectedFault], now: datetime) -> Applied:
    """Apply an endpoint's faults to its jobs; if a fault cannot be read or stored, the jobs fail unsent."""
    try:
        with transaction.atomic():
            # A fault of an unknown kind raises here, unless it has expired.
            rules = [(row, _rule(row, now)) for row in rows if row.kind in _KNOWN_KINDS or row.is_active(now)]
            _drop_ended([rule for _, rule in rules])
            applied = _apply_to_each(jobs, [rule for _, rule in rules], now)
            for row, rule in rules:
                _save(row, rule)
            return applied
    except OUTAGES:
        raise
    except Exception as error:
        return Applied([_failed(job, error) for job in jobs], None)


def _apply_to_each(jobs: Sequence[Job], rules: Sequence[FaultRule], now: datetime) -> Applied:
    sent: list[Job] = []
    held: list[datetime] = []
    for job in jobs:
        try:
            decision = decide(rules, delivery_id=job.delivery_id, topic=job.topic, number=job.number)
            faulted = _with_fault(job, decision.fault)
        except OUTAGES:
            raise
        except Exception as error:
            sent.append(_failed(job, error))
            continue
        if decision.releases:
            _make_due([decision.releases], now)
            held.append(now)
        if decision.hold is None:
            sent.append(faulted)
        else:
            held.append(now + timedelta(seconds=decision.hold))
            QueueEntry.objects.filter(delivery_id=job.delivery_id).update(due_at=held[-1], claim_token="", claims=0)
    return Applied(sent, min(held, default=None))


def _failed(job: Job, error: Exception) -> Job:
    log.error("An injected fault cannot be applied to delivery %d.", job.delivery_id, exc_info=error)
    return job._replace(error=f"An injected fault of this endpoint cannot be applied: {described(error)}")


def settle(settlements: Iterable[Settlement]) -> None:
    """Update the faults of finished attempts, in the transaction that settles these, so a crash cannot miscount."""
    over: dict[int, list[Settlement]] = {}
    for settlement in settlements:
        if fault := settlement.job.fault or settlement.job.missed_fault:
            over.setdefault(fault.id, []).append(settlement)
    for row in _locked(InjectedFault.objects.filter(pk__in=over)) if over else ():
        rule = _rule(row, over[row.pk][0].finished_at)
        for settlement in over[row.pk]:
            rule.settle(settlement.job.delivery_id, was_applied=settlement.job.fault is not None)
        _save(row, rule)


def _drop_ended(rules: Sequence[FaultRule]) -> None:
    controlled = [delivery_id for rule in rules for delivery_id in rule.deliveries]
    if controlled:
        waiting = set(QueueEntry.objects.filter(delivery_id__in=controlled).values_list("delivery_id", flat=True))
        for rule in rules:
            rule.drop_ended(waiting)


@transaction.atomic
def release_next(fault_id: int, *, now: datetime) -> bool:
    """Make the next delivery of a group that is sent in reverse due; whether there is one."""
    for row in _locked(InjectedFault.objects.filter(pk=fault_id)):
        if row.leaving:
            return bool(_make_due([row.leaving[-1]], now))
    return False


def release_all_held(rows: QuerySet[InjectedFault], *, now: datetime) -> None:
    """Make due every delivery that these faults hold back."""
    for row in rows:
        _make_due([*row.held, *row.leaving], now)


def _locked(rows: QuerySet[InjectedFault]) -> QuerySet[InjectedFault]:
    return rows.select_for_update(of=("self",)).order_by("pk")


def _rule(row: InjectedFault, now: datetime) -> FaultRule:
    return FaultRule(
        FaultSpec(row.pk, FaultKind(row.kind), row.seconds, row.seed),
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


def _save(row: InjectedFault, rule: FaultRule) -> None:
    if any(getattr(row, name) != getattr(rule, name) for name in _STATE):
        InjectedFault.objects.filter(pk=row.pk).update(**{name: getattr(rule, name) for name in _STATE})


def _make_due(delivery_ids: Collection[int], now: datetime) -> int:
    """Make these due now; return how many are. Locked entries are skipped: their claim waits for our fault locks."""
    free = QueueEntry.objects.filter(delivery_id__in=delivery_ids, claim_token="").select_for_update(skip_locked=True)
    return QueueEntry.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(due_at=now)


def _with_fault(job: Job, fault: FaultSpec | None) -> Job:
    if fault is None or fault.kind is not FaultKind.PREVIOUS_SECRET:
        return job._replace(fault=fault)
    secret = _previous_secret(job.endpoint_id)
    # If it cannot be decrypted the attempt fails unsent, as with the current secret.
    return job._replace(fault=fault._replace(previous_secret=secret), secret=job.secret if secret else None)


def _previous_secret(endpoint_id: int) -> str | None:
    try:
        previous: str | None = Endpoint.objects.get(pk=endpoint_id).previous_secret
    except SecretUnreadable:
        return None
    return previous
