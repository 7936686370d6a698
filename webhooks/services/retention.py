"""Forget what is old: events with all that hangs on them, repeats' answers, checks, notices, stats, faults, workers,
and audit entries.

Rows are found by an index from the oldest, never by a scan, and removed in short transactions with a pause between
them, so that deliveries go on meanwhile. An event that is still on its way to somebody is kept however old it is.
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
class Line:
    """Events before `moment`, and those up to the id `last`, are to go."""

    moment: datetime | None
    last: int

    def is_past(self, event_id: int, created_at: datetime) -> bool:
        return event_id <= self.last or (self.moment is not None and created_at < self.moment)


class Patience:
    """How long a run may go on; it waits between steps for others who want the database."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._end = clock() + RUN_SECONDS
        self._step_began = clock()

    def goes_on(self) -> bool:
        self._sleep(min(self._clock() - self._step_began, LONGEST_PAUSE))
        self._step_began = self._clock()
        return self._step_began < self._end


def prune(
    *,
    now: datetime,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Remove what the settings no longer keep, for some seconds at most; how many events went."""
    patience = Patience(clock, sleep)
    _prune_oldest(AcceptedRequest, now - REPEATS_ARE_KNOWN_FOR, patience)
    if settings.AUDIT_RETENTION_DAYS > 0:
        _prune_oldest(AuditEntry, now - timedelta(days=settings.AUDIT_RETENTION_DAYS), patience, moment="at")
    if settings.WEBHOOK_RETENTION_DAYS > 0:
        before = now - timedelta(days=settings.WEBHOOK_RETENTION_DAYS)
        _prune_oldest(Notice, before, patience)
        _delete(Check.objects.filter(created_at__lt=before))
        _prune_tallies(before, patience)
    InjectedFault.objects.filter(expires_at__lt=now - FAULTS_ARE_SHOWN_FOR).delete()
    Worker.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
    return _prune_events(_line(now), patience)


def _line(now: datetime) -> Line:
    days, count = settings.WEBHOOK_RETENTION_DAYS, settings.WEBHOOK_RETENTION_EVENTS
    newest = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    return Line(now - timedelta(days=days) if days > 0 else None, newest - count if count > 0 else 0)


def _prune_events(line: Line, patience: Patience) -> int:
    pruned, visited = 0, 0
    while patience.goes_on():
        rows = Event.objects.filter(id__gt=visited).order_by("id").values_list("id", "created_at")[:EVENTS_AT_A_TIME]
        old = [event_id for event_id, created_at in rows if line.is_past(event_id, created_at)]
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
    """Events that can go together, and the last event that was looked at for them."""

    events: list[int]
    visited: int


def _as_many_as_fit(event_ids: Sequence[int]) -> Step:
    """Of these events as many from the start as have not too many deliveries, without those still on their way."""
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
    """Remove these events with all that hangs on them, but for those that somebody redelivers just now."""
    can_skip = connection.features.has_select_for_update_skip_locked
    locked = Event.objects.select_for_update(skip_locked=can_skip).filter(pk__in=event_ids)
    mine = set(locked.values_list("id", flat=True))
    deliveries = Delivery.objects.select_for_update().filter(event_id__in=mine)
    mine -= {event_id for event_id, status in deliveries.values_list("event_id", "status") if status == Status.PENDING}
    _delete(Attempt.objects.filter(delivery__in=Delivery.objects.filter(event_id__in=mine)))
    _delete(Delivery.objects.filter(event_id__in=mine))
    return _delete(Event.objects.filter(pk__in=mine))


def _delete(rows: models.QuerySet[models.Model]) -> int:
    """One statement; Django's own delete would first read every row that hangs on these."""
    return rows._raw_delete(DEFAULT_DB_ALIAS) or 0


def _prune_oldest(
    model: type[AcceptedRequest | AuditEntry | Notice], before: datetime, patience: Patience, moment: str = "created_at"
) -> None:
    """Remove rows from the start of the table until one is young enough."""
    while patience.goes_on():
        oldest = model._default_manager.order_by("id").values_list("id", moment)[:ROWS_AT_A_TIME]
        old = [row_id for row_id, at in oldest if at < before]
        if not old:
            break
        _delete(model._default_manager.filter(pk__in=old))


def _prune_tallies(before: datetime, patience: Patience) -> None:
    for grain in DeliveryStats.Grain:
        old = (
            DeliveryStats.objects.filter(grain=grain, minute__lt=before).order_by("minute").values_list("pk", flat=True)
        )
        while (ids := list(old[:ROWS_AT_A_TIME])) and patience.goes_on():
            _delete(DeliveryStats.objects.filter(pk__in=ids))
