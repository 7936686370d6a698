"""Every Celery task's base: a live database connection, and a limit on concurrent runs per process."""

from threading import Semaphore
from typing import Any

from celery import Task
from django.db import close_old_connections


class BoundedTask(Task):  # type: ignore[type-arg]
    """Runs beyond `at_once` return immediately, since a current run will find the rows that are due.

    A worker has a thread for each run allowed by all tasks (CELERY_WORKER_CONCURRENCY), so a long task never occupies a
    thread that another task needs.
    """

    at_once = 1

    def __init__(self) -> None:
        super().__init__()
        self._free = Semaphore(self.at_once)

    def __call__(self, *args: Any, **options: Any) -> Any:
        if not self._free.acquire(blocking=False):
            return None
        try:
            # Threads keep their connections; one closed by a restart of PostgreSQL is replaced here.
            close_old_connections()
            return super().__call__(*args, **options)
        finally:
            self._free.release()
