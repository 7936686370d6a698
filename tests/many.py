"""A long history without the wait: events, deliveries, attempts and stats made inside the database.

fill(account, endpoint, deliveries=1_000_000, now=NOW)

They are spread evenly over a time until `now`, in the order of their ids. Of a hundred, three fail after four attempts
and one is skipped. Every body is a sample of its type with a timestamp of its own.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Model

from accounts.models import Account
from events.models import Event
from maac_contract import contract
from maac_contract.samples import sample
from webhooks.log.statistics import MINUTES_LAST
from webhooks.models import DURATION_BOUNDS_MS, Delivery, Endpoint

WEEK = timedelta(days=7)
STAMP = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands in the bodies until each gets its own timestamp."""

_FRESH = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %(count)s),
kinds(place, topic, body) AS (VALUES {kinds}),
fresh AS (
    SELECT n, topic, body, {moment} AS at, CASE
        WHEN n %% 100 IN (17, 50, 83) THEN 'failed' WHEN n %% 100 = 60 THEN 'skipped' ELSE 'delivered' END AS status
    FROM numbers JOIN kinds ON place = n %% {kind_count}
)
"""
_EVENTS = """
INSERT INTO events_event (id, account_id, topic, is_test, occurred_at, created_at, body, not_reached)
{fresh}
SELECT %(event)s + n, %(account)s, topic, %(is_test)s, at, at, replace(body, %(stamp)s, {stamp}), '[]' FROM fresh
"""
_DELIVERIES = """
INSERT INTO webhooks_delivery (id, account_id, event_id, endpoint_id, topic, is_test, idempotency_key, status, reason,
    status_code, attempt_count, series_start, created_at, finished_at)
{fresh}
SELECT %(delivery)s + n, %(account)s, %(event)s + n, %(endpoint)s, topic, %(is_test)s, {key}, status,
    CASE status WHEN 'failed' THEN 'ERROR_STATUS_CODE' WHEN 'skipped' THEN 'endpoint_paused' ELSE 'OK' END,
    CASE status WHEN 'failed' THEN 503 WHEN 'delivered' THEN 200 END,
    CASE status WHEN 'failed' THEN 4 WHEN 'delivered' THEN 1 ELSE 0 END, 0, at, at
FROM fresh
"""
_ATTEMPTS = """
INSERT INTO webhooks_attempt (delivery_id, number, started_at, duration_ms, first_byte_ms, address, request_headers,
    reason, detail, status_code, response_headers, response_body, response_truncated)
WITH tries(number) AS (VALUES (1), (2), (3), (4))
SELECT id, number, created_at, {took}, {took}, '127.0.0.1:9000',
    '[["Content-Type", "application/json; charset=utf-8"]]', reason, '', status_code, '[]', {nothing}, %(no)s
FROM webhooks_delivery JOIN tries ON number <= attempt_count WHERE id > %(delivery)s
"""
_TALLIES = """
INSERT INTO webhooks_deliverystats
    (account_id, endpoint_id, topic, is_test, minute, grain, delivered, failed, skipped, retried, duration_counts)
WITH counted AS (
    SELECT delivery.*, duration_ms, coalesce(number, 0) < attempt_count AS is_retried,
        CASE WHEN created_at < %(minutes_from)s THEN {hour} ELSE {minute} END AS span,
        CASE WHEN created_at < %(minutes_from)s THEN 2 ELSE 1 END AS grain
    FROM webhooks_delivery AS delivery LEFT JOIN webhooks_attempt AS attempt ON delivery_id = delivery.id
    WHERE delivery.id > %(delivery)s
)
SELECT account_id, endpoint_id, topic, is_test, span, grain, {outcomes}, sum(CASE WHEN is_retried THEN 1 ELSE 0 END),
    {durations}
FROM counted GROUP BY account_id, endpoint_id, topic, is_test, span, grain
"""

_POSTGRESQL = {
    "moment": "%(start)s::timestamptz + n * %(step)s * interval '1 second'",
    "stamp": """to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')""",
    "key": "md5(random()::text || n)",
    "nothing": "''::bytea",
    "hour": "date_trunc('hour', created_at)",
    "minute": "date_trunc('minute', created_at)",
    "json": "jsonb",
}
_SQLITE = {
    "moment": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', julianday(%(start)s) + n * %(step)s / 86400.0)",
    "stamp": "replace(at, ' ', 'T') || '+00:00'",
    "key": "lower(hex(randomblob(16)))",
    "nothing": "x''",
    "hour": "strftime('%%Y-%%m-%%d %%H:00:00', created_at)",
    "minute": "strftime('%%Y-%%m-%%d %%H:%%M:00', created_at)",
    "json": "text",
}


@transaction.atomic
def fill(
    account: Account,
    endpoint: Endpoint,
    *,
    deliveries: int,
    now: datetime,
    over: timedelta = WEEK,
    is_test: bool = False,
) -> None:
    """Add so many deliveries of the endpoint's event types, the last of them at `now`."""
    topics = endpoint.event_types
    values = {
        "account": account.pk,
        "endpoint": endpoint.pk,
        "is_test": is_test,
        "count": deliveries,
        "event": _last_id(Event),
        "delivery": _last_id(Delivery),
        "start": now - over,
        "step": over.total_seconds() / deliveries,
        "stamp": contract.format_timestamp(STAMP, UTC),
        "no": False,
        "minutes_from": (now - MINUTES_LAST).replace(minute=0, second=0, microsecond=0),
        **{f"topic_{place}": topic for place, topic in enumerate(topics)},
        **{f"body_{place}": _body(topic) for place, topic in enumerate(topics)},
    }
    for statement in _statements(len(topics)):
        _run(statement, values)
    if connection.vendor == "postgresql":
        _go_on_counting(Event, Delivery)


def refresh_plans() -> None:
    """What the database does by itself after a while: look at how much there is now."""
    with connection.cursor() as cursor:
        can_vacuum = connection.vendor == "postgresql" and not connection.in_atomic_block
        cursor.execute("VACUUM ANALYZE" if can_vacuum else "ANALYZE")


def _statements(topics: int) -> list[str]:
    parts = _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE
    kinds = ", ".join(f"({place}, %(topic_{place})s, %(body_{place})s)" for place in range(topics))
    fresh = _FRESH.format(kinds=kinds, kind_count=topics, **parts)
    took = "(3 + (id * 7919 + number) %% 400 / 4.0) * CASE WHEN id %% 50 = 0 THEN 20 ELSE 1 END"
    outcomes = ", ".join(
        f"sum(CASE WHEN status = '{status}' AND NOT is_retried THEN 1 ELSE 0 END)"
        for status in ("delivered", "failed", "skipped")
    )
    listed = " || ',' || ".join(_classes())
    durations = f"CAST('[' || {listed} || ']' AS {parts['json']})"
    more = {"fresh": fresh, "took": took, "outcomes": outcomes, "durations": durations, **parts}
    return [each.format(**more) for each in (_EVENTS, _DELIVERIES, _ATTEMPTS, _TALLIES)]


def _classes() -> list[str]:
    """How many attempts took so long at most, but longer than the bound before."""
    bounds = [-1, *DURATION_BOUNDS_MS, 10**9]
    return [
        f"sum(CASE WHEN duration_ms > {low} AND duration_ms <= {high} THEN 1 ELSE 0 END)"
        for low, high in pairwise(bounds)
    ]


def _body(topic: str) -> str:
    stamp = contract.format_timestamp(STAMP, UTC)
    return contract.serialise(timestamp=stamp, topic=topic, data=sample(topic, seed=1))


def _last_id(model: type[Model]) -> int:
    last: int | None = model._default_manager.aggregate(last=Max("pk"))["last"]
    return last or 0


def _run(statement: str, values: dict[str, Any]) -> None:
    as_stored = connection.ops.adapt_datetimefield_value
    stored = {name: as_stored(each) if isinstance(each, datetime) else each for name, each in values.items()}
    with connection.cursor() as cursor:
        cursor.execute(statement, stored)


def _go_on_counting(*models: type[Model]) -> None:
    for model in models:
        table = model._meta.db_table
        _run(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))", {})
