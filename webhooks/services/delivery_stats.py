"""Rolls up the delivery statistics: batch rows become one row a minute and, after two days, one row an hour.

Each step deletes rows and inserts their sum in one transaction, so readers see the same sums at any time. Steps are
short. Concurrent runs are safe: the second waits for the row locks, then finds the rows deleted.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from webhooks.models import DeliveryStats
from webhooks.services.retention import TimeBudget

ROWS_AT_A_TIME = 1000

Grain = DeliveryStats.Grain


class RollUp(NamedTuple):
    """Rows of grain `source` older than `after` become rows of grain `target` that each cover one `span`."""

    source: Grain
    target: Grain
    after: timedelta
    span: timedelta


ROLL_UPS = (
    RollUp(Grain.BATCH, Grain.MINUTE, after=timedelta(minutes=2), span=timedelta(minutes=1)),
    RollUp(Grain.MINUTE, Grain.HOUR, after=timedelta(days=2), span=timedelta(hours=1)),
)


def roll_up(
    *,
    now: datetime,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Roll up what is old enough, for `RUN_SECONDS` at most; return how many rows were merged into others."""
    budget = TimeBudget(clock, sleep)
    return sum(_roll_up_all(each, now - each.after, budget) for each in ROLL_UPS)


def _roll_up_all(each: RollUp, until: datetime, budget: TimeBudget) -> int:
    """Roll up span by span, from the oldest; a span that ends after `until` is left for a later run."""
    merged = 0
    waiting = DeliveryStats.objects.filter(grain=each.source).order_by("minute").values_list("minute", flat=True)
    while budget.next_step():
        oldest = waiting.first()
        start = oldest and _start(oldest, each.span)
        if start is None or start + each.span > until:
            break
        merged += _roll_up_some(each, start)
    return merged


def _start(minute: datetime, span: timedelta) -> datetime:
    return minute - timedelta(seconds=minute.timestamp() % span.total_seconds())


@transaction.atomic
def _roll_up_some(each: RollUp, start: datetime) -> int:
    """Merge up to `ROWS_AT_A_TIME` rows of a span with the target rows that their endpoints have already."""
    locked = DeliveryStats.objects.select_for_update()
    fresh = locked.filter(grain=each.source, minute__gte=start, minute__lt=start + each.span)
    rows = list(fresh.order_by("endpoint_id", "id")[:ROWS_AT_A_TIME])
    before = locked.filter(grain=each.target, minute=start, endpoint__in={row.endpoint_id for row in rows})
    old = [*rows, *before.order_by("id")]
    DeliveryStats.objects.filter(pk__in=[row.pk for row in old]).delete()
    DeliveryStats.objects.bulk_create(_sums(old, each.target, start))
    return len(rows)


def _sums(rows: Iterable[DeliveryStats], grain: DeliveryStats.Grain, start: datetime) -> list[DeliveryStats]:
    sums: dict[tuple[int, int, str, bool], DeliveryStats] = {}
    for row in rows:
        kind = (row.account_id, row.endpoint_id, row.topic, row.is_test)
        if kind in sums:
            _add(sums[kind], row)
        else:
            row.pk, row.grain, row.minute = None, grain, start
            sums[kind] = row
    return list(sums.values())


def _add(total: DeliveryStats, row: DeliveryStats) -> None:
    total.delivered += row.delivered
    total.failed += row.failed
    total.skipped += row.skipped
    total.retried += row.retried
    total.duration_counts = [sum(pair) for pair in zip(total.duration_counts, row.duration_counts, strict=True)]
