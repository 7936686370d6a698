"""Celery tasks."""

from datetime import UTC, datetime

from celery import shared_task
from celery.worker import state

from modules.contacts.imports import store_waiting
from modules.contacts.segments import count_due


@shared_task(name="modules.contacts.tasks.store_imports")
def store_imports() -> None:
    store_waiting(is_over=lambda: state.should_stop is not None)


@shared_task(name="modules.contacts.tasks.count_segments")
def count_segments() -> None:
    count_due(is_over=lambda: state.should_stop is not None, clock=lambda: datetime.now(UTC))
