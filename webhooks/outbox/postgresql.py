"""The outbox on PostgreSQL: rows are won with SKIP LOCKED, a batch is settled by one statement."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from events.models import Event
from webhooks.models import Delivery
from webhooks.outbox.rows import delivery_row, event_row, row

if TYPE_CHECKING:
    from webhooks.outbox import Settlement

_WIN = """
UPDATE webhooks_due AS due
SET claim_token = %(token)s, due_at = %(lease_end)s
FROM (
    SELECT pick.delivery_id
    FROM unnest(%(endpoints)s::bigint[], %(rooms)s::bigint[]) AS visit(endpoint_id, room)
    CROSS JOIN LATERAL (
        SELECT delivery_id FROM webhooks_due
        WHERE endpoint_id = visit.endpoint_id AND due_at <= %(now)s
        ORDER BY due_at LIMIT visit.room FOR UPDATE SKIP LOCKED
    ) AS pick
    LIMIT %(limit)s
) AS won
WHERE due.delivery_id = won.delivery_id
RETURNING due.delivery_id
"""

_SETTLE = """
WITH settled AS (
    SELECT * FROM json_to_recordset(%s::json) AS settled (
        delivery_id bigint, claim_token text, status text, due_at timestamptz, finished_at timestamptz, number integer,
        reason text, status_code smallint, started_at timestamptz, duration_ms float, dns_ms float, connect_ms float,
        tls_ms float, first_byte_ms float, address text, request_headers jsonb, detail text, response_headers jsonb,
        response_body text, response_truncated boolean
    )
), done AS (
    DELETE FROM webhooks_due AS due USING settled
    WHERE due.delivery_id = settled.delivery_id AND due.claim_token = settled.claim_token AND settled.due_at IS NULL
    RETURNING due.delivery_id
), again AS (
    UPDATE webhooks_due AS due SET due_at = settled.due_at, claim_token = '' FROM settled
    WHERE due.delivery_id = settled.delivery_id AND due.claim_token = settled.claim_token AND settled.due_at IS NOT NULL
    RETURNING due.delivery_id
), ours AS (
    SELECT settled.* FROM settled
    WHERE delivery_id IN (SELECT delivery_id FROM done UNION ALL SELECT delivery_id FROM again)
), moved AS (
    UPDATE webhooks_delivery AS delivery
    SET status = ours.status, finished_at = ours.finished_at, attempt_count = ours.number, reason = ours.reason,
        status_code = ours.status_code
    FROM ours WHERE delivery.id = ours.delivery_id
)
INSERT INTO webhooks_attempt
    (delivery_id, number, started_at, duration_ms, dns_ms, connect_ms, tls_ms, first_byte_ms, address, request_headers,
     reason, detail, status_code, response_headers, response_body, response_truncated)
SELECT delivery_id, number, started_at, duration_ms, dns_ms, connect_ms, tls_ms, first_byte_ms, address,
       request_headers, reason, detail, status_code, response_headers, decode(response_body, 'base64'),
       response_truncated
FROM ours
"""


_NEW_IDS = """
SELECT ARRAY(SELECT nextval(pg_get_serial_sequence('events_event', 'id')) FROM generate_series(1, %s)),
       ARRAY(SELECT nextval(pg_get_serial_sequence('webhooks_delivery', 'id')) FROM generate_series(1, %s))
"""

_STORE = """
WITH event AS (
    INSERT INTO events_event (id, account_id, topic, is_test, occurred_at, created_at, body, not_reached)
    SELECT * FROM json_to_recordset(%s::json) AS event (
        id bigint, account_id bigint, topic text, is_test boolean, occurred_at timestamptz, created_at timestamptz,
        body text, not_reached jsonb
    )
), fresh AS (
    SELECT * FROM json_to_recordset(%s::json) AS fresh (
        id bigint, account_id bigint, event_id bigint, endpoint_id bigint, topic text, is_test boolean,
        idempotency_key text, created_at timestamptz, redelivery_of_id bigint
    )
), delivery AS (
    INSERT INTO webhooks_delivery
        (id, account_id, event_id, endpoint_id, topic, is_test, idempotency_key, created_at, redelivery_of_id, status,
         reason, attempt_count, series_start)
    SELECT id, account_id, event_id, endpoint_id, topic, is_test, idempotency_key, created_at, redelivery_of_id,
           'pending', '', 0, 0
    FROM fresh
)
INSERT INTO webhooks_due (delivery_id, endpoint_id, due_at, claim_token)
SELECT id, endpoint_id, %s, '' FROM fresh
"""


class Backend:
    """What differs from SQLite."""

    def win(
        self, rooms: Sequence[tuple[int, int]], limit: int, token: str, now: datetime, lease_end: datetime
    ) -> list[int]:
        """Claim up to `limit` due deliveries, from each endpoint no more than its room; their ids."""
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
            return [delivery_id for (delivery_id,) in cursor.fetchall()]

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

    def store(self, events: Sequence[Event], deliveries: Sequence[Delivery], due_at: datetime) -> None:
        """Insert events, deliveries and their places in the queue, and give the objects their ids."""
        with connection.cursor() as cursor:
            cursor.execute(_NEW_IDS, [len(events), len(deliveries)])
            event_ids, delivery_ids = cursor.fetchone()
            for entry, new_id in zip([*events, *deliveries], event_ids + delivery_ids, strict=True):
                entry.pk = new_id
            rows = ([event_row(event) for event in events], [delivery_row(delivery) for delivery in deliveries])
            cursor.execute(_STORE, [*(json.dumps(part, default=_plain) for part in rows), due_at])

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
