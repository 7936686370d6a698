"""The rows that both databases exchange with the outbox: new events and deliveries, claimed rows, settlements."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import InterfaceError, OperationalError

from events.models import Event
from webhooks.engine.fault_injection import bytes_sent
from webhooks.engine.job import Answered, Headers, Job, Outcome
from webhooks.engine.lifecycle import Verdict
from webhooks.models import Delivery

OUTAGES = (OperationalError, InterfaceError)
"""Exceptions of a database that is not available; others are caused by the statement or its values."""


class Settlement(NamedTuple):
    """One finished attempt: the job, its outcome, the verdict on its delivery, and the end time."""

    job: Job
    outcome: Outcome
    verdict: Verdict
    finished_at: datetime


class ClaimedRow(NamedTuple):
    """What a claim reads of a delivery. `created_at` is in seconds since 1970."""

    id: int
    event_id: int
    endpoint_id: int
    account_id: int
    topic: str
    is_test: bool
    idempotency_key: str
    attempt_count: int
    series_start: int
    created_at: float
    body: str
    retry_waits: str | None
    """As JSON."""
    claims: int = 1
    """Claims since it was last settled, this one included."""


class Row(NamedTuple):
    """A settlement as columns: first those of the delivery (without `due_at` it is done), then those of the attempt."""

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
    fault: str
    request_body: bytes | None

    @property
    def claim(self) -> tuple[int, str]:
        return self[:2]


def row(settlement: Settlement) -> Row:
    job, outcome, verdict, finished_at = settlement
    wait = verdict.retry_in
    total, dns, connect, tls, first_byte = outcome.timings
    return Row(
        job.delivery_id,
        job.claim_token,
        verdict.status.value,
        None if wait is None else finished_at + timedelta(seconds=wait),
        finished_at if wait is None else None,
        job.number,
        verdict.reason.value,
        outcome.status_code if isinstance(outcome, Answered) else None,
        datetime.fromtimestamp(outcome.started_at, UTC),
        total,
        dns,
        connect,
        tls,
        first_byte,
        outcome.address,
        outcome.request_headers,
        verdict.detail,
        outcome.headers,
        outcome.body,
        outcome.truncated,
        job.fault.kind.value if job.fault else "",
        bytes_sent(job) if job.fault else None,
    )


def event_row(event: Event) -> dict[str, Any]:
    """A new event's columns."""
    return {
        "account_id": event.account_id,
        "topic": event.topic,
        "is_test": event.is_test,
        "occurred_at": event.occurred_at,
        "created_at": event.created_at,
        "body": event.body,
        "not_reached": event.not_reached,
        "retry_waits": event.retry_waits,
    }


def delivery_rows(events: Sequence[Event], deliveries: Iterable[Delivery]) -> list[dict[str, Any]]:
    """New deliveries' columns. A new event has no id yet: `event_place` is its position in `events`, from 1."""
    places = {id(event): place for place, event in enumerate(events, 1)}
    return [
        {
            "event_place": places.get(id(delivery.event)),
            "known_event_id": delivery.event.pk,
            "account_id": delivery.account_id,
            "endpoint_id": delivery.endpoint_id,
            "topic": delivery.topic,
            "is_test": delivery.is_test,
            "idempotency_key": delivery.idempotency_key,
            "created_at": delivery.created_at,
            "redelivery_of_id": delivery.redelivery_of_id,
        }
        for delivery in deliveries
    ]
