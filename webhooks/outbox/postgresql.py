"""The outbox on PostgreSQL: rows are won with SKIP LOCKED, a batch is settled by one statement."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from webhooks.outbox.rows import row

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

_SETTLE = """
WITH settled AS (
    SELECT * FROM json_to_recordset(%s::json) AS settled (
        delivery_id bigint, claim_token text, status text, due_at timestamptz, finished_at timestamptz, number integer,
        reason text, status_code smallint, started_at timestamptz, duration_ms float, dns_ms float, connect_ms float,
        tls_ms float, first_byte_ms float, address text, request_headers jsonb, detail text, response_headers jsonb,
        response_body text, response_truncated boolean
    )
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
       request_headers, reason, detail, status_code, response_headers, decode(response_body, 'base64'),
       response_truncated
FROM settled JOIN moved ON moved.id = settled.delivery_id
"""


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
        rows = [row(settlement)._asdict() for settlement in settlements]
        # One JSON text costs a tenth of twenty arrays.
        text = json.dumps(rows, default=_plain)
        if "\\u0000" in text:
            text = json.dumps(_without_nul(rows), default=_plain)
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, [text])
            return int(cursor.rowcount)

    def read_time(self, value: datetime) -> datetime:
        """A time as a raw query gives it."""
        return value


def _without_nul(value: Any) -> Any:
    """PostgreSQL stores no NUL in text."""
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, list | tuple):
        return [_without_nul(entry) for entry in value]
    return {name: _without_nul(entry) for name, entry in value.items()} if isinstance(value, dict) else value


def _plain(value: datetime | bytes) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.isoformat()
