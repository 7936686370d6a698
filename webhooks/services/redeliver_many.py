"""Redelivers many finished deliveries in one transaction, and counts by reason those that cannot be redelivered."""

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
"""Deliveries in one transaction, at most."""


class Obstacle(StrEnum):
    """Why a delivery cannot be redelivered."""

    IN_PROGRESS = "in_progress"
    ENDPOINT_PAUSED = "endpoint_paused"
    ENDPOINT_DELETED = "endpoint_deleted"
    ZONE_NOT_LICENSED = "zone_not_licensed"


class Candidate(NamedTuple):
    """The columns of a delivery that decide whether it can be redelivered."""

    id: int
    status: str
    endpoint_id: int
    topic: str
    is_test: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """The state of an account that decides what can be redelivered: endpoint statuses by id, and licensed zones."""

    endpoints: dict[int, str]
    zones: set[int]

    def obstacle(self, delivery: Candidate) -> Obstacle | None:
        """Why it cannot be redelivered under any key. A pending one still can be, under a new key."""
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
    """How many deliveries were redelivered, and how many were not, by obstacle."""

    count: int
    obstacles: Counter[Obstacle]


def rules(*, account: Account, now: datetime) -> Rules:
    endpoints = Endpoint.of_any_kind.filter(account=account).values_list("id", "status")
    return Rules(dict(endpoints), licensed_zones(account_id=account.pk, now=now))


@transaction.atomic
def redeliver_many(
    *, account: Account, delivery_ids: Collection[int], new_key: bool, asked_at: datetime, now: datetime
) -> Redelivered:
    """Redeliver these, at most `AT_ONCE` of them.

    Deliveries that had not ended at `asked_at`, or were redelivered since then, are left out, so a repeated request
    sends nothing twice.
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
    """Lock the deliveries' events: retention cannot remove them, and concurrent redeliveries wait."""
    wanted = Delivery.objects.filter(account=account, pk__in=delivery_ids).values_list("event_id", flat=True)
    events = Event.objects.select_for_update(no_key=True).filter(pk__in=set(wanted)).order_by("pk")
    return {event.pk: event for event in events.defer("body", "not_reached")}


def _done(rows: QuerySet[Delivery], asked_at: datetime) -> set[int]:
    """Lock those that had ended by `asked_at` and return their ids. Pending ones are not locked: a worker owns them."""
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
