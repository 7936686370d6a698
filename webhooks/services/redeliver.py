"""Redelivers a finished delivery."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from webhooks import outbox
from webhooks.engine.lifecycle import DONE, Status
from webhooks.errors import DeliveryInProgress, EndpointNotRunning
from webhooks.models import Delivery, Endpoint
from webhooks.services.endpoints import check_zone
from webhooks.services.publish import new_delivery
from webhooks.wake_worker import wake_after_commit

REOPENED: dict[str, Any] = {
    "status": Status.PENDING,
    "reason": "",
    "status_code": None,
    "finished_at": None,
    "series_start": F("attempt_count"),
}
"""The columns of a delivery that begins a new series of attempts."""


@transaction.atomic
def redeliver(*, delivery: Delivery, new_key: bool = False, now: datetime) -> Delivery:
    """Send the same bytes in a new series of attempts: under the same key, or as a new delivery under a new key.

    Returns the pending delivery. Raises EndpointNotRunning, ZoneNotLicensed, or DeliveryInProgress for a pending
    delivery without `new_key`.
    """
    check_redelivery(delivery=delivery, now=now)
    again = _copy(delivery, now) if new_key else _reopen(delivery, now)
    wake_after_commit()
    return again


def check_redelivery(*, delivery: Delivery, now: datetime) -> None:
    """Raise EndpointNotRunning or ZoneNotLicensed if it cannot be redelivered, under the same key or a new one."""
    endpoint = delivery.endpoint
    _check_endpoint(endpoint, delivery)
    check_zone(account=endpoint.account, topic=delivery.topic, now=now)


def _check_endpoint(endpoint: Endpoint, delivery: Delivery) -> None:
    if endpoint.status == Endpoint.Status.DELETED:
        raise EndpointNotRunning(
            _("The endpoint %(name)s is deleted; nothing can be sent to it any more.") % {"name": endpoint.name}
        )
    if endpoint.status == Endpoint.Status.PAUSED and not delivery.is_test:
        raise EndpointNotRunning(_("The endpoint %(name)s is paused. Resume it first.") % {"name": endpoint.name})


def _reopen(delivery: Delivery, now: datetime) -> Delivery:
    reopened = Delivery.objects.filter(pk=delivery.pk, status__in=DONE).update(**REOPENED)
    if not reopened:
        raise DeliveryInProgress(_("The delivery is still being sent. Wait until it is done, or ask for a new key."))
    outbox.requeue([delivery], due_at=now)
    return Delivery.objects.get(pk=delivery.pk)


def _copy(delivery: Delivery, now: datetime) -> Delivery:
    copy = new_delivery(event=delivery.event, endpoint_id=delivery.endpoint_id, now=now)
    copy.redelivery_of = delivery
    outbox.store(deliveries=[copy], due_at=now)
    return copy
