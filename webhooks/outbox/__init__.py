"""The outbox: the only bridge between database rows and the engine. It stores deliveries, claims due ones as jobs,
settles their outcomes, and returns claims that were not sent.

A claim visits the endpoints with queued deliveries in the order of their ids, from where the last claim stopped, and
takes from each at most what the limiter has capacity for. Its cost depends on the number of endpoints visited, not on
the length of the queue. If it raises, each delivery is claimed alone, and only those that raise are put off.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import uuid4

from django.db import OperationalError, ProgrammingError, connection, transaction
from django.db.models import F

from events.models import Event
from webhooks.engine.concurrency_limiter import Capacity
from webhooks.engine.job import Job, Reason
from webhooks.engine.lifecycle import CLAIMS_AT_MOST, SkipReason, Status
from webhooks.metrics import count_skips_after_commit
from webhooks.models import Delivery, QueueEntry
from webhooks.outbox import delivery_stats, fault_store, postgresql, sqlite
from webhooks.outbox.jobs import sort
from webhooks.outbox.rows import OUTAGES as OUTAGES
from webhooks.outbox.rows import ClaimedRow, row
from webhooks.outbox.rows import Settlement as Settlement

ENDPOINTS_VISITED = 50
"""Endpoints that one claim visits at most; the next claim continues after them."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """`jobs` to send. `next_due` is the earliest later due time at the visited endpoints, None if there is none.

    `visited` is the endpoint id after which the next claim continues; 0 is the beginning. `is_full` means that more
    may be due than there was capacity for.
    """

    jobs: list[Job]
    visited: int
    next_due: datetime | None
    is_full: bool


def store(*, events: Sequence[Event] = (), deliveries: Sequence[Delivery], due_at: datetime) -> None:
    """Insert events, their pending deliveries and queue entries, and set the objects' ids.

    Atomic, in the caller's transaction or one of its own: no event is stored without its deliveries.
    """
    _backend().store(events, deliveries, due_at)
    for delivery in deliveries:
        delivery.event_id = delivery.event.pk


def requeue(deliveries: Iterable[Delivery], *, due_at: datetime) -> None:
    """Add queue entries for deliveries that are pending again."""
    QueueEntry.objects.bulk_create(
        QueueEntry(delivery=each, endpoint_id=each.endpoint_id, due_at=due_at) for each in deliveries
    )


def claim(*, capacity: Capacity, after: int, now: datetime, lease: timedelta) -> Claim:
    """Lease due deliveries to one worker until `now + lease`, at most as many as `capacity` allows.

    Endpoint and licence are checked again here: deliveries to a paused or deleted endpoint, or of an unlicensed zone,
    end as skipped.
    """
    due = _backend().due_endpoints(after, ENDPOINTS_VISITED)
    visited = due[-1][0] if len(due) == ENDPOINTS_VISITED else 0
    asked = [(endpoint, capacity.busy.get(endpoint, capacity.each)) for endpoint, due_at in due if due_at <= now]
    quotas = [(endpoint, free) for endpoint, free in asked if free > 0]
    some_at_limit = len(quotas) < len(asked)
    next_due = min((due_at for _, due_at in due if due_at > now), default=None)
    if not quotas or not capacity.total:
        return Claim([], visited, next_due, is_full=bool(asked))
    token = uuid4().hex
    try:
        taken = [_take(partial(_backend().claim, quotas, capacity.total, token, now, now + lease), token, now)]
    except Exception as error:
        if not _concerns_a_row(error):
            raise
        log.exception("A claim failed; claiming each delivery alone.")
        taken = _take_each(quotas, capacity.total, token, now, lease)
    next_due = min((at for at in [next_due, *(each.held_until for each in taken)] if at), default=None)
    wanted = min(capacity.total, sum(free for _, free in quotas))
    jobs = [job for each in taken for job in each.jobs]
    return Claim(jobs, visited, next_due, is_full=some_at_limit or sum(each.rows for each in taken) >= wanted)


class _Taken(NamedTuple):
    """The number of rows that were claimed, and the jobs among them; others were skipped or held by a fault."""

    rows: int
    jobs: list[Job]
    held_until: datetime | None


def _concerns_a_row(error: Exception) -> bool:
    """False if no single row can be the cause: the database is not available, or its tables are of another version."""
    if isinstance(error, OperationalError):
        return sqlite.is_undecodable(error)
    return not isinstance(error, (*OUTAGES, ProgrammingError))


@transaction.atomic
def _take(claim_rows: Callable[[], list[ClaimedRow]], token: str, now: datetime) -> _Taken:
    claimed_rows = claim_rows()
    jobs, skipped, faulty = sort(claimed_rows, token, now)
    for reason, rows in skipped.items():
        _skip(rows, reason, now)
    jobs, held_until = fault_store.apply_rules(jobs, faulty, now) if faulty else (jobs, None)
    return _Taken(len(claimed_rows), jobs, held_until)


def _take_each(
    quotas: Sequence[tuple[int, int]], limit: int, token: str, now: datetime, lease: timedelta
) -> list[_Taken]:
    """Claim each delivery in a transaction of its own; those that cannot be claimed are put off."""
    taken: list[_Taken] = []
    for endpoint_id, quota in quotas:
        due = QueueEntry.objects.filter(endpoint_id=endpoint_id, due_at__lte=now).order_by("due_at")
        for delivery_id in due.values_list("pk", flat=True)[: min(quota, limit - len(taken))]:
            try:
                taken.append(_take(partial(_backend().claim_one, delivery_id, token, now, now + lease), token, now))
            except Exception as error:
                if not _concerns_a_row(error):
                    raise
                log.exception("Delivery %d cannot be claimed.", delivery_id)
                _put_off(delivery_id, now, now + lease)
    return taken


@transaction.atomic
def _put_off(delivery_id: int, now: datetime, until: datetime) -> None:
    """Count a claim that failed. After `CLAIMS_AT_MOST` the delivery fails, so that it is not claimed forever."""
    entry = QueueEntry.objects.select_for_update().filter(pk=delivery_id, due_at__lte=now).values_list("claims").first()
    if entry is None:
        return
    if entry[0] + 1 >= CLAIMS_AT_MOST:
        QueueEntry.objects.filter(pk=delivery_id).delete()
        _end_with_internal_error(delivery_id, now)
    else:
        QueueEntry.objects.filter(pk=delivery_id).update(claims=F("claims") + 1, due_at=until)


def settle(settlements: Sequence[Settlement]) -> int:
    """Move the deliveries, store the attempts and their statistics in one transaction; return how many were settled.

    A settlement whose lease has expired and been claimed by another worker changes nothing.
    """
    if not settlements:
        return 0
    backend, rows = _backend(), [row(settlement) for settlement in settlements]
    with transaction.atomic():
        moved = backend.move(rows)
        backend.store_attempts([each for each in rows if each.claim in moved])
        settled = [each for each in settlements if each.job.claim in moved]
        backend.store_stats(delivery_stats.of_attempts(settled))
        fault_store.settle(settled)
    return len(moved)


def give_back(jobs: Iterable[Job], *, now: datetime) -> None:
    """Return claims that were not sent; they are due now, for any worker."""
    for job in jobs:
        claimed = QueueEntry.objects.filter(delivery_id=job.delivery_id, claim_token=job.claim_token)
        claimed.update(claim_token="", due_at=now, claims=0)


@transaction.atomic
def end_without_attempt(job: Job, *, now: datetime) -> int:
    """Fail a delivery whose attempt cannot be stored, if its claim is still valid; return 1 if so, else 0."""
    held, _ = QueueEntry.objects.filter(delivery_id=job.delivery_id, claim_token=job.claim_token).delete()
    if not held:
        return 0
    return _end_with_internal_error(job.delivery_id, now)


def _end_with_internal_error(delivery_id: int, now: datetime) -> int:
    ended = {"status": Status.FAILED, "reason": Reason.INTERNAL_ERROR, "status_code": None, "finished_at": now}
    return Delivery.objects.filter(pk=delivery_id).update(**ended)


def release_all(*, now: datetime) -> int:
    """Return every claim, and how many there were. Only for a start at which no worker can be running.

    The claim counts are reset: repeated restarts of the process do not mean that a delivery cannot be processed.
    """
    return QueueEntry.objects.exclude(claim_token="").update(claim_token="", due_at=now, claims=0)


def _backend() -> postgresql.Backend | sqlite.Backend:
    return postgresql.Backend() if connection.vendor == "postgresql" else sqlite.Backend()


def _skip(rows: Sequence[ClaimedRow], reason: SkipReason, now: datetime) -> None:
    ids = [row.id for row in rows]
    QueueEntry.objects.filter(delivery_id__in=ids).delete()
    Delivery.objects.filter(pk__in=ids).update(status=Status.SKIPPED, reason=reason, finished_at=now)
    _backend().store_stats(delivery_stats.of_skips(rows, now))
    count_skips_after_commit(reason, [row.topic for row in rows])
