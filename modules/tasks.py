"""Celery tasks for all modules."""

from datetime import UTC, datetime

from celery import shared_task

from modules.retention import prune as prune_old


@shared_task(name="modules.tasks.prune")
def prune() -> None:
    prune_old(now=datetime.now(UTC))
