"""Accept events: serialise each once, and leave a delivery for every endpoint that is to hear of it."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Account
from accounts.services import licensed_zones
from events import contract
from events.models import Event
from events.samples import sample
from webhooks import metrics, outbox
from webhooks.engine.lifecycle import SkipReason
from webhooks.errors import InvalidPayload, UnknownEventType
from webhooks.models import Delivery, Endpoint
from webhooks.nudge import nudge_after_commit

NOT_SUBSCRIBED = "not_subscribed"

_EXPLAINED = {
    SkipReason.ENDPOINT_PAUSED: "The endpoint is paused. Resume it to receive events.",
    SkipReason.ZONE_NOT_LICENSED: "The event's zone has no valid licence. Ask customer support to license it.",
    NOT_SUBSCRIBED: "The endpoint is not subscribed to this event type. Add it to the endpoint's event types.",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """Something to announce. Without `data` a sample is made, from `seed` if there is one.

    With `merge` the given `data` is laid over the sample. Without a `timestamp` it happens now.
    """

    topic: str
    data: Mapping[str, Any] | None = None
    seed: int | str | None = None
    timestamp: datetime | None = None
    merge: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is valid and serialised, not yet stored."""

    topic: str
    occurred_at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class Published:
    """An accepted event and the deliveries it caused."""

    event: Event
    deliveries: list[Delivery]


def publish(
    *, account: Account, happenings: Sequence[Happening], now: datetime, is_batch: bool = False
) -> list[Published]:
    """Accept all of the happenings, or none when one of them is not valid. Faults of a batch name the place in it."""
    prefixes = [f"[{place}]." if is_batch else "" for place in range(len(happenings))]
    drafts = [
        draft(account=account, happening=happening, now=now, prefix=prefix)
        for happening, prefix in zip(happenings, prefixes, strict=True)
    ]
    with transaction.atomic():
        return _store(account, drafts, now)


def draft(*, account: Account, happening: Happening, now: datetime, prefix: str = "") -> Draft:
    """Check and serialise one happening; `prefix` stands before the paths of its faults."""
    topic = happening.topic
    if topic not in contract.TOPICS:
        message = f"{topic} is not an event type. Known are {', '.join(contract.TOPICS)}."
        raise UnknownEventType(message, {f"{prefix}topic": ["unknown event type"]})
    occurred_at = happening.timestamp or now
    data, faults = contract.check(topic, _data(happening, account, occurred_at))
    if faults:
        fields: dict[str, list[str]] = {}
        for fault in faults:
            fields.setdefault(prefix + fault.path, []).append(fault.reason)
        first = f"{prefix}{faults[0].path}: {faults[0].reason}"
        raise InvalidPayload(f"The data is not what MAAC sends for {topic}. {first}", fields)
    timestamp = contract.format_timestamp(occurred_at, account.zone_info)
    return Draft(topic, occurred_at, contract.serialise(timestamp=timestamp, topic=topic, data=data))


def _data(happening: Happening, account: Account, occurred_at: datetime) -> Any:
    if happening.data is not None and not happening.merge:
        return happening.data
    seed = secrets.randbits(32) if happening.seed is None else happening.seed
    # A seed alone gives the same bytes whenever it is asked, so the clock must not reach the sample.
    has_moment = happening.seed is None or happening.timestamp is not None
    moment = occurred_at.astimezone(account.zone_info) if has_moment else None
    made = sample(happening.topic, seed=seed, moment=moment)
    return made if happening.data is None else contract.overlay(made, dict(happening.data))


def _store(account: Account, drafts: Sequence[Draft], now: datetime) -> list[Published]:
    endpoints = list(account.endpoints.exclude(status=Endpoint.Status.DELETED).order_by("id"))
    zones = licensed_zones(account_id=account.pk, now=now)
    events = [_event(account, entry, endpoints, zones, now) for entry in drafts]
    published = [Published(event, _deliveries(event, endpoints, now)) for event in events]
    deliveries = [delivery for entry in published for delivery in entry.deliveries]
    outbox.store(events=events, deliveries=deliveries, due_at=now)
    if deliveries:
        nudge_after_commit()
    metrics.count_accepted_after_commit(event.topic for event in events)
    return published


def _event(account: Account, entry: Draft, endpoints: Iterable[Endpoint], zones: set[int], now: datetime) -> Event:
    reasons = [(endpoint, _why_not(endpoint, entry.topic, zones)) for endpoint in endpoints]
    return Event(
        account=account,
        topic=entry.topic,
        occurred_at=entry.occurred_at,
        created_at=now,
        body=entry.body,
        not_reached=[
            {"endpoint": endpoint.pk, "name": endpoint.name, "reason": str(reason), "detail": _EXPLAINED[reason]}
            for endpoint, reason in reasons
            if reason
        ],
    )


def _why_not(endpoint: Endpoint, topic: str, zones: set[int]) -> str | None:
    """Why the endpoint will not hear of an event, or None."""
    if topic not in endpoint.event_types:
        return NOT_SUBSCRIBED
    if contract.TOPICS[topic].zone not in zones:
        return SkipReason.ZONE_NOT_LICENSED
    if endpoint.status == Endpoint.Status.PAUSED:
        return SkipReason.ENDPOINT_PAUSED
    return None


def _deliveries(event: Event, endpoints: Sequence[Endpoint], now: datetime) -> list[Delivery]:
    missed = {row["endpoint"] for row in event.not_reached}
    reached = [endpoint for endpoint in endpoints if endpoint.pk not in missed]
    return [new_delivery(event=event, endpoint=endpoint, now=now) for endpoint in reached]


def new_delivery(*, event: Event, endpoint: Endpoint, now: datetime) -> Delivery:
    """A pending delivery, not yet stored."""
    return Delivery(
        account_id=event.account_id,
        event=event,
        endpoint=endpoint,
        topic=event.topic,
        is_test=event.is_test,
        created_at=now,
    )
