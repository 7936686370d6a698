"""Wakes a worker after a commit by sending a Celery task; wake-ups in quick succession are coalesced into one.

A lost wake-up delays a delivery until the next sweep (a second), and loses nothing: the rows are the queue.
"""

import logging
import threading
import time
from functools import partial

from celery import current_app
from django.db import transaction

COALESCED_SECONDS = 0.05
"""A busy worker polls more often than this, so one wake-up serves all events in between."""
EXPIRES_SECONDS = 2.0
SECONDS_BETWEEN_TRIES_OF_A_FAILED_BROKER = 1.0

log = logging.getLogger(__name__)
_lock = threading.Lock()
_coalesced_until = 0.0


def wake_after_commit() -> None:
    """Wake a worker once the transaction is committed."""
    transaction.on_commit(wake_worker)


def wake_for_check_after_commit() -> None:
    """Start the task that runs queued receiver checks, once the transaction is committed."""
    transaction.on_commit(partial(_send, "webhooks.tasks.check"))


def wake_worker() -> None:
    """Send the delivery task, unless this process sent one within `COALESCED_SECONDS`."""
    if _begins_interval():
        _send("webhooks.tasks.deliver")


def _send(task: str) -> None:
    """Never raises: the sweep finds rows whose wake-up was lost."""
    try:
        current_app.send_task(task, expires=EXPIRES_SECONDS, retry=False)
    except Exception as error:
        _send_nothing_for(SECONDS_BETWEEN_TRIES_OF_A_FAILED_BROKER)
        log.warning("The broker did not accept the wake-up (%s); the sweep will find what is due.", error)


def _begins_interval() -> bool:
    """True for one caller, of all threads of this process, in each interval."""
    with _lock:
        if time.monotonic() < _coalesced_until:
            return False
        _send_nothing_for(COALESCED_SECONDS)
        return True


def _send_nothing_for(seconds: float) -> None:
    global _coalesced_until
    _coalesced_until = time.monotonic() + seconds
