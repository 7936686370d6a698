"""The only bridge between rows and engine: store, claim what is due, settle what came of it, give back the unsent.

A claim visits the endpoints that have open deliveries one after another, from where the last claim stopped, and takes
from each no more than the limiter has room for. Its cost depends on the endpoints visited, not on the rows that wait.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connection, transaction

from events.models import Event
from webhooks.engine.concurrency_limiter import Capacity
from webhooks.engine.job import Job, Reason
from webhooks.engine.lifecycle import SkipReason, Status
from webhooks.metrics import count_skips_after_commit
from webhooks.models import Delivery, QueueEntry
from webhooks.outbox import delivery_stats, fault_store, postgresql, sqlite
from webhooks.outbox.jobs import sort
from webhooks.outbox.rows import OUTAGES as OUTAGES
from webhooks.outbox.rows import Settlement as Settlement
from webhooks.outbox.rows import Won, row

ENDPOINTS_VISITED = 50
"""By one claim at most; the next one goes on behind them."""


@dataclass(frozen=True, slots=True)
class Claim:
    """`jobs` to send. `next_due` is when something not taken now falls due, None if nothing waits that was seen.

    `visited` is where the next claim goes on; 0 begins again at the first endpoint. `is_full` says that more may be due
    already than there was room for.
    """

    jobs: list[Job]
    visited: int
    next_due: datetime | None
    is_full: bool


def store(*, events: Sequence[Event] = (), deliveries: Sequence[Delivery], due_at: datetime) -> None:
    """Insert events and their deliveries, pending and in the queue, and give the objects their ids.

    In the caller's transaction or one of its own: what is accepted and what is to be sent stand or fall together.
    """
    _backend().store(events, deliveries, due_at)
    for delivery in deliveries:
        delivery.event_id = delivery.event.pk


def requeue(deliveries: Iterable[Delivery], *, due_at: datetime) -> None:
    """Put deliveries that are pending again back into the queue."""
    QueueEntry.objects.bulk_create(
        QueueEntry(delivery=each, endpoint_id=each.endpoint_id, due_at=due_at) for each in deliveries
    )


def claim(*, capacity: Capacity, after: int, now: datetime, lease: timedelta) -> Claim:
    """Win due deliveries for one worker until `now + lease`, at most as many as `room` has.

    Every delivery is checked again here: those whose endpoint or licence has gone end as skipped.
    """
    due = _backend().due_endpoints(after, ENDPOINTS_VISITED)
    visited = due[-1][0] if len(due) == ENDPOINTS_VISITED else 0
    asked = [(endpoint, capacity.busy.get(endpoint, capacity.each)) for endpoint, due_at in due if due_at <= now]
    rooms = [(endpoint, free) for endpoint, free in asked if free > 0]
    is_held_up = len(rooms) < len(asked)
    next_due = min((due_at for _, due_at in due if due_at > now), default=None)
    if not rooms or not capacity.total:
        return Claim([], visited, next_due, is_full=bool(asked))
    token = uuid4().hex
    with transaction.atomic():
        won = _backend().win(rooms, capacity.total, token, now, now + lease)
        jobs, skipped, faulty = sort(won, token, now)
        for reason, rows in skipped.items():
            _skip(rows, reason, now)
        jobs, held_until = fault_store.script(jobs, faulty, now) if faulty else (jobs, None)
    if held_until:
        next_due = min(held_until, next_due or held_until)
    wanted = min(capacity.total, sum(free for _, free in rooms))
    return Claim(jobs, visited, next_due, is_full=is_held_up or len(won) >= wanted)


def settle(settlements: Sequence[Settlement]) -> int:
    """Move the deliveries, store the attempts and count both, in one transaction; how many moved.

    A settlement whose claim has run out and been taken by another worker changes nothing.
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
    """Return claims that were not sent, for others to take at once."""
    for job in jobs:
        claimed = QueueEntry.objects.filter(delivery_id=job.delivery_id, claim_token=job.claim_token)
        claimed.update(claim_token="", due_at=now, claims=0)


@transaction.atomic
def end_without_attempt(job: Job, *, now: datetime) -> int:
    """Fail a delivery of whose attempt nothing can be stored, if its claim still holds; how many that are."""
    held, _ = QueueEntry.objects.filter(delivery_id=job.delivery_id, claim_token=job.claim_token).delete()
    if not held:
        return 0
    ended = {"status": Status.FAILED, "reason": Reason.INTERNAL_ERROR, "status_code": None, "finished_at": now}
    return Delivery.objects.filter(pk=job.delivery_id).update(**ended)


def release_all(*, now: datetime) -> int:
    """Return every claim; for a start at which no worker can be alive. How many there were.

    That a process was stopped several times in a row says nothing about the deliveries, so their claims count anew.
    """
    return QueueEntry.objects.exclude(claim_token="").update(claim_token="", due_at=now, claims=0)


def _backend() -> postgresql.Backend | sqlite.Backend:
    return postgresql.Backend() if connection.vendor == "postgresql" else sqlite.Backend()


def _skip(rows: Sequence[Won], reason: SkipReason, now: datetime) -> None:
    ids = [row.id for row in rows]
    QueueEntry.objects.filter(delivery_id__in=ids).delete()
    Delivery.objects.filter(pk__in=ids).update(status=Status.SKIPPED, reason=reason, finished_at=now)
    _backend().store_stats(delivery_stats.of_skips(rows, now))
    count_skips_after_commit(reason, [row.topic for row in rows])
