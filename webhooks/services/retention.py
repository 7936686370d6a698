"""Retention: deletes old events with their deliveries and attempts, idempotency records, checks, notices, statistics,
faults, workers and audit entries.

Rows are found by an index from the oldest, never by a scan, and deleted in short transactions with pauses between
them, so that deliveries go on meanwhile. An event with a pending delivery is kept, however old it is.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.db.models import Count, Q

from accounts.models import AuditEntry
from events.models import Event
from webhooks import metrics
from webhooks.engine.lifecycle import Status
from webhooks.models import AcceptedRequest, Attempt, Check, Delivery, DeliveryStats, InjectedFault, Notice, Worker
from webhooks.services.workers import FORGOTTEN_AFTER

EVENTS_AT_A_TIME = 500
DELIVERIES_AT_A_TIME = 2000
ROWS_AT_A_TIME = 1000
RUN_SECONDS = 5.0
LONGEST_PAUSE = 0.05
REPEATS_ARE_KNOWN_FOR = timedelta(days=1)
FAULTS_ARE_SHOWN_FOR = timedelta(days=1)
"""After they have expired."""


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Events created before `time`, and those with ids up to `last_id`, are to be deleted."""

    time: datetime | None
    last_id: int

    def covers(self, event_id: int, created_at: datetime) -> bool:
        return event_id <= self.last_id or (self.time is not None and created_at < self.time)


class TimeBudget:
    """Limits a run to `RUN_SECONDS`, and pauses after each step as long as it took, to leave the database to others."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._end = clock() + RUN_SECONDS
        self._step_began = clock()

    def next_step(self) -> bool:
        """Pause, then whether there is time for another step."""
        self._sleep(min(self._clock() - self._step_began, LONGEST_PAUSE))
        self._step_began = self._clock()
        return self._step_began < self._end


def prune(
    *,
    now: datetime,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Delete what the settings no longer keep, for `RUN_SECONDS` at most; return how many events were deleted."""
    budget = TimeBudget(clock, sleep)
    _prune_oldest(AcceptedRequest, now - REPEATS_ARE_KNOWN_FOR, budget)
    if settings.AUDIT_RETENTION_DAYS > 0:
        _prune_oldest(AuditEntry, now - timedelta(days=settings.AUDIT_RETENTION_DAYS), budget, column="at")
    if settings.WEBHOOK_RETENTION_DAYS > 0:
        before = now - timedelta(days=settings.WEBHOOK_RETENTION_DAYS)
        _prune_oldest(Notice, before, budget)
        _delete(Check.objects.filter(created_at__lt=before))
        _prune_stats(before, budget)
    InjectedFault.objects.filter(expires_at__lt=now - FAULTS_ARE_SHOWN_FOR).delete()
    Worker.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
    return _prune_events(_cutoff(now), budget)


def _cutoff(now: datetime) -> Cutoff:
    days, count = settings.WEBHOOK_RETENTION_DAYS, settings.WEBHOOK_RETENTION_EVENTS
    newest = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    return Cutoff(now - timedelta(days=days) if days > 0 else None, newest - count if count > 0 else 0)


def _prune_events(cutoff: Cutoff, budget: TimeBudget) -> int:
    pruned, visited = 0, 0
    while budget.next_step():
        rows = Event.objects.filter(id__gt=visited).order_by("id").values_list("id", "created_at")[:EVENTS_AT_A_TIME]
        old = [event_id for event_id, created_at in rows if cutoff.covers(event_id, created_at)]
        if not old:
            break
        step = _as_many_as_fit(old)
        visited = step.visited
        removed = _remove(step.events)
        metrics.PRUNED.inc(removed)
        pruned += removed
    return pruned


@dataclass(frozen=True, slots=True)
class Step:
    """Ids of events to delete in one transaction, and the last event id that was examined."""

    events: list[int]
    visited: int


def _as_many_as_fit(event_ids: Sequence[int]) -> Step:
    """The first of these events that together have at most `DELIVERIES_AT_A_TIME` deliveries, none of them pending."""
    deliveries = Delivery.objects.filter(event_id__in=event_ids).order_by().values("event_id")
    counted = deliveries.annotate(total=Count("id"), waiting=Count("id", filter=Q(status=Status.PENDING)))
    counts = {row["event_id"]: (row["total"], row["waiting"]) for row in counted}
    fitting: list[int] = []
    total = 0
    visited = 0
    for event_id in event_ids:
        own, waiting = counts.get(event_id, (0, 0))
        if fitting and total + own > DELIVERIES_AT_A_TIME:
            break
        visited = event_id
        if not waiting:
            fitting.append(event_id)
            total += own
    return Step(fitting, visited)


@transaction.atomic
def _remove(event_ids: Sequence[int]) -> int:
    """Delete these events with their deliveries and attempts, except those that are being redelivered."""
    can_skip = connection.features.has_select_for_update_skip_locked
    locked = Event.objects.select_for_update(skip_locked=can_skip).filter(pk__in=event_ids)
    mine = set(locked.values_list("id", flat=True))
    deliveries = Delivery.objects.select_for_update().filter(event_id__in=mine)
    mine -= {event_id for event_id, status in deliveries.values_list("event_id", "status") if status == Status.PENDING}
    _delete(Attempt.objects.filter(delivery__in=Delivery.objects.filter(event_id__in=mine)))
    _delete(Delivery.objects.filter(event_id__in=mine))
    return _delete(Event.objects.filter(pk__in=mine))


def _delete(rows: models.QuerySet[models.Model]) -> int:
    """Delete by one statement; Django's `delete` would first read all related rows."""
    return rows._raw_delete(DEFAULT_DB_ALIAS) or 0


def _prune_oldest(
    model: type[AcceptedRequest | AuditEntry | Notice], before: datetime, budget: TimeBudget, column: str = "created_at"
) -> None:
    """Delete the oldest rows of the table, up to the first that is not older than `before`."""
    while budget.next_step():
        oldest = model._default_manager.order_by("id").values_list("id", column)[:ROWS_AT_A_TIME]
        old = [row_id for row_id, at in oldest if at < before]
        if not old:
            break
        _delete(model._default_manager.filter(pk__in=old))


def _prune_stats(before: datetime, budget: TimeBudget) -> None:
    for grain in DeliveryStats.Grain:
        old = (
            DeliveryStats.objects.filter(grain=grain, minute__lt=before).order_by("minute").values_list("pk", flat=True)
        )
        while (ids := list(old[:ROWS_AT_A_TIME])) and budget.next_step():
            _delete(DeliveryStats.objects.filter(pk__in=ids))
