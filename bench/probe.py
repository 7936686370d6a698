"""Times a claim in the database that the environment names, as due rows and endpoints grow. Prints JSON.

Each claim runs in a transaction that is rolled back, so that the next one finds the same rows. Beside it stands the
plain way: the oldest due deliveries by the ORM, locked, with their events and endpoints.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 - models exist once Django is set up
from django.db.models import Model  # noqa: E402
from django.db.models.base import ModelState  # noqa: E402

from accounts.models import Account  # noqa: E402
from bench.preload import make_due, make_endpoints  # noqa: E402
from events.models import Event  # noqa: E402
from webhooks import outbox  # noqa: E402
from webhooks.engine.concurrency_limiter import Room  # noqa: E402
from webhooks.models import Delivery, Endpoint, QueueEntry  # noqa: E402

ROOM = Room(total=192, each=64, busy={})
"""The capacity that a worker requests while it is busy with three endpoints."""
TIMES = 31
PLAIN_TIMES = 5
FEW, MANY = 3, 10_000
ROWS_WITH_MANY = 10
"""QueueEntry rows of each of the many endpoints."""
LEASE = timedelta(seconds=15)
EVENTS = 1000


def fill(account: Account, endpoints: list[int], rows: int, now: datetime) -> None:
    """Leave exactly so many deliveries due, spread evenly over the endpoints and the last hour, of few events."""
    event = Event.objects.earliest("id")
    given = {"id": "n", "event_id": f"{event.pk} + n % {EVENTS}", "idempotency_key": "md5(n::text)"}
    given["endpoint_id"] = endpoint = f"(%s::bigint[])[1 + n % {len(endpoints)}]"
    new = Delivery(account=account, topic=event.topic, created_at=now)
    fixed = {column: getattr(new, column) for column in _columns(Delivery) if column not in given}
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE webhooks_queueentry, webhooks_delivery CASCADE")
        _insert(cursor, Delivery, given, fixed, rows, [endpoints])
        when = {"delivery_id": "n", "endpoint_id": endpoint, "due_at": f"now() - n * interval '1 hour' / {rows}"}
        _insert(cursor, QueueEntry, when, {"claim_token": ""}, rows, [endpoints])
        cursor.execute("VACUUM ANALYZE webhooks_delivery, webhooks_queueentry")


def _insert(
    cursor: Any, model: type[Model], given: dict[str, str], fixed: dict[str, Any], rows: int, arguments: list[Any]
) -> None:
    """Rows made of expressions over `n`, and of fixed values."""
    values = [expression.replace("%", "%%").replace("%%s", "%s") for expression in given.values()]
    cursor.execute(
        f"INSERT INTO {model._meta.db_table} ({', '.join([*given, *fixed])})"  # noqa: S608 - our own names and numbers
        f" SELECT {', '.join([*values, *['%s'] * len(fixed)])} FROM generate_series(1, {rows}) AS n",
        [*arguments, *fixed.values()],
    )


def _columns(model: type[Model]) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields]


def copy_endpoints(account: Account, first: Endpoint, count: int) -> list[int]:
    """Make it so many endpoints, all like the first; their ids."""
    copies = [copy(first) for _ in range(1, count)]
    for each in copies:
        each.pk = None
        each._state = ModelState()
    Endpoint.objects.bulk_create(copies)
    return list(account.endpoints.order_by("id").values_list("pk", flat=True))


def claim_all_around() -> Callable[[datetime], int]:
    """A claim that goes on where the last one stopped, as a worker's does; gives how many jobs it won."""
    visited = 0

    def claim(now: datetime) -> int:
        nonlocal visited
        claimed = outbox.claim(room=ROOM, after=visited, now=now, lease=LEASE)
        visited = claimed.visited
        return len(claimed.jobs)

    return claim


def claim_plainly(now: datetime) -> int:
    due = Delivery.objects.filter(due__due_at__lte=now).order_by("due__due_at").select_related("event", "endpoint")
    return len(due.select_for_update(skip_locked=True, of=("self",))[: ROOM.total])


def timed(claim: Callable[[datetime], int], times: int) -> dict[str, float]:
    """Milliseconds of the middle one of so many claims, and how many jobs they won in the mean."""
    took, won = [], []
    for _ in range(times):
        now = datetime.now(UTC)
        with transaction.atomic():
            began = time.perf_counter()
            won.append(claim(now))
            took.append((time.perf_counter() - began) * 1000)
            transaction.set_rollback(True)
    return {"ms": round(statistics.median(took), 3), "jobs": round(statistics.mean(won), 1)}


def probe(account: Account, endpoints: list[int], rows: int, plain: bool) -> dict[str, Any]:
    """Both ways over so many due rows."""
    fill(account, endpoints, rows, datetime.now(UTC))
    found: dict[str, Any] = {"rows": rows, "endpoints": len(endpoints), **timed(claim_all_around(), TIMES)}
    if plain:
        found["plain_ms"] = timed(claim_plainly, PLAIN_TIMES)["ms"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", required=True, help="due rows of three endpoints")
    parser.add_argument("--many", type=int, default=MANY, help="endpoints of the last probe, ten due rows each")
    parser.add_argument("--plain", action="store_true", help="time the plain way, too")
    options = parser.parse_args()
    account = Account.objects.earliest("id")
    (first,) = make_endpoints(account, ["http://127.0.0.1:9/"])
    make_due(account, EVENTS, 1, seed=1)
    endpoints = copy_endpoints(account, first, max(FEW, options.many))
    found = [probe(account, endpoints[:FEW], rows, options.plain) for rows in options.rows]
    found.append(probe(account, endpoints[: options.many], options.many * ROWS_WITH_MANY, options.plain))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
