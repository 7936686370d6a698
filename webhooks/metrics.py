"""Prometheus metrics of events and deliveries, counted per process.

The delivery run reports whole batches, so a delivery costs a few additions and no label look-up.
"""

import collections
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache, partial
from itertools import accumulate
from threading import Lock

from django.db import transaction
from prometheus_client import REGISTRY, Counter, disable_created_metrics
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from webhooks.engine.job import Job, Outcome, Reason
from webhooks.engine.lifecycle import MOVES, Move, SkipReason, Status, Verdict

Finished = tuple[Job, Outcome, Verdict, datetime]
"""A finished attempt: job, outcome, verdict and end time, the fields of an outbox Settlement."""


class Durations(Collector):
    """A Prometheus histogram in seconds whose `add` takes a batch."""

    def __init__(self, name: str, documentation: str, bounds: Sequence[float]) -> None:
        self._name = name
        self._documentation = documentation
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._lock = Lock()
        REGISTRY.register(self)

    def add(self, durations: Sequence[float]) -> None:
        bounds = self._bounds
        buckets = collections.Counter([bisect_left(bounds, seconds) for seconds in durations])
        with self._lock:
            for bucket, count in buckets.items():
                self._counts[bucket] += count
            self._sum += sum(durations)

    def collect(self) -> Iterable[HistogramMetricFamily]:
        with self._lock:
            counts, total = list(accumulate(self._counts)), self._sum
        names = [*map(str, self._bounds), "+Inf"]
        family = HistogramMetricFamily(self._name, self._documentation)
        family.add_metric([], list(zip(names, counts, strict=True)), total)
        yield family


# Without this, each counter exports a second `_created` series.
disable_created_metrics()  # type: ignore[no-untyped-call]

ACCEPTED = Counter("maac_sim_events_accepted", "Events that were accepted.", ["topic"])
DELIVERIES = Counter("maac_sim_deliveries", "Deliveries that ended.", ["topic", "status", "reason"])
ATTEMPTS = Counter("maac_sim_attempts", "Attempts, by outcome and what it means.", ["reason", "verdict"])
FAULTS = Counter("maac_sim_injected_faults", "Attempts to which an injected fault was applied.", ["kind"])
RUN_ERRORS = Counter("maac_sim_delivery_run_errors", "Turns of delivery runs that ended with an exception.")
PRUNED = Counter("maac_sim_pruned_events", "Events that retention removed.")
NOTICES = Counter("maac_sim_notices", "Failure notices that were created.", ["reason"])
ATTEMPT_SECONDS = Durations(
    "maac_sim_attempt_seconds",
    "How long an attempt took.",
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
ARRIVAL_SECONDS = Durations(
    "maac_sim_arrival_seconds",
    "From acceptance until the first request was sent.",
    (0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0),
)


def count_accepted_after_commit(topics: Iterable[str]) -> None:
    """Count accepted events once the transaction that stores them is committed."""
    transaction.on_commit(partial(_count_accepted, collections.Counter(topics)))


def _count_accepted(topics: collections.Counter[str]) -> None:
    for topic, count in topics.items():
        ACCEPTED.labels(topic).inc(count)


def count_attempts(attempts: Sequence[Finished]) -> None:
    """Count finished attempts, and the deliveries that ended with them."""
    kinds = collections.Counter([(job.topic, verdict.move, verdict.reason) for job, _, verdict, _ in attempts])
    for (topic, move, reason), count in kinds.items():
        _count(topic, move, reason, count)
    for kind, count in collections.Counter([job.fault.kind for job, _, _, _ in attempts if job.fault]).items():
        FAULTS.labels(kind).inc(count)
    ATTEMPT_SECONDS.add([outcome.timings.total / 1000 for _, outcome, _, _ in attempts])
    ARRIVAL_SECONDS.add([_arrival(job, outcome) for job, outcome, _, _ in attempts if job.number == 1])


@lru_cache(maxsize=1024)
def _counters(topic: str, move: Move, reason: Reason) -> tuple[Counter, ...]:
    """The counters that such an attempt increments; cached, since `labels` is the costliest part of counting."""
    attempts = ATTEMPTS.labels(reason, move)
    if move is Move.RETRY:
        return (attempts,)
    return attempts, DELIVERIES.labels(topic, MOVES[Status.PENDING, move], reason)


def _count(topic: str, move: Move, reason: Reason, count: int) -> None:
    for counter in _counters(topic, move, reason):
        counter.inc(count)


def count_skips_after_commit(reason: SkipReason, topics: Iterable[str]) -> None:
    """Count skipped deliveries once the transaction that skips them is committed."""
    for topic, count in collections.Counter(topics).items():
        transaction.on_commit(partial(DELIVERIES.labels(topic, Status.SKIPPED, reason).inc, count), robust=True)


def _arrival(job: Job, outcome: Outcome) -> float:
    """Seconds from acceptance until the connection was ready for the request; a reused connection adds nothing."""
    timings = outcome.timings
    ready = (timings.dns or 0.0) + (timings.connect or 0.0) + (timings.tls or 0.0)
    return outcome.started_at + ready / 1000 - job.accepted_at
