"""Wakes a worker after a play was started; a lost ring costs a second."""

import logging

from celery import current_app
from django.db import transaction

TASK = "modules.traffic.tasks.play"
EXPIRES_SECONDS = 2.0

log = logging.getLogger(__name__)


def ring_after_commit() -> None:
    transaction.on_commit(_ring)


def _ring() -> None:
    """Never raises: the beat finds what no ring announced."""
    try:
        current_app.send_task(TASK, expires=EXPIRES_SECONDS, retry=False)
    except Exception as error:
        log.warning("The broker took no ring (%s); the beat will find what is due.", error)
