"""Celery tasks."""

from celery import shared_task
from celery.worker import state

from modules.notifications.steps import advance_while_due


@shared_task(name="modules.notifications.tasks.advance")
def advance() -> None:
    advance_while_due(is_over=lambda: state.should_stop is not None)
