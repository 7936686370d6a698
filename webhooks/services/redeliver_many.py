"""Send many finished deliveries once more: so many in one transaction, and those that cannot be, with the reason."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Account
from accounts.services import licensed_zones
from events.models import Event
from maac_contract.contract import TOPICS
from webhooks import outbox
from webhooks.engine.lifecycle import DONE
from webhooks.models import Delivery, Endpoint
from webhooks.services.publish import new_delivery
from webhooks.services.redeliver import REOPENED
from webhooks.wake_worker import wake_after_commit

AT_ONCE = 500
"""Deliveries in one transaction at most."""


class Obstacle(StrEnum):
    """Why a delivery cannot be sent again."""

    IN_PROGRESS = "in_progress"
    ENDPOINT_PAUSED = "endpoint_paused"
    ENDPOINT_DELETED = "endpoint_deleted"
    ZONE_NOT_LICENSED = "zone_not_licensed"


class Candidate(NamedTuple):
    """What the rules ask of a delivery."""

    id: int
    status: str
    endpoint_id: int
    topic: str
    is_test: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """What stands against sending again, for one account at one moment."""

    endpoints: dict[int, str]
    zones: set[int]

    def obstacle(self, delivery: Candidate) -> Obstacle | None:
        """What no way gets around. What is still being sent can be sent under a new key all the same."""
        status = self.endpoints.get(delivery.endpoint_id, Endpoint.Status.DELETED)
        if status == Endpoint.Status.DELETED:
            return Obstacle.ENDPOINT_DELETED
        if status == Endpoint.Status.PAUSED and not delivery.is_test:
            return Obstacle.ENDPOINT_PAUSED
        if delivery.topic in TOPICS and TOPICS[delivery.topic].zone not in self.zones:
            return Obstacle.ZONE_NOT_LICENSED
        return None


@dataclass(frozen=True, slots=True)
class Redelivered:
    """How many are sent again, and how many are not, by what stands against it."""

    count: int
    obstacles: Counter[Obstacle]


def rules(*, account: Account, now: datetime) -> Rules:
    endpoints = Endpoint.objects.filter(account=account).values_list("id", "status")
    return Rules(dict(endpoints), licensed_zones(account_id=account.pk, now=now))


@transaction.atomic
def redeliver_many(
    *, account: Account, delivery_ids: Collection[int], new_key: bool, asked_at: datetime, now: datetime
) -> Redelivered:
    """Send these again, at most `AT_ONCE` of them.

    What was not done when it was asked for stays out, and so does what was sent again since: asking twice for the same
    sends once.
    """
    events = _locked_events(account, delivery_ids)
    rows = Delivery.objects.filter(account=account, pk__in=delivery_ids, event__in=events).order_by("pk")
    held = rules(account=account, now=now)
    free = _not_copied(rows, asked_at) if new_key else _done(rows, asked_at)
    chosen: list[int] = []
    obstacles: Counter[Obstacle] = Counter()
    for row in rows.values_list(*Candidate._fields):
        delivery = Candidate(*row)
        obstacle = held.obstacle(delivery) or (None if delivery.id in free else Obstacle.IN_PROGRESS)
        if obstacle:
            obstacles[obstacle] += 1
        else:
            chosen.append(delivery.id)
    if chosen:
        again = Delivery.objects.filter(pk__in=chosen).order_by("pk")
        _copy(again, events, now) if new_key else _reopen(again, now)
        wake_after_commit()
    return Redelivered(len(chosen), obstacles)


def _locked_events(account: Account, delivery_ids: Collection[int]) -> dict[int, Event]:
    """The deliveries' events. Nothing of them is forgotten meanwhile, and nobody else sends them again."""
    wanted = Delivery.objects.filter(account=account, pk__in=delivery_ids).values_list("event_id", flat=True)
    events = Event.objects.select_for_update(no_key=True).filter(pk__in=set(wanted)).order_by("pk")
    return {event.pk: event for event in events.defer("body", "not_reached")}


def _done(rows: QuerySet[Delivery], asked_at: datetime) -> set[int]:
    """Locks those that were done by then. One that is still being sent is the worker's: it is not waited for."""
    done = rows.select_for_update(no_key=True).filter(status__in=DONE, finished_at__lt=asked_at)
    return set(done.values_list("pk", flat=True))


def _not_copied(rows: QuerySet[Delivery], asked_at: datetime) -> set[int]:
    ids = set(rows.values_list("pk", flat=True))
    copies = Delivery.objects.filter(redelivery_of__in=ids, created_at__gte=asked_at)
    return ids - {pk for pk in copies.values_list("redelivery_of", flat=True) if pk is not None}


def _reopen(rows: QuerySet[Delivery], now: datetime) -> None:
    outbox.requeue(list(rows.only("pk", "endpoint_id")), due_at=now)
    rows.order_by().update(**REOPENED)


def _copy(rows: QuerySet[Delivery], events: dict[int, Event], now: datetime) -> None:
    copies = []
    for delivery in rows:
        copy = new_delivery(event=events[delivery.event_id], endpoint_id=delivery.endpoint_id, now=now)
        copy.redelivery_of = delivery
        copies.append(copy)
    outbox.store(deliveries=copies, due_at=now)
