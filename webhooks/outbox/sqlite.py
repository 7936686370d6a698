"""The outbox on SQLite: IMMEDIATE transactions let in one writer at a time; a statement is a call in process."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from webhooks.outbox.rows import Row, row

if TYPE_CHECKING:
    from webhooks.outbox import Settlement

_WIN = """
UPDATE webhooks_delivery SET status = 'sending', claim_token = %s, due_at = %s
WHERE id IN (SELECT id FROM webhooks_delivery WHERE endpoint_id = %s AND due_at <= %s ORDER BY due_at LIMIT %s)
RETURNING id, event_id, endpoint_id, account_id, topic, is_test, idempotency_key, attempt_count, series_start
"""
_MOVE = """
UPDATE webhooks_delivery
SET status = %s, due_at = %s, finished_at = %s, claim_token = '', attempt_count = %s, reason = %s, status_code = %s
WHERE id = %s AND claim_token = %s
"""
_STORE = """
INSERT INTO webhooks_attempt
    (delivery_id, number, started_at, duration_ms, dns_ms, connect_ms, tls_ms, first_byte_ms, address, request_headers,
     reason, detail, status_code, response_headers, response_body, response_truncated)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


class Backend:
    """What differs from PostgreSQL."""

    def win(
        self, rooms: Sequence[tuple[int, int]], limit: int, token: str, now: datetime, lease_end: datetime
    ) -> list[tuple[Any, ...]]:
        """Claim up to `limit` due rows, from each endpoint no more than its room."""
        won: list[tuple[Any, ...]] = []
        with connection.cursor() as cursor:
            for endpoint_id, room in rooms:
                free = min(room, limit - len(won))
                if free <= 0:
                    break
                cursor.execute(_WIN, [token, _time(lease_end), endpoint_id, _time(now), free])
                won += cursor.fetchall()
        return won

    def settle(self, settlements: Sequence["Settlement"]) -> int:
        """Move the deliveries and store their attempts; how many moved."""
        with connection.cursor() as cursor:
            return sum(self._settle(cursor, row(settlement)) for settlement in settlements)

    def read_time(self, value: str) -> datetime:
        """A time as a raw query gives it."""
        return datetime.fromisoformat(value).replace(tzinfo=UTC)

    def _settle(self, cursor: Any, r: Row) -> int:
        cursor.execute(
            _MOVE,
            [
                r.status,
                _time(r.due_at),
                _time(r.finished_at),
                r.number,
                r.reason,
                r.status_code,
                r.delivery_id,
                r.claim_token,
            ],
        )
        if not cursor.rowcount:
            return 0
        attempt = (
            r.delivery_id, r.number, _time(r.started_at), r.duration_ms, r.dns_ms, r.connect_ms, r.tls_ms,
            r.first_byte_ms, r.address, json.dumps(r.request_headers), r.reason, r.detail, r.status_code,
            json.dumps(r.response_headers),
            r.response_body, r.response_truncated,
        )  # fmt: skip
        cursor.execute(_STORE, attempt)
        return 1


def _time(value: datetime | None) -> str | None:
    adapted: str | None = connection.ops.adapt_datetimefield_value(value)
    return adapted
