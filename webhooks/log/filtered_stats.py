"""Outcomes over time for filters that DeliveryStats does not have: status, reason, text. Counted in bounded time.

Deliveries are counted in the bucket in which they were accepted, since the log is searched in that order.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count

from accounts.models import Account
from webhooks.engine.lifecycle import Status
from webhooks.log import search
from webhooks.log.search import Clock, Criteria
from webhooks.log.statistics import Bucket, begin_of, empty_buckets
from webhooks.models import Delivery

CHART_SECONDS = 0.06


class FilteredStats(NamedTuple):
    """The buckets, and how far back they were counted if the time did not suffice."""

    buckets: list[Bucket]
    counted_to: datetime | None


def filtered_over_time(
    *,
    account: Account,
    criteria: Criteria,
    since: datetime,
    until: datetime,
    now: datetime,
    buckets: int,
    seconds: float = CHART_SECONDS,
    clock: Clock = time.monotonic,
) -> FilteredStats:
    """Deliveries that match, the newest first, until `seconds` are over."""
    criteria = replace(criteria, since=since, until=until)
    empty = empty_buckets(account=account, since=since, until=until, now=now, buckets=buckets)
    begin = begin_of("created_at", start=empty[0].start, width=empty[0].end - empty[0].start)
    counts: Counter[tuple[str, datetime]] = Counter()
    end: int | None = None
    scope = search.indexed(account, criteria)
    for window, end in search.windows(scope, None, False, clock() + seconds, clock):  # noqa: B007 - the last one
        found = search.matching(window.rows, criteria).order_by().values_list("status", begin)
        for status, start, number in found.annotate(number=Count("pk")):
            counts[status, start] += number
    return FilteredStats(_filled(empty, counts), _created_at(end))


def _filled(empty: Sequence[Bucket], counts: Counter[tuple[str, datetime]]) -> list[Bucket]:
    def count(status: Status, bucket: Bucket) -> int:
        return counts[status, bucket.start]

    return [
        each._replace(
            delivered=count(Status.DELIVERED, each),
            failed=count(Status.FAILED, each),
            skipped=count(Status.SKIPPED, each),
        )
        for each in empty
    ]


def _created_at(delivery_id: int | None) -> datetime | None:
    if delivery_id is None:
        return None
    return Delivery.objects.filter(pk=delivery_id).values_list("created_at", flat=True).first()
