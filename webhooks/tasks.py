"""The Celery tasks of webhooks."""

from datetime import UTC, datetime

from celery import shared_task

from webhooks.services.checks import AT_ONCE, run_waiting
from webhooks.services.deliver import deliver_due
from webhooks.services.delivery_stats import roll_up as roll_up_stats
from webhooks.services.notices import give_notices
from webhooks.services.retention import prune as prune_old
from webhooks.services.sandboxes import remove_expired


# One task is the delivery run; a second one only wakes it and returns.
@shared_task(name="webhooks.tasks.deliver", at_once=2)  # type: ignore[call-overload, untyped-decorator]
def deliver() -> None:
    deliver_due()


@shared_task(name="webhooks.tasks.check", at_once=AT_ONCE)  # type: ignore[call-overload, untyped-decorator]
def check() -> None:
    run_waiting()


@shared_task(name="webhooks.tasks.prune")
def prune() -> None:
    prune_old(now=datetime.now(UTC))


@shared_task(name="webhooks.tasks.sandboxes")
def sandboxes() -> None:
    remove_expired(now=datetime.now(UTC))


@shared_task(name="webhooks.tasks.roll_up")
def roll_up() -> None:
    roll_up_stats(now=datetime.now(UTC))


@shared_task(name="webhooks.tasks.notices")
def notices() -> None:
    give_notices(now=datetime.now(UTC))
