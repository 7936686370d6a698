"""What Celery runs."""

from datetime import UTC, datetime

from celery import shared_task
from django.db import close_old_connections

from webhooks.services.checks import run_waiting
from webhooks.services.deliver import deliver_due
from webhooks.services.notices import give_notices
from webhooks.services.retention import prune as prune_old
from webhooks.services.sandboxes import remove_expired
from webhooks.services.tallies import fold as fold_tallies


@shared_task(name="webhooks.tasks.deliver")
def deliver() -> None:
    deliver_due()


@shared_task(name="webhooks.tasks.check")
def check() -> None:
    close_old_connections()
    run_waiting()


@shared_task(name="webhooks.tasks.prune")
def prune() -> None:
    prune_old(now=datetime.now(UTC))


@shared_task(name="webhooks.tasks.sandboxes")
def sandboxes() -> None:
    remove_expired(now=datetime.now(UTC))


@shared_task(name="webhooks.tasks.fold")
def fold() -> None:
    fold_tallies(now=datetime.now(UTC))


@shared_task(name="webhooks.tasks.notices")
def notices() -> None:
    give_notices(now=datetime.now(UTC))
