"""What every Celery task has: a live database connection, and a bound on how many of its runs a process has at once."""

from threading import Semaphore
from typing import Any

from celery import Task
from django.db import close_old_connections


class BoundedTask(Task):  # type: ignore[type-arg]
    """Runs beyond `at_once` return at once: what is due stands in rows, and a run under way looks for it.

    A worker has a thread for each run that its tasks may have (CELERY_WORKER_CONCURRENCY), so that no task, however
    long it takes, holds a thread that another one needs.
    """

    at_once = 1

    def __init__(self) -> None:
        super().__init__()
        self._free = Semaphore(self.at_once)

    def __call__(self, *args: Any, **options: Any) -> Any:
        if not self._free.acquire(blocking=False):
            return None
        try:
            # Threads keep their connections; one that a restarted PostgreSQL has closed is replaced here.
            close_old_connections()
            return super().__call__(*args, **options)
        finally:
            self._free.release()
