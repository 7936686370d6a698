"""What Celery runs."""

from celery import shared_task

from webhooks.services.deliver import deliver_due


@shared_task(name="webhooks.tasks.deliver")
def deliver() -> None:
    deliver_due()
