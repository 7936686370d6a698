"""Accepts events: serialises each once, and stores it with a delivery for every endpoint that is to get it."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models.base import ModelState
from django.utils.translation import gettext as _

from accounts.models import Account
from events.models import Event
from maac_contract import contract
from maac_contract.samples import sample
from webhooks import metrics, outbox
from webhooks.engine.lifecycle import Status
from webhooks.errors import InvalidPayload, UnknownEventType
from webhooks.models import Delivery, new_idempotency_key
from webhooks.retry_waits import checked_waits
from webhooks.services.subscribers import Subscribers, subscribers_of
from webhooks.wake_worker import wake_after_commit

Row = TypeVar("Row", Event, Delivery)


@dataclass(frozen=True, slots=True)
class EventRequest:
    """An event to publish. Without `data` a sample payload is generated, from `seed` if there is one.

    With `merge` the given `data` is merged into the sample. `timestamp` defaults to now. `retry_waits` (seconds before
    each retry) override those of the endpoints.
    """

    topic: str
    data: Mapping[str, Any] | None = None
    seed: int | str | None = None
    timestamp: datetime | None = None
    merge: bool = False
    retry_waits: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class SerialisedEvent:
    """A validated event with its serialised body, not yet stored."""

    topic: str
    occurred_at: datetime
    body: str
    retry_waits: list[float] | None


@dataclass(frozen=True, slots=True)
class Published:
    """An accepted event and the deliveries it caused."""

    event: Event
    deliveries: list[Delivery]


def publish(
    *,
    account: Account,
    event_requests: Sequence[EventRequest],
    now: datetime,
    is_batch: bool = False,
    subscribers: Subscribers | None = None,
) -> list[Published]:
    """Accept all of the events, or none if one is invalid. In a batch, the paths of errors begin with `[index]`.

    `subscribers` saves a query for a caller that has just read them. Raises UnknownEventType, InvalidPayload or
    InvalidInput.
    """
    published = make_events(
        event_requests=event_requests,
        subscribers=subscribers or subscribers_of(account, now),
        is_batch=is_batch,
        now=now,
    )
    store_published(published)
    return published


def make_events(
    *, event_requests: Sequence[EventRequest], subscribers: Subscribers, now: datetime, is_batch: bool = False
) -> list[Published]:
    """The events with their deliveries, not yet stored. Raises as `publish` does."""
    account = subscribers.account
    prefixes = [f"[{place}]." if is_batch else "" for place in range(len(event_requests))]
    serialised_events = [
        serialise_event(account=account, event_request=event_request, now=now, prefix=prefix)
        for event_request, prefix in zip(event_requests, prefixes, strict=True)
    ]
    missing = {topic: subscribers.missing(topic) for topic in {entry.topic for entry in serialised_events}}
    return [_published(subscribers, entry, missing[entry.topic], now) for entry in serialised_events]


def store_published(published: Sequence[Published]) -> None:
    """Store new events and their deliveries by one statement. All are due at the earliest acceptance time."""
    events = [entry.event for entry in published]
    deliveries = [delivery for entry in published for delivery in entry.deliveries]
    outbox.store(events=events, deliveries=deliveries, due_at=min(event.created_at for event in events))
    if deliveries:
        wake_after_commit()
    metrics.count_accepted_after_commit(event.topic for event in events)


def serialise_event(
    *, account: Account, event_request: EventRequest, now: datetime, prefix: str = ""
) -> SerialisedEvent:
    """Validate the requested event and serialise its body. `prefix` is put before the paths in errors."""
    topic = event_request.topic
    if topic not in contract.TOPICS:
        message = _("%(unknown)s is not an event type. Known are %(known)s.")
        names = {"unknown": topic, "known": ", ".join(contract.TOPICS)}
        raise UnknownEventType(message % names, {f"{prefix}topic": ["unknown event type"]})
    occurred_at = event_request.timestamp or now
    data, faults = contract.check(topic, _data(event_request, account, occurred_at))
    if faults:
        fields: dict[str, list[str]] = {}
        for fault in faults:
            fields.setdefault(prefix + fault.path, []).append(fault.reason)
        first = f"{prefix}{faults[0].path}: {faults[0].reason}"
        raise InvalidPayload(f"The data is not what MAAC sends for {topic}. {first}", fields)
    timestamp = contract.format_timestamp(occurred_at, account.zone_info)
    body = contract.serialise(timestamp=timestamp, topic=topic, data=data)
    return SerialisedEvent(topic, occurred_at, body, checked_waits(event_request.retry_waits))


def _data(event_request: EventRequest, account: Account, occurred_at: datetime) -> Any:
    if event_request.data is not None and not event_request.merge:
        return event_request.data
    seed = secrets.randbits(32) if event_request.seed is None else event_request.seed
    # With a seed and no timestamp the sample must be the same at any time, so it is not given the current time.
    has_time = event_request.seed is None or event_request.timestamp is not None
    moment = occurred_at.astimezone(account.zone_info) if has_time else None
    made = sample(event_request.topic, seed=seed, moment=moment)
    return made if event_request.data is None else contract.overlay(made, dict(event_request.data))


def _published(
    subscribers: Subscribers, entry: SerialisedEvent, missing: list[dict[str, Any]], now: datetime
) -> Published:
    columns = {
        "id": None,
        "account_id": subscribers.account.pk,
        "topic": entry.topic,
        "is_test": False,
        "occurred_at": entry.occurred_at,
        "created_at": now,
        "body": entry.body,
        "not_reached": missing,
        "retry_waits": entry.retry_waits,
    }
    event = _new_row(Event, columns)
    without = {row["endpoint"] for row in missing}
    reached = [subscriber.id for subscriber in subscribers.endpoints if subscriber.id not in without]
    return Published(event, [new_delivery(event=event, endpoint_id=endpoint_id, now=now) for endpoint_id in reached])


def new_delivery(*, event: Event, endpoint_id: int, now: datetime) -> Delivery:
    """A pending delivery, not yet stored."""
    columns = {
        "id": None,
        "account_id": event.account_id,
        "event_id": event.pk,
        "endpoint_id": endpoint_id,
        "topic": event.topic,
        "is_test": event.is_test,
        "idempotency_key": new_idempotency_key(),
        "status": Status.PENDING,
        "reason": "",
        "status_code": None,
        "attempt_count": 0,
        "series_start": 0,
        "created_at": now,
        "finished_at": None,
        "redelivery_of_id": None,
    }
    return _new_row(Delivery, columns, event=event)


def _new_row(model: type[Row], columns: dict[str, Any], **related: Event) -> Row:
    """A model instance with all its columns, made without `Model.__init__`, which takes five times as long."""
    row = model.__new__(model)
    row._state = ModelState()
    row._state.fields_cache.update(related)
    row.__dict__.update(columns)
    return row
