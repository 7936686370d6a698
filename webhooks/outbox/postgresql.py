"""The outbox on PostgreSQL: claims use SKIP LOCKED, one statement settles a batch, COPY stores the attempts."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, LiteralString

from django.db import connection
from psycopg import Cursor

from accounts import statements
from events.models import Event
from webhooks.engine.job import Headers
from webhooks.models import Delivery
from webhooks.outbox.delivery_stats import Counts
from webhooks.outbox.rows import ClaimedRow, Row, delivery_rows, event_row

_DUE_ENDPOINTS = """
WITH RECURSIVE visit AS (
    (SELECT endpoint_id, due_at FROM webhooks_queueentry WHERE endpoint_id > %s ORDER BY endpoint_id, due_at LIMIT 1)
    UNION ALL
    SELECT next.endpoint_id, next.due_at
    FROM visit CROSS JOIN LATERAL (
        SELECT endpoint_id, due_at FROM webhooks_queueentry
        WHERE endpoint_id > visit.endpoint_id ORDER BY endpoint_id, due_at LIMIT 1
    ) AS next
)
SELECT endpoint_id, due_at FROM visit LIMIT %s
"""

# Stale planner statistics say the queue is empty and cause sequential scans of it inside a nested loop. LATERAL and
# the array of ctids force one index look-up per endpoint, and updates by row address, whatever the statistics say.
_LEASE: LiteralString = """
WITH entry AS (
    UPDATE webhooks_queueentry AS entry
    SET claim_token = %(token)s, due_at = %(lease_end)s, claims = entry.claims + 1
"""
_READ: LiteralString = """
    RETURNING entry.delivery_id, entry.claims
)
SELECT delivery.id, delivery.event_id, delivery.endpoint_id, delivery.account_id, delivery.topic, delivery.is_test,
       delivery.idempotency_key, delivery.attempt_count, delivery.series_start,
       extract(epoch FROM delivery.created_at)::float8, event.body, event.retry_waits::text, entry.claims
FROM entry JOIN webhooks_delivery AS delivery ON delivery.id = entry.delivery_id
JOIN events_event AS event ON event.id = delivery.event_id
ORDER BY delivery.id
"""
_OF_MANY: LiteralString = """
    WHERE entry.ctid = ANY (ARRAY (
        SELECT pick.ctid
        FROM unnest(%(endpoints)s::bigint[], %(quotas)s::bigint[]) AS visit(endpoint_id, quota)
        CROSS JOIN LATERAL (
            SELECT ctid FROM webhooks_queueentry
            WHERE endpoint_id = visit.endpoint_id AND due_at <= %(now)s
            ORDER BY due_at LIMIT visit.quota FOR UPDATE SKIP LOCKED
        ) AS pick
        LIMIT %(limit)s
    ))
"""
_OF_ONE: LiteralString = """
    WHERE entry.delivery_id = %(delivery_id)s AND entry.due_at <= %(now)s
"""
_CLAIM = _LEASE + _OF_MANY + _READ
_CLAIM_ONE = _LEASE + _OF_ONE + _READ

_MOVE = """
WITH settled AS (
    SELECT settled.*, entry.ctid AS place
    FROM unnest(
        %s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::integer[], %s::text[],
        %s::smallint[]
    ) AS settled (delivery_id, claim_token, status, due_at, finished_at, number, reason, status_code)
    CROSS JOIN LATERAL (
        SELECT ctid FROM webhooks_queueentry
        WHERE delivery_id = settled.delivery_id AND claim_token = settled.claim_token OFFSET 0
    ) AS entry
), done AS (
    DELETE FROM webhooks_queueentry AS entry USING settled
    WHERE entry.ctid = settled.place AND entry.claim_token = settled.claim_token AND settled.due_at IS NULL
    RETURNING settled.*
), again AS (
    UPDATE webhooks_queueentry AS entry SET due_at = settled.due_at, claim_token = '', claims = 0 FROM settled
    WHERE entry.ctid = settled.place AND entry.claim_token = settled.claim_token AND settled.due_at IS NOT NULL
    RETURNING settled.*
)
UPDATE webhooks_delivery AS delivery
SET status = ours.status, finished_at = ours.finished_at, attempt_count = ours.number, reason = ours.reason,
    status_code = ours.status_code
FROM (SELECT * FROM done UNION ALL SELECT * FROM again) AS ours
WHERE delivery.id = ours.delivery_id
RETURNING delivery.id, ours.claim_token
"""
_MOVING = 8
"""How many of Row's columns `_MOVE` takes."""

_COPY_ATTEMPTS: LiteralString = """
COPY webhooks_attempt
    (delivery_id, number, started_at, duration_ms, dns_ms, connect_ms, tls_ms, first_byte_ms, address, request_headers,
     reason, detail, status_code, response_headers, response_body, response_truncated, fault, request_body)
FROM STDIN
"""
_COPY_STATS: LiteralString = """
COPY webhooks_deliverystats
    (account_id, endpoint_id, topic, is_test, minute, grain, delivered, failed, skipped, retried, duration_counts)
FROM STDIN
"""

_STORE = """
WITH event AS (
    SELECT nextval((SELECT pg_get_serial_sequence('events_event', 'id')::regclass)) AS id, event.*
    FROM ROWS FROM (json_to_recordset(%s::json) AS (
        account_id bigint, topic text, is_test boolean, occurred_at timestamptz, created_at timestamptz, body text,
        not_reached jsonb, retry_waits jsonb
    )) WITH ORDINALITY AS event (
        account_id, topic, is_test, occurred_at, created_at, body, not_reached, retry_waits, place
    )
), fresh AS (
    SELECT nextval((SELECT pg_get_serial_sequence('webhooks_delivery', 'id')::regclass)) AS id, fresh.*
    FROM ROWS FROM (json_to_recordset(%s::json) AS (
        event_place bigint, known_event_id bigint, account_id bigint, endpoint_id bigint, topic text, is_test boolean,
        idempotency_key text, created_at timestamptz, redelivery_of_id bigint
    )) WITH ORDINALITY AS fresh (
        event_place, known_event_id, account_id, endpoint_id, topic, is_test, idempotency_key, created_at,
        redelivery_of_id, place
    )
), delivery AS (
    SELECT fresh.*, coalesce(fresh.known_event_id, event.id) AS event_id
    FROM fresh LEFT JOIN event ON event.place = fresh.event_place
), event_stored AS (
    INSERT INTO events_event (id, account_id, topic, is_test, occurred_at, created_at, body, not_reached, retry_waits)
    SELECT id, account_id, topic, is_test, occurred_at, created_at, body, not_reached, retry_waits FROM event
), delivery_stored AS (
    INSERT INTO webhooks_delivery
        (id, account_id, event_id, endpoint_id, topic, is_test, idempotency_key, created_at, redelivery_of_id, status,
         reason, attempt_count, series_start)
    SELECT id, account_id, event_id, endpoint_id, topic, is_test, idempotency_key, created_at, redelivery_of_id,
           'pending', '', 0, 0
    FROM delivery
), entry_stored AS (
    INSERT INTO webhooks_queueentry (delivery_id, endpoint_id, due_at, claim_token, claims)
    SELECT id, endpoint_id, %s, '', 0 FROM delivery
)
SELECT ARRAY(SELECT id FROM event ORDER BY place), ARRAY(SELECT id FROM delivery ORDER BY place)
"""


class Backend:
    """The statements of the outbox for PostgreSQL."""

    def due_endpoints(self, after: int, limit: int) -> list[tuple[int, datetime]]:
        """Up to `limit` endpoints with queued deliveries and ids above `after`, each with its earliest due time."""
        return [(endpoint_id, due_at) for endpoint_id, due_at in _run(_DUE_ENDPOINTS, [after, limit])]

    def claim(
        self, quotas: Sequence[tuple[int, int]], limit: int, token: str, now: datetime, lease_end: datetime
    ) -> list[ClaimedRow]:
        """Claim up to `limit` due deliveries, from each endpoint at most its quota: pairs of endpoint id and quota."""
        endpoints, limits = zip(*quotas, strict=True)
        values = {
            "endpoints": _array(endpoints),
            "quotas": _array(limits),
            "limit": limit,
            "token": token,
            "now": now,
            "lease_end": lease_end,
        }
        return [ClaimedRow._make(row) for row in _run(_CLAIM, values)]

    def claim_one(self, delivery_id: int, token: str, now: datetime, lease_end: datetime) -> list[ClaimedRow]:
        """Claim this delivery; empty if it is not due, because another worker has claimed it."""
        values = {"delivery_id": delivery_id, "token": token, "now": now, "lease_end": lease_end}
        return [ClaimedRow._make(row) for row in _run(_CLAIM_ONE, values)]

    def move(self, rows: Sequence[Row]) -> set[tuple[int, str]]:
        """Move the deliveries whose claims are still valid; return these claims."""
        columns = zip(*[row[:_MOVING] for row in rows], strict=True)
        return {(delivery_id, token) for delivery_id, token in _run(_MOVE, [*map(_array, columns)])}

    def store_attempts(self, rows: Sequence[Row]) -> None:
        _copy(_COPY_ATTEMPTS, map(_attempt, rows))

    def store_stats(self, stats: Iterable[Counts]) -> None:
        _copy(_COPY_STATS, ((*each[:-1], json.dumps(each.durations)) for each in stats))

    def store(self, events: Sequence[Event], deliveries: Sequence[Delivery], due_at: datetime) -> None:
        """Insert events, deliveries and queue entries, and set the objects' ids."""
        rows = ([event_row(event) for event in events], delivery_rows(events, deliveries))
        values = [*(json.dumps(part, default=_plain) for part in rows), due_at]
        ((event_ids, delivery_ids),) = statements.run(_STORE, values)
        for entry, new_id in zip([*events, *deliveries], event_ids + delivery_ids, strict=True):
            entry.pk = new_id


def _run(statement: LiteralString, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows that a statement returns, transferred in PostgreSQL's binary format.

    Not prepared: a plan that was cached while the queue was empty would scan a long queue.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        return cursor.execute(statement, values, prepare=False, binary=True).fetchall()


def _copy(statement: LiteralString, rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows by COPY, which costs client and server less than half of any other way."""
    with connection.wrap_database_errors, Cursor(connection.connection).copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _array(values: Iterable[Any]) -> str:
    """A PostgreSQL array literal of numbers, times, or words without spaces; adapting a list takes ten times longer."""
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _attempt(row: Row) -> tuple[Any, ...]:
    return (
        row.delivery_id, row.number, row.started_at.isoformat(), row.duration_ms, row.dns_ms, row.connect_ms,
        row.tls_ms, row.first_byte_ms, row.address, _headers(row.request_headers), row.reason, _text(row.detail),
        row.status_code, _known_headers(row.response_headers), row.response_body, row.response_truncated,
        row.fault, row.request_body,
    )  # fmt: skip


def _headers(headers: Headers) -> str:
    text = json.dumps(headers)
    return json.dumps([[*map(_text, pair)] for pair in headers]) if "\\u0000" in text else text


_known_headers = lru_cache(maxsize=64)(_headers)
"""Cached: a receiver's responses within a second mostly have equal headers."""


def _text(text: str) -> str:
    """The text without NUL characters, which PostgreSQL cannot store."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _plain(value: datetime) -> str:
    return value.isoformat()
