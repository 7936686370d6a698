"""The outbox on PostgreSQL: rows are won with SKIP LOCKED, a batch is settled by one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from webhooks.outbox.rows import Row, row

if TYPE_CHECKING:
    from webhooks.outbox import Settlement

_WIN = """
UPDATE webhooks_delivery AS delivery
SET status = 'sending', claim_token = %(token)s, due_at = %(lease_end)s
FROM (
    SELECT pick.id
    FROM unnest(%(endpoints)s::bigint[], %(rooms)s::bigint[]) AS visit(endpoint_id, room)
    CROSS JOIN LATERAL (
        SELECT id FROM webhooks_delivery
        WHERE endpoint_id = visit.endpoint_id AND due_at <= %(now)s
        ORDER BY due_at LIMIT visit.room FOR UPDATE SKIP LOCKED
    ) AS pick
    LIMIT %(limit)s
) AS won
WHERE delivery.id = won.id
RETURNING delivery.id, delivery.event_id, delivery.endpoint_id, delivery.account_id, delivery.topic, delivery.is_test,
          delivery.idempotency_key, delivery.attempt_count, delivery.series_start
"""

_TYPES = (
    "bigint", "text", "text", "timestamptz", "timestamptz", "integer", "text", "smallint",
    "timestamptz", "double precision", "double precision", "double precision", "double precision", "double precision",
    "text", "text", "text", "text", "bytea", "boolean",
)  # fmt: skip
"""Of the fields of Row, in their order."""

_SETTLE = f"""
WITH settled({", ".join(Row._fields)}) AS (
    SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in _TYPES)})
), moved AS (
    UPDATE webhooks_delivery AS delivery
    SET status = settled.status, due_at = settled.due_at, finished_at = settled.finished_at, claim_token = '',
        attempt_count = settled.number, reason = settled.reason, status_code = settled.status_code
    FROM settled
    WHERE delivery.id = settled.delivery_id AND delivery.claim_token = settled.claim_token
    RETURNING delivery.id
)
INSERT INTO webhooks_attempt
    (delivery_id, number, started_at, duration_ms, dns_ms, connect_ms, tls_ms, first_byte_ms, address, request_headers,
     reason, detail, status_code, response_headers, response_body, response_truncated)
SELECT delivery_id, number, started_at, duration_ms, dns_ms, connect_ms, tls_ms, first_byte_ms, address,
       request_headers::jsonb, reason, detail, status_code, response_headers::jsonb, response_body, response_truncated
FROM settled JOIN moved ON moved.id = settled.delivery_id
"""  # noqa: S608 - nothing but our own column names goes into it


class Backend:
    """What differs from SQLite."""

    def win(
        self, rooms: Sequence[tuple[int, int]], limit: int, token: str, now: datetime, lease_end: datetime
    ) -> list[tuple[Any, ...]]:
        """Claim up to `limit` due rows, from each endpoint no more than its room."""
        endpoints, free = zip(*rooms, strict=True)
        values: dict[str, Any] = {
            "endpoints": list(endpoints),
            "rooms": list(free),
            "limit": limit,
            "token": token,
            "now": now,
            "lease_end": lease_end,
        }
        with connection.cursor() as cursor:
            cursor.execute(_WIN, values)
            won: list[tuple[Any, ...]] = cursor.fetchall()
            return won

    def settle(self, settlements: Sequence["Settlement"]) -> int:
        """Move the deliveries and store their attempts; how many moved."""
        columns = zip(*map(row, settlements), strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, [list(column) for column in columns])
            return int(cursor.rowcount)

    def read_time(self, value: datetime) -> datetime:
        """A time as a raw query gives it."""
        return value
