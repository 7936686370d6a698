"""Wakes a worker after a commit, so that short steps are prompt; a lost ring costs a second, never a step."""

import logging
import threading
import time

from celery import current_app
from django.db import transaction

TASK = "modules.notifications.tasks.advance"
COALESCED_SECONDS = 0.2
"""A run that is on looks again more often than this, so one ring serves all messages in between."""
EXPIRES_SECONDS = 2.0

log = logging.getLogger(__name__)
_lock = threading.Lock()
_silent_until = 0.0


def ring_after_commit() -> None:
    transaction.on_commit(_ring)


def _ring() -> None:
    """Never raises: the beat finds what no ring announced."""
    global _silent_until
    with _lock:
        if time.monotonic() < _silent_until:
            return
        _silent_until = time.monotonic() + COALESCED_SECONDS
    try:
        current_app.send_task(TASK, expires=EXPIRES_SECONDS, retry=False)
    except Exception as error:
        log.warning("The broker took no ring (%s); the beat will find what is due.", error)
