"""Celery tasks."""

from celery import shared_task
from celery.worker import state

from modules.contacts.imports import store_waiting


@shared_task(name="modules.contacts.tasks.store_imports")
def store_imports() -> None:
    store_waiting(is_over=lambda: state.should_stop is not None)
