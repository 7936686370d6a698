"""The outbox on SQLite: IMMEDIATE transactions admit one writer at a time, so claims need no row locks.

Statements go to the driver directly: Django's cursor costs several times as much as SQLite itself.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError, connection, transaction

from events.models import Event
from webhooks.models import Delivery
from webhooks.outbox.delivery_stats import Counts
from webhooks.outbox.rows import ClaimedRow, Row, delivery_rows, event_row

_DUE_ENDPOINTS = """
WITH RECURSIVE visit(endpoint_id) AS (
    SELECT min(endpoint_id) FROM webhooks_queueentry WHERE endpoint_id > ?
    UNION ALL
    SELECT (SELECT min(endpoint_id) FROM webhooks_queueentry WHERE endpoint_id > visit.endpoint_id)
    FROM visit WHERE visit.endpoint_id IS NOT NULL
)
SELECT endpoint_id, (SELECT min(due_at) FROM webhooks_queueentry WHERE endpoint_id = visit.endpoint_id)
FROM visit WHERE endpoint_id IS NOT NULL LIMIT ?
"""
_CLAIM = """
UPDATE webhooks_queueentry SET claim_token = ?, due_at = ?, claims = claims + 1
WHERE delivery_id IN (
    SELECT delivery_id FROM webhooks_queueentry WHERE endpoint_id = ? AND due_at <= ? ORDER BY due_at LIMIT ?
)
RETURNING delivery_id
"""
_CLAIM_ONE = """
UPDATE webhooks_queueentry SET claim_token = ?, due_at = ?, claims = claims + 1 WHERE delivery_id = ? AND due_at <= ?
RETURNING delivery_id
"""
_READ = """
SELECT delivery.id, delivery.event_id, delivery.endpoint_id, delivery.account_id, delivery.topic, delivery.is_test,
       delivery.idempotency_key, delivery.attempt_count, delivery.series_start, delivery.created_at, event.body,
       event.retry_waits, entry.claims
FROM webhooks_delivery AS delivery JOIN events_event AS event ON event.id = delivery.event_id
JOIN webhooks_queueentry AS entry ON entry.delivery_id = delivery.id
WHERE delivery.id IN (SELECT value FROM json_each(?)) ORDER BY delivery.id
"""
_HELD = "SELECT 1 FROM webhooks_queueentry WHERE delivery_id = ? AND claim_token = ?"
_DONE = "DELETE FROM webhooks_queueentry WHERE delivery_id = ?"
_AGAIN = "UPDATE webhooks_queueentry SET due_at = ?, claim_token = '', claims = 0 WHERE delivery_id = ?"
_MOVE = """
UPDATE webhooks_delivery SET status = ?, finished_at = ?, attempt_count = ?, reason = ?, status_code = ? WHERE id = ?
"""
_STORE_ATTEMPT = """
INSERT INTO webhooks_attempt
    (delivery_id, number, started_at, duration_ms, dns_ms, connect_ms, tls_ms, first_byte_ms, address, request_headers,
     reason, detail, status_code, response_headers, response_body, response_truncated, fault, request_body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_STORE_STATS = """
INSERT INTO webhooks_deliverystats
    (account_id, endpoint_id, topic, is_test, minute, grain, delivered, failed, skipped, retried, duration_counts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_STORE_EVENT = """
INSERT INTO events_event (account_id, topic, is_test, occurred_at, created_at, body, not_reached, retry_waits)
VALUES (:account_id, :topic, :is_test, :occurred_at, :created_at, :body, :not_reached, :retry_waits)
"""
_STORE_DELIVERY = """
INSERT INTO webhooks_delivery
    (account_id, event_id, endpoint_id, topic, is_test, idempotency_key, created_at, redelivery_of_id, status, reason,
     attempt_count, series_start)
VALUES (:account_id, :known_event_id, :endpoint_id, :topic, :is_test, :idempotency_key, :created_at, :redelivery_of_id,
        'pending', '', 0, 0)
"""
_STORE_ENTRY = (
    "INSERT INTO webhooks_queueentry (delivery_id, endpoint_id, due_at, claim_token, claims) VALUES (?, ?, ?, '', 0)"
)


def is_undecodable(error: OperationalError) -> bool:
    """Whether the error is about text that is not UTF-8: Python raises it, and so it has no error code of SQLite."""
    cause = error.__cause__
    return isinstance(cause, sqlite3.OperationalError) and not hasattr(cause, "sqlite_errorcode")


class Backend:
    """The statements of the outbox for SQLite."""

    def due_endpoints(self, after: int, limit: int) -> list[tuple[int, datetime]]:
        """Up to `limit` endpoints with queued deliveries and ids above `after`, each with its earliest due time."""
        connection.ensure_connection()
        with connection.wrap_database_errors:
            rows = _driver().execute(_DUE_ENDPOINTS, [after, limit]).fetchall()
        return [(endpoint_id, _read_time(due_at)) for endpoint_id, due_at in rows if due_at is not None]

    def claim(
        self, quotas: Sequence[tuple[int, int]], limit: int, token: str, now: datetime, lease_end: datetime
    ) -> list[ClaimedRow]:
        """Claim up to `limit` due deliveries, from each endpoint at most its quota: pairs of endpoint id and quota."""
        claimed: list[int] = []
        with connection.wrap_database_errors:
            for endpoint_id, quota in quotas:
                free = min(quota, limit - len(claimed))
                taken = _driver().execute(_CLAIM, [token, _time(lease_end), endpoint_id, _time(now), free])
                claimed += [delivery_id for (delivery_id,) in taken.fetchall()]
            return _read(claimed)

    def claim_one(self, delivery_id: int, token: str, now: datetime, lease_end: datetime) -> list[ClaimedRow]:
        """Claim this delivery; empty if it is not due, because another worker has claimed it."""
        with connection.wrap_database_errors:
            taken = _driver().execute(_CLAIM_ONE, [token, _time(lease_end), delivery_id, _time(now)])
            return _read([claimed_id for (claimed_id,) in taken.fetchall()])

    def move(self, rows: Sequence[Row]) -> set[tuple[int, str]]:
        """Move the deliveries whose claims are still valid; return these claims."""
        with connection.wrap_database_errors:
            driver = _driver()
            held = [r for r in rows if driver.execute(_HELD, r.claim).fetchone()]
            driver.executemany(_DONE, [(r.delivery_id,) for r in held if r.due_at is None])
            driver.executemany(_AGAIN, [(_time(r.due_at), r.delivery_id) for r in held if r.due_at is not None])
            driver.executemany(_MOVE, map(_move, held))
        return {r.claim for r in held}

    def store_attempts(self, rows: Sequence[Row]) -> None:
        with connection.wrap_database_errors:
            _driver().executemany(_STORE_ATTEMPT, map(_attempt, rows))

    def store_stats(self, stats: Iterable[Counts]) -> None:
        with connection.wrap_database_errors:
            _driver().executemany(_STORE_STATS, [(*map(_plain, each),) for each in stats])

    def store(self, events: Sequence[Event], deliveries: Sequence[Delivery], due_at: datetime) -> None:
        """Insert events, deliveries and queue entries, and set the objects' ids."""
        with transaction.atomic(), connection.wrap_database_errors:
            for event in events:
                event.pk = _insert(_STORE_EVENT, event_row(event))
            for delivery, columns in zip(deliveries, delivery_rows((), deliveries), strict=True):
                delivery.pk = _insert(_STORE_DELIVERY, columns)
            due = _time(due_at)
            _driver().executemany(_STORE_ENTRY, [(entry.pk, entry.endpoint_id, due) for entry in deliveries])


def _driver() -> sqlite3.Connection:
    connection.ensure_connection()
    driver: sqlite3.Connection = connection.connection
    return driver


def _insert(statement: str, values: dict[str, Any]) -> int:
    cursor = _driver().execute(statement, {name: _plain(value) for name, value in values.items()})
    return int(cursor.lastrowid or 0)


def _read(delivery_ids: list[int]) -> list[ClaimedRow]:
    return [_claimed_row(*row) for row in _driver().execute(_READ, [json.dumps(delivery_ids)])]


def _claimed_row(*values: Any) -> ClaimedRow:
    *front, created_at, body, retry_waits, claims = values
    return ClaimedRow._make((*front, created_at.replace(tzinfo=UTC).timestamp(), body, retry_waits, claims))


def _move(r: Row) -> tuple[Any, ...]:
    return (r.status, _time(r.finished_at), r.number, r.reason, r.status_code, r.delivery_id)


def _attempt(r: Row) -> tuple[Any, ...]:
    return (
        r.delivery_id, r.number, _time(r.started_at), r.duration_ms, r.dns_ms, r.connect_ms, r.tls_ms, r.first_byte_ms,
        r.address, json.dumps(r.request_headers), r.reason, r.detail, r.status_code, json.dumps(r.response_headers),
        r.response_body, r.response_truncated, r.fault, r.request_body,
    )  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _time(value)
    return json.dumps(value) if isinstance(value, list) else value


def _read_time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _time(value: datetime | None) -> str | None:
    """The time in the text format that Django uses in SQLite: UTC without an offset."""
    return None if value is None else str(value.astimezone(UTC).replace(tzinfo=None))
