"""Fold the stats: what the batches counted becomes one row a minute, and after two days one an hour.

Sums stay the same at every moment, since a step removes rows and adds their sum in one transaction. The steps are
short. Two runs at a time do no harm: one waits for the rows of the other, and then finds them gone.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from webhooks.models import DeliveryStats
from webhooks.services.retention import Patience

ROWS_AT_A_TIME = 1000


class Fold(NamedTuple):
    """Rows of grain `source` older than `after` become rows of grain `target`, each of a `span`."""

    source: DeliveryStats.Grain
    target: DeliveryStats.Grain
    after: timedelta
    span: timedelta


FOLDS = (
    Fold(DeliveryStats.Grain.BATCH, DeliveryStats.Grain.MINUTE, after=timedelta(minutes=2), span=timedelta(minutes=1)),
    Fold(DeliveryStats.Grain.MINUTE, DeliveryStats.Grain.HOUR, after=timedelta(days=2), span=timedelta(hours=1)),
)


def roll_up(
    *,
    now: datetime,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Fold what is old enough, for some seconds at most; how many rows went into others."""
    patience = Patience(clock, sleep)
    return sum(_fold_all(each, now - each.after, patience) for each in FOLDS)


def _fold_all(each: Fold, until: datetime, patience: Patience) -> int:
    """Span by span, from the oldest; a span that is not over by `until` waits."""
    folded = 0
    waiting = DeliveryStats.objects.filter(grain=each.source).order_by("minute").values_list("minute", flat=True)
    while patience.goes_on():
        oldest = waiting.first()
        start = oldest and _start(oldest, each.span)
        if start is None or start + each.span > until:
            break
        folded += _fold_some(each, start)
    return folded


def _start(moment: datetime, span: timedelta) -> datetime:
    return moment - timedelta(seconds=moment.timestamp() % span.total_seconds())


@transaction.atomic
def _fold_some(each: Fold, start: datetime) -> int:
    """Fold some rows of a span, together with what was folded of their endpoints before."""
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
