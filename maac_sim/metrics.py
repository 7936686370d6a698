"""/metrics: the state of the queue from the database, and the counters of this process or of all web processes.

Each worker serves its own counters at MAAC_SIM_METRICS_PORT. Embedded, one process serves everything.
"""

import logging
import os
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from threading import Lock

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, REGISTRY, CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from maac_sim.web import SHARED_FOLDER
from webhooks import selectors

FRESH_SECONDS = 1.0

log = logging.getLogger(__name__)


class Database(Collector):
    """Collects figures of the queue and the workers, at most once a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._read_at = float("-inf")
        self._metrics: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            if self._clock() - self._read_at >= FRESH_SECONDS:
                self._metrics = _read_or_say_so()
                self._read_at = self._clock()
            return self._metrics


@require_safe
def metrics(_request: HttpRequest) -> HttpResponse:
    """Plain text for Prometheus. Public: it contains figures and the names of topics and workers, no secret."""
    text = generate_latest(_database) + generate_latest(_counted())
    return HttpResponse(text, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def serve_worker_metrics() -> None:
    """Serve this worker's metrics if a port is set. If the port is taken, the worker runs without them."""
    host, port = settings.METRICS_HOST, settings.METRICS_PORT
    if not port:
        return
    try:
        start_http_server(port, host)
    except OSError as error:
        log.warning("No metrics at %s:%d (%s). Give each worker of a host a port of its own.", host, port, error)


def _counted() -> CollectorRegistry:
    if SHARED_FOLDER not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _read_or_say_so() -> list[Metric]:
    is_up = GaugeMetricFamily("maac_sim_database_up", "Whether the database answered: 1 or 0.")
    try:
        read = _read(datetime.now(UTC))
    except DatabaseError as error:
        log.warning("The database did not answer for /metrics: %s", error)
        is_up.add_metric([], 0)
        return [is_up]
    is_up.add_metric([], 1)
    return [is_up, *read]


def _read(now: datetime) -> list[Metric]:
    queue = selectors.queue(now=now)
    ages = GaugeMetricFamily(
        "maac_sim_worker_heartbeat_age_seconds", "Seconds since a worker's last heartbeat.", labels=["worker"]
    )
    for name, age in selectors.worker_ages(now=now).items():
        ages.add_metric([name], age)
    return [
        GaugeMetricFamily("maac_sim_deliveries_due", "Deliveries to be sent now.", queue.due),
        GaugeMetricFamily("maac_sim_deliveries_overdue", "QueueEntry for more than five seconds.", queue.overdue),
        GaugeMetricFamily("maac_sim_oldest_due_age_seconds", "Age of what is due longest.", queue.oldest_due_age),
        GaugeMetricFamily("maac_sim_deliveries_in_flight", "Claimed by a worker, not settled.", queue.in_flight),
        GaugeMetricFamily(
            "maac_sim_deliveries_claimed_again", "Claimed several times without being settled.", queue.claimed_again
        ),
        ages,
    ]


_database = CollectorRegistry()
_database.register(Database())
