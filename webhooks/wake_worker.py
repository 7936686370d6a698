"""Wakes a worker by a Celery message, after the transaction has committed. At most one message per task in 50 ms.

A message that is lost delays work by a second at most: the periodic sweep finds every row that is due.
"""

import logging
import threading
import time
from functools import partial

from celery import current_app
from django.db import transaction

DELIVER = "webhooks.tasks.deliver"
CHECK = "webhooks.tasks.check"
COALESCED_SECONDS = 0.05
"""A running task queries its rows again sooner than this, so one message covers all rows committed in between."""
EXPIRES_SECONDS = 2.0
PAUSE_AFTER_ERROR_SECONDS = 1.0

log = logging.getLogger(__name__)
_lock = threading.Lock()
_suppressed_until: dict[str, float] = {}
"""By task name, on the monotonic clock."""


def wake_after_commit(task_name: str = DELIVER) -> None:
    """Send the task's message once the current transaction has committed."""
    transaction.on_commit(partial(wake_worker, task_name))


def wake_worker(task_name: str = DELIVER) -> None:
    """Send the task's message now. Never raises, since the sweep covers a broker that is down."""
    if not _may_send(task_name):
        return
    try:
        current_app.send_task(task_name, expires=EXPIRES_SECONDS, retry=False)
    except Exception as error:
        with _lock:
            _suppressed_until[task_name] = time.monotonic() + PAUSE_AFTER_ERROR_SECONDS
        log.warning(
            "Could not send %s to the broker (%s); the sweep will find the rows that are due.", task_name, error
        )


def _may_send(task_name: str) -> bool:
    """Whether no thread of this process sent this message within the last COALESCED_SECONDS."""
    now = time.monotonic()
    with _lock:
        if now < _suppressed_until.get(task_name, 0.0):
            return False
        _suppressed_until[task_name] = now + COALESCED_SECONDS
        return True
