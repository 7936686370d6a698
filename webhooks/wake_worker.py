"""Wakes a worker after a commit, by task name, coalesced; a lost wake_worker costs a second, never an event."""

import logging
import threading
import time
from functools import partial

from celery import current_app
from django.db import transaction

COALESCED_SECONDS = 0.05
"""A worker that is awake looks again more often than this, so one wake_worker serves all events in between."""
EXPIRES_SECONDS = 2.0
QUIET_SECONDS_AFTER_A_FAULT = 1.0

log = logging.getLogger(__name__)
_lock = threading.Lock()
_silent_until = 0.0


def wake_after_commit() -> None:
    """Tell a worker, once the transaction is through, that something is due."""
    transaction.on_commit(wake_worker)


def wake_for_check_after_commit() -> None:
    """The same for a check of a receiver."""
    transaction.on_commit(partial(_send, "webhooks.tasks.check"))


def wake_worker() -> None:
    """Send the doorbell's message."""
    if _is_first():
        _send("webhooks.tasks.deliver")


def _send(task: str) -> None:
    """Never raises: the sweep finds what no wake_worker announced."""
    try:
        current_app.send_task(task, expires=EXPIRES_SECONDS, retry=False)
    except Exception as error:
        _be_silent(QUIET_SECONDS_AFTER_A_FAULT)
        log.warning("The broker took no wake_worker (%s); the sweep will find what is due.", error)


def _is_first() -> bool:
    """Whether no other thread of this process has nudged just now."""
    with _lock:
        if time.monotonic() < _silent_until:
            return False
        _be_silent(COALESCED_SECONDS)
        return True


def _be_silent(seconds: float) -> None:
    global _silent_until
    _silent_until = time.monotonic() + seconds
