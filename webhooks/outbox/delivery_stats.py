"""Counts what is settled, for charts: a row for each kind of delivery and minute of a batch."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from webhooks.engine.job import Answered, Outcome
from webhooks.engine.lifecycle import Status
from webhooks.models import DURATION_BOUNDS_MS, DeliveryStats
from webhooks.outbox.rows import Settlement, Won

_kind = attrgetter("account_id", "endpoint_id", "topic", "is_test")
"""Of a job, or of a row that was won."""

_Counted = tuple[tuple[int, int, str, bool], datetime, Status, int | None]
"""Kind, moment, what became of it, and the place of its duration among the classes, if there is one."""


class Counts(NamedTuple):
    """The columns of a stats_row."""

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
    """A stats_row that grows."""

    def __init__(self) -> None:
        self.outcomes: Counter[Status] = Counter()
        self.durations = [0] * (len(DURATION_BOUNDS_MS) + 1)


def of_attempts(settlements: Iterable[Settlement]) -> list[Counts]:
    """What these attempts made of their deliveries."""
    # Most of a batch ended alike and at the same moment, so the rest of the work is done for a few only.
    counted = Counter(
        [
            (_kind(job), finished_at, verdict.status, _duration_class(outcome))
            for job, outcome, verdict, finished_at in settlements
        ]
    )
    return _stats(counted)


def of_skips(rows: Iterable[Won], now: datetime) -> list[Counts]:
    """Deliveries that end unsent."""
    return _stats(Counter([(_kind(row), now, Status.SKIPPED, None) for row in rows]))


def _duration_class(outcome: Outcome) -> int | None:
    return bisect_left(DURATION_BOUNDS_MS, outcome.timings.total) if isinstance(outcome, Answered) else None


def _stats(counted: Counter[_Counted]) -> list[Counts]:
    sums: dict[tuple[tuple[int, int, str, bool], datetime], _Sum] = {}
    for (kind, moment, status, place), count in counted.items():
        found = sums.setdefault((kind, moment.replace(second=0, microsecond=0)), _Sum())
        found.outcomes[status] += count
        if place is not None:
            found.durations[place] += count
    return [_counts(*kind, minute, found) for (kind, minute), found in sums.items()]


def _counts(account_id: int, endpoint_id: int, topic: str, is_test: bool, minute: datetime, found: _Sum) -> Counts:
    """A delivery that is still pending after its attempt will be tried again."""
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
