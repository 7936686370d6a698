"""The only bridge between rows and engine: store, claim what is due, settle what came of it, give back the unsent.

A claim visits the endpoints that have open deliveries one after another, from where the last claim stopped, and takes
from each no more than the pump has room for. Its cost depends on the endpoints visited, not on the rows that wait.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction

from accounts.models import Licence
from events.contract import TOPICS
from events.models import Event
from webhooks.engine.job import Job, Outcome
from webhooks.engine.lifecycle import SkipReason, Status, Verdict
from webhooks.engine.pump import Room
from webhooks.metrics import count_skip_after_commit
from webhooks.models import Delivery, Due, Endpoint
from webhooks.outbox import postgresql, sqlite
from webhooks.secrets import SecretUnreadable

log = logging.getLogger(__name__)

ENDPOINTS_VISITED = 100
"""By one claim at most; the next one goes on behind them."""

_DUE = """
WITH RECURSIVE visit(endpoint_id) AS (
    SELECT min(endpoint_id) FROM webhooks_due WHERE endpoint_id > %s
    UNION ALL
    SELECT (SELECT min(endpoint_id) FROM webhooks_due WHERE endpoint_id > visit.endpoint_id)
    FROM visit WHERE visit.endpoint_id IS NOT NULL
)
SELECT endpoint_id, (SELECT min(due_at) FROM webhooks_due WHERE endpoint_id = visit.endpoint_id)
FROM visit WHERE endpoint_id IS NOT NULL LIMIT %s
"""


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


class Settlement(NamedTuple):
    """One finished attempt: what was sent, what came, what it means, and when it was over."""

    job: Job
    outcome: Outcome
    verdict: Verdict
    finished_at: datetime


class Won(NamedTuple):
    """What a claim reads of a delivery that it took."""

    id: int
    event_id: int
    endpoint_id: int
    account_id: int
    topic: str
    is_test: bool
    idempotency_key: str
    attempt_count: int
    series_start: int
    created_at: datetime
    body: str


_READ = (*Won._fields[:-1], "event__body")


def store(*, events: Sequence[Event] = (), deliveries: Sequence[Delivery], due_at: datetime) -> None:
    """Insert events and their deliveries, pending and in the queue, and give the objects their ids.

    In the caller's transaction: what is accepted and what is to be sent stand or fall together.
    """
    _backend().store(events, deliveries, due_at)
    for delivery in deliveries:
        delivery.event_id = delivery.event.pk


def requeue(delivery: Delivery, *, due_at: datetime) -> None:
    """Put a delivery that is pending again back into the queue."""
    Due.objects.create(delivery=delivery, endpoint_id=delivery.endpoint_id, due_at=due_at)


def claim(*, room: Room, after: int, now: datetime, lease: timedelta) -> Claim:
    """Win due deliveries for one worker until `now + lease`, at most as many as `room` has.

    Every delivery is checked again here: those whose endpoint or licence has gone end as skipped.
    """
    due = _due_endpoints(after)
    visited = due[-1][0] if len(due) == ENDPOINTS_VISITED else 0
    asked = [(endpoint, room.busy.get(endpoint, room.each)) for endpoint, due_at in due if due_at <= now]
    rooms = [(endpoint, free) for endpoint, free in asked if free > 0]
    is_held_up = len(rooms) < len(asked)
    next_due = min((due_at for _, due_at in due if due_at > now), default=None)
    if not rooms or not room.total:
        return Claim([], visited, next_due, is_full=bool(asked))
    token = uuid4().hex
    with transaction.atomic():
        won = _backend().win(rooms, room.total, token, now, now + lease)
        rows = Delivery.objects.filter(pk__in=won).order_by("id").values_list(*_READ)
        jobs = _jobs([Won(*row) for row in rows], token, now)
    wanted = min(room.total, sum(free for _, free in rooms))
    return Claim(jobs, visited, next_due, is_full=is_held_up or len(won) >= wanted)


def settle(settlements: Sequence[Settlement]) -> int:
    """Store the attempts and move their deliveries, in one transaction; how many moved.

    A settlement whose claim has run out and been taken by another worker changes nothing.
    """
    if not settlements:
        return 0
    with transaction.atomic():
        return _backend().settle(settlements)


def give_back(jobs: Iterable[Job], *, now: datetime) -> None:
    """Return claims that were not sent, for others to take at once."""
    for job in jobs:
        claimed = Due.objects.filter(delivery_id=job.delivery_id, claim_token=job.claim_token)
        claimed.update(claim_token="", due_at=now)


def release_all(*, now: datetime) -> int:
    """Return every claim; for a start at which no worker can be alive. How many there were."""
    return Due.objects.exclude(claim_token="").update(claim_token="", due_at=now)


def _backend() -> postgresql.Backend | sqlite.Backend:
    return postgresql.Backend() if connection.vendor == "postgresql" else sqlite.Backend()


def _due_endpoints(after: int) -> list[tuple[int, datetime]]:
    """Endpoints with open deliveries behind `after`, and when the first of each falls due."""
    read_time = _backend().read_time
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [after, ENDPOINTS_VISITED])
        return [(endpoint_id, read_time(due_at)) for endpoint_id, due_at in cursor.fetchall() if due_at is not None]


def _jobs(rows: list[Won], token: str, now: datetime) -> list[Job]:
    """Jobs for the rows that may be sent; the others end as skipped."""
    endpoints = Endpoint.objects.in_bulk({row.endpoint_id for row in rows})
    zones = _licensed_zones({row.account_id for row in rows}, now)
    skipped: dict[SkipReason, list[int]] = defaultdict(list)
    sendable = []
    for row in rows:
        reason = _skip_reason(row, endpoints[row.endpoint_id], zones)
        if reason:
            skipped[reason].append(row.id)
            count_skip_after_commit(row.topic, reason)
        else:
            sendable.append(row)
    for reason, ids in skipped.items():
        _skip(ids, reason, now)
    return [_job(row, endpoints[row.endpoint_id], token) for row in sendable]


def _licensed_zones(account_ids: set[int], now: datetime) -> set[tuple[int, int | None]]:
    licences = Licence.objects.valid(now).filter(account_id__in=account_ids, zone__isnull=False)
    return set(licences.values_list("account_id", "zone"))


def _skip_reason(row: Won, endpoint: Endpoint, zones: set[tuple[int, int | None]]) -> SkipReason | None:
    if endpoint.status == Endpoint.Status.DELETED:
        return SkipReason.ENDPOINT_DELETED
    if endpoint.status == Endpoint.Status.PAUSED and not row.is_test:
        return SkipReason.ENDPOINT_PAUSED
    if (row.account_id, TOPICS[row.topic].zone) not in zones:
        return SkipReason.ZONE_NOT_LICENSED
    return None


def _skip(ids: list[int], reason: SkipReason, now: datetime) -> None:
    Due.objects.filter(delivery_id__in=ids).delete()
    Delivery.objects.filter(pk__in=ids).update(status=Status.SKIPPED, reason=reason, finished_at=now)


def _job(row: Won, endpoint: Endpoint, token: str) -> Job:
    """A secret that cannot be read fails the deliveries of its endpoint, with that reason, and holds up no other."""
    number = row.attempt_count + 1
    try:
        secret = endpoint.share_secret
    except SecretUnreadable as error:
        log.error("Delivery %d to endpoint %d cannot be signed: %s", row.id, endpoint.pk, error)  # noqa: TRY400
        secret = None
    return Job(
        delivery_id=row.id,
        endpoint_id=row.endpoint_id,
        claim_token=token,
        url=endpoint.url,
        secret=secret,
        body=row.body.encode(),
        idempotency_key=row.idempotency_key,
        number=number,
        tries=number - row.series_start,
        event_id=row.event_id,
        topic=row.topic,
        accepted_at=row.created_at.timestamp(),
        retry_waits=() if row.is_test and not settings.WEBHOOK_RETRY_TESTS else settings.WEBHOOK_RETRY_WAITS,
        verify_tls=endpoint.verify_tls,
        host_override=endpoint.host_override,
        extra_headers=tuple(sorted(endpoint.extra_headers.items())),
    )
