"""Every read that the doors need."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch, QuerySet

from accounts.models import Account
from events.models import Event
from webhooks.engine.lifecycle import OPEN
from webhooks.models import Attempt, Delivery, Endpoint, Worker

WORKER_IS_LATE_AFTER = timedelta(seconds=10)
LOOK_AGAIN = (0.005, 0.01, 0.02, 0.05)
"""Seconds between looks at a delivery that somebody waits for; the last one repeats."""


def endpoints(*, account: Account) -> QuerySet[Endpoint]:
    return Endpoint.objects.filter(account=account).exclude(status=Endpoint.Status.DELETED).order_by("-id")


def running_endpoints(*, account: Account) -> int:
    return account.endpoints.filter(status=Endpoint.Status.RUNNING).count()


def deliveries(*, account: Account) -> QuerySet[Delivery]:
    return Delivery.objects.filter(account=account).select_related("event", "endpoint").order_by("-id")


def deliveries_with_attempts(*, account: Account) -> QuerySet[Delivery]:
    attempts = Prefetch("attempts", Attempt.objects.order_by("number"))
    return deliveries(account=account).prefetch_related(attempts)


def events(*, account: Account) -> QuerySet[Event]:
    in_order = Prefetch("deliveries", Delivery.objects.order_by("id"))
    return Event.objects.filter(account=account).prefetch_related(in_order).order_by("-id")


def wait_for_event(
    *,
    event_id: int,
    timeout: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Wait until every delivery of the event is done, at most `timeout` seconds; whether they are."""
    deadline = clock() + timeout
    looks = 0
    while Delivery.objects.filter(event_id=event_id, status__in=OPEN).exists():
        left = deadline - clock()
        if left <= 0:
            return False
        sleep(min(left, LOOK_AGAIN[min(looks, len(LOOK_AGAIN) - 1)]))
        looks += 1
    return True


@dataclass(frozen=True, slots=True)
class Health:
    """A part that the simulator needs: whether it serves, and a sentence about it."""

    is_good: bool
    detail: str


def worker_health(*, now: datetime) -> Health:
    seen = Worker.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    if seen is None:
        return Health(False, "No worker has been heard from yet. Start one with: maac-sim worker")
    age = now - seen
    heard = f"heard {max(0.0, age.total_seconds()):.1f} s ago"
    return Health(age <= WORKER_IS_LATE_AFTER, heard)
