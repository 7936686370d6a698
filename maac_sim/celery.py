"""The Celery application. Its messages only wake workers; the queue is the rows of the deliveries."""

import logging
import os
from datetime import UTC, datetime
from typing import Any

from celery import Celery, bootsteps
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections

from maac_sim.start_faults import read_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maac_sim.settings")
read_settings()

HEARTBEAT_SECONDS = 2.0
LAST_SETTLE_SECONDS = 0.5

log = logging.getLogger(__name__)

app = Celery("maac_sim", task_cls="maac_sim.tasks:BoundedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["webhooks", "modules", "modules.contacts", "modules.notifications", "modules.traffic"])


class Delivering(bootsteps.StartStopStep):
    """Allows a worker to deliver from its start to its warm shutdown, and stores a heartbeat every two seconds."""

    requires = ("celery.worker.components:Timer", "celery.worker.components:Pool")

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.entry: Any = None

    def start(self, worker: Any) -> None:
        from maac_sim.metrics import serve_worker_metrics
        from webhooks.services.deliver import allow_delivering

        allow_delivering()
        serve_worker_metrics()
        _note(worker.hostname)
        self.entry = worker.timer.call_repeatedly(HEARTBEAT_SECONDS, _note, (worker.hostname,))

    def stop(self, _worker: Any) -> None:
        """Runs before the pool waits for its tasks, so that the delivery run in the pool ends."""
        from webhooks.services.deliver import stop_delivering

        self.entry.cancel()
        stop_delivering(grace=settings.WEBHOOK_ATTEMPT_TIMEOUT + LAST_SETTLE_SECONDS)


def _note(name: str) -> None:
    from webhooks.services import workers
    from webhooks.services.delivery_run import last_error

    close_old_connections()
    try:
        workers.note(name=name, now=datetime.now(UTC), error=last_error())
    except (DatabaseError, InterfaceError) as error:
        log.warning("The database did not take this worker's heartbeat: %s", error)


app.steps["worker"].add(Delivering)
