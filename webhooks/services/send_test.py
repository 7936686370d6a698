"""Sends a test event to one endpoint: the console's *Send test*."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Event
from webhooks import metrics, outbox
from webhooks.errors import EndpointNotRunning
from webhooks.models import Delivery, Endpoint
from webhooks.services.endpoints import check_zone
from webhooks.services.publish import EventRequest, new_delivery, serialise_event
from webhooks.wake_worker import wake_after_commit


def send_test(
    *,
    endpoint: Endpoint,
    event_type: str,
    data: Mapping[str, Any] | None = None,
    seed: int | str | None = None,
    retry_waits: Sequence[float] | None = None,
    now: datetime,
) -> Delivery:
    """Store a test event with a delivery to this endpoint, running or paused, and return the delivery.

    Chosen: any licensed event type, subscribed or not; it is retried only with `retry_waits` of its own. Raises
    EndpointNotRunning for a deleted endpoint, ZoneNotLicensed, UnknownEventType, InvalidPayload or InvalidInput.
    """
    account = endpoint.account
    event_request = EventRequest(event_type, data, seed, retry_waits=retry_waits)
    entry = serialise_event(account=account, event_request=event_request, now=now)
    check_zone(account=account, topic=event_type, now=now)
    if endpoint.status == Endpoint.Status.DELETED:
        raise EndpointNotRunning(_("The endpoint is deleted."))
    with transaction.atomic():
        event = Event(
            account=account,
            topic=entry.topic,
            is_test=True,
            occurred_at=entry.occurred_at,
            created_at=now,
            body=entry.body,
            retry_waits=entry.retry_waits,
        )
        delivery = new_delivery(event=event, endpoint_id=endpoint.pk, now=now)
        outbox.store(events=[event], deliveries=[delivery], due_at=now)
        wake_after_commit()
        metrics.count_accepted_after_commit([entry.topic])
    return delivery
