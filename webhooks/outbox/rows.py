"""Events, deliveries and settlements as the columns that both databases store."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from events.models import Event
from webhooks.engine.job import Answered, Headers
from webhooks.engine.lifecycle import Move
from webhooks.models import Delivery

if TYPE_CHECKING:
    from webhooks.outbox import Settlement


class Row(NamedTuple):
    """First what moves the delivery, then what the attempt keeps. Without `due_at` the delivery is done."""

    delivery_id: int
    claim_token: str
    status: str
    due_at: datetime | None
    finished_at: datetime | None
    number: int
    reason: str
    status_code: int | None
    started_at: datetime
    duration_ms: float
    dns_ms: float | None
    connect_ms: float | None
    tls_ms: float | None
    first_byte_ms: float | None
    address: str
    request_headers: Headers
    detail: str
    response_headers: Headers
    response_body: bytes
    response_truncated: bool


def row(settlement: "Settlement") -> Row:
    job, outcome, verdict, finished_at = settlement
    is_retry = verdict.move is Move.RETRY
    wait = timedelta(seconds=verdict.retry_in or 0.0)
    timings = outcome.timings
    return Row(
        delivery_id=job.delivery_id,
        claim_token=job.claim_token,
        status=verdict.status.value,
        due_at=finished_at + wait if is_retry else None,
        finished_at=None if is_retry else finished_at,
        number=job.number,
        reason=verdict.reason.value,
        status_code=outcome.status_code if isinstance(outcome, Answered) else None,
        started_at=datetime.fromtimestamp(outcome.started_at, UTC),
        duration_ms=timings.total,
        dns_ms=timings.dns,
        connect_ms=timings.connect,
        tls_ms=timings.tls,
        first_byte_ms=timings.first_byte,
        address=outcome.address,
        request_headers=outcome.request_headers,
        detail=verdict.detail,
        response_headers=outcome.headers,
        response_body=outcome.body,
        response_truncated=outcome.truncated,
    )


def event_row(event: Event) -> dict[str, Any]:
    """An event's columns, its id first."""
    return {
        "id": event.pk,
        "account_id": event.account_id,
        "topic": event.topic,
        "is_test": event.is_test,
        "occurred_at": event.occurred_at,
        "created_at": event.created_at,
        "body": event.body,
        "not_reached": event.not_reached,
    }


def delivery_row(delivery: Delivery) -> dict[str, Any]:
    """A new delivery's columns, its id first; its event must have an id already."""
    return {
        "id": delivery.pk,
        "account_id": delivery.account_id,
        "event_id": delivery.event.pk,
        "endpoint_id": delivery.endpoint_id,
        "topic": delivery.topic,
        "is_test": delivery.is_test,
        "idempotency_key": delivery.idempotency_key,
        "created_at": delivery.created_at,
        "redelivery_of_id": delivery.redelivery_of_id,
    }
