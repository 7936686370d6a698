"""Statistics of a settled batch: one row for each account, endpoint, topic, test flag and minute."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from webhooks.engine.job import Answered, Outcome
from webhooks.engine.lifecycle import Status
from webhooks.models import DURATION_BOUNDS_MS, DeliveryStats
from webhooks.outbox.rows import ClaimedRow, Settlement

_kind = attrgetter("account_id", "endpoint_id", "topic", "is_test")
"""Of a Job or a ClaimedRow."""

_Counted = tuple[tuple[int, int, str, bool], datetime, Status, int | None]
"""Kind, time, resulting status, and the index of its duration's bucket, None without an answer."""


class Counts(NamedTuple):
    """The columns of a DeliveryStats row."""

    account_id: int
    endpoint_id: int
    topic: str
    is_test: bool
    minute: datetime
    grain: int
    delivered: int
    failed: int
    skipped: int
    retried: int
    durations: list[int]


class _Sum:
    """The sums of a DeliveryStats row."""

    def __init__(self) -> None:
        self.outcomes: Counter[Status] = Counter()
        self.durations = [0] * (len(DURATION_BOUNDS_MS) + 1)


def of_attempts(settlements: Iterable[Settlement]) -> list[Counts]:
    """The statistics of these attempts."""
    # Most settlements of a batch are equal in these values, so the remaining work is done for few.
    counted = Counter(
        [
            (_kind(job), finished_at, verdict.status, _duration_class(outcome))
            for job, outcome, verdict, finished_at in settlements
        ]
    )
    return _stats(counted)


def of_skips(rows: Iterable[ClaimedRow], now: datetime) -> list[Counts]:
    """The statistics of deliveries that are skipped."""
    return _stats(Counter([(_kind(row), now, Status.SKIPPED, None) for row in rows]))


def _duration_class(outcome: Outcome) -> int | None:
    return bisect_left(DURATION_BOUNDS_MS, outcome.timings.total) if isinstance(outcome, Answered) else None


def _stats(counted: Counter[_Counted]) -> list[Counts]:
    sums: dict[tuple[tuple[int, int, str, bool], datetime], _Sum] = {}
    for (kind, time, status, bucket), count in counted.items():
        found = sums.setdefault((kind, time.replace(second=0, microsecond=0)), _Sum())
        found.outcomes[status] += count
        if bucket is not None:
            found.durations[bucket] += count
    return [_counts(*kind, minute, found) for (kind, minute), found in sums.items()]


def _counts(account_id: int, endpoint_id: int, topic: str, is_test: bool, minute: datetime, found: _Sum) -> Counts:
    """A delivery that is pending after its attempt counts as retried."""
    outcomes = found.outcomes
    return Counts(
        account_id,
        endpoint_id,
        topic,
        bool(is_test),
        minute,
        DeliveryStats.Grain.BATCH.value,
        delivered=outcomes[Status.DELIVERED],
        failed=outcomes[Status.FAILED],
        skipped=outcomes[Status.SKIPPED],
        retried=outcomes[Status.PENDING],
        durations=found.durations,
    )
