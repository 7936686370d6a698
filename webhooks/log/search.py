"""Search in the delivery log, in bounded time however long the log is.

Ids rise with time, so a time range is turned into an id range. Filters that an index serves take one statement. Other
filters scan the log in windows of ids until a page is full or the time is over; the result then also says how far the
search came.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Collate

from accounts import statements
from accounts.models import Account
from webhooks.models import Delivery, Endpoint
from webhooks.services.redeliver_many import Candidate

PAGE_SECONDS = 0.03
COUNT_SECONDS = 0.01
COUNTED_AT_MOST = 10_000
FIRST_WINDOW, LARGEST_WINDOW = 1_000, 64_000
CLOCKS_DIFFER_BY = timedelta(seconds=10)
"""Ids of deliveries created within this time of each other may not be in the order of their creation times."""
BEHIND_ALL = 2**63 - 1
BEHIND_HEX = "g"
"""Sorts after every hexadecimal digit in any collation."""

_ENDS = "SELECT (SELECT min(id) FROM webhooks_delivery), (SELECT max(id) FROM webhooks_delivery)"
_PROBE = "SELECT id, created_at < %s FROM webhooks_delivery WHERE id >= %s ORDER BY id LIMIT 1"

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Criteria:
    """The conditions of a filter. `key` is an idempotency key or its beginning; `text` is searched in the body.

    `other_than` is a status that is left out.
    """

    endpoint: int | None = None
    event: int | None = None
    topic: str = ""
    status: str = ""
    reason: str = ""
    is_test: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    key: str = ""
    other_than: str = ""

    @property
    def needs_scan(self) -> bool:
        """Whether no index serves the conditions, so that rows have to be scanned."""
        has_index = self.event is not None or self.key
        scanned = (self.topic, self.status, self.other_than, self.reason, self.text, self.is_test is not None)
        return not has_index and any(scanned)


@dataclass(frozen=True, slots=True)
class Found:
    """Deliveries, newest first, and whether there are, or may be, more in the direction of the search.

    `searched_to` is the id that was reached when the time was over, None if it sufficed.
    """

    rows: list[Delivery]
    has_more: bool
    searched_to: int | None


@dataclass(frozen=True, slots=True)
class Count:
    """The number of matches, or a lower bound of it."""

    number: int
    is_exact: bool


def search(
    *,
    account: Account,
    criteria: Criteria,
    limit: int,
    older_than: int | None = None,
    newer_than: int | None = None,
    seconds: float = PAGE_SECONDS,
    clock: Clock = time.monotonic,
) -> Found:
    """At most `limit` matches: the newest, or those nearest to an id on its older or newer side."""
    scan = _Search(indexed(account, criteria), criteria, seconds, clock)
    rows, reached = scan.find(_shown, limit + 1, older_than, newer_than)
    has_more = len(rows) > limit or reached is not None
    is_full, rows = len(rows) >= limit, rows[:limit]
    return Found(rows if newer_than is None else rows[::-1], has_more, None if is_full else reached)


def candidates(
    *,
    account: Account,
    criteria: Criteria,
    limit: int,
    older_than: int,
    down_to: int = 0,
    seconds: float = PAGE_SECONDS,
    clock: Clock = time.monotonic,
) -> tuple[list[Candidate], int | None]:
    """At most `limit` matches with ids from `down_to` to below `older_than`, newest first, and the id below which to
    continue, None at the end."""
    scan = _Search(indexed(account, criteria).within(low=down_to), criteria, seconds, clock)
    rows, reached = scan.find(lambda found: found.values_list(*Candidate._fields), limit, older_than, None)
    found = [Candidate(*row) for row in rows]
    return found, found[-1].id if len(found) >= limit else reached


def count(
    *, account: Account, criteria: Criteria, seconds: float = COUNT_SECONDS, clock: Clock = time.monotonic
) -> Count:
    """The number of matches, counted for `seconds` and up to `COUNTED_AT_MOST`."""
    scope = indexed(account, criteria)
    if not criteria.needs_scan:
        number = matching(scope.rows, criteria)[: COUNTED_AT_MOST + 1].count()
        return Count(min(number, COUNTED_AT_MOST), number <= COUNTED_AT_MOST)
    number = 0
    end: int | None = None
    for window, end in windows(scope, None, False, clock() + seconds, clock):  # noqa: B007 - the last one
        number += matching(window.rows, criteria).order_by().count()
        if number > COUNTED_AT_MOST:
            break
    return Count(min(number, COUNTED_AT_MOST), end is None and number <= COUNTED_AT_MOST)


def first_since(time: datetime) -> int:
    """The lowest id of a delivery created at `time` or later, by binary search; above all ids if there is none."""
    ((low, last),) = statements.read(_ENDS, [])
    if low is None:
        return 0
    high = last + 1
    while low < high:
        middle = (low + high) // 2
        found = statements.read(_PROBE, [time, middle])
        if found and found[0][1]:
            low = found[0][0] + 1
        else:
            high = middle
    return int(low)


@dataclass(frozen=True, slots=True)
class _IdRange:
    """Rows that an index serves, with ids from `low` to below `high`.

    The bounds are combined here: of two conditions on the same side SQLite uses only the first for the index range.
    """

    indexed: QuerySet[Delivery]
    low: int = 0
    high: int = BEHIND_ALL

    @property
    def rows(self) -> QuerySet[Delivery]:
        """Newest first."""
        return self.indexed.filter(id__gte=self.low, id__lt=self.high)

    def within(self, *, low: int = 0, high: int = BEHIND_ALL) -> "_IdRange":
        return replace(self, low=max(self.low, low), high=min(self.high, high))

    def beyond(self, start: int | None, newer: bool) -> "_IdRange":
        """The part on the newer or older side of `start`."""
        if start is None:
            return self
        return self.within(low=start + 1) if newer else self.within(high=start)

    def nearest_first(self, newer: bool) -> QuerySet[Delivery]:
        return self.rows.reverse() if newer else self.rows


def indexed(account: Account, criteria: Criteria) -> _IdRange:
    """The rows of the account that match the conditions which an index serves, in the time range."""
    if criteria.endpoint is None:
        rows = Delivery.objects.filter(account__in=_only(account.pk)).order_by("account_id", "-id")
    elif Endpoint.of_any_kind.filter(pk=criteria.endpoint, account=account).exists():
        rows = Delivery.objects.filter(endpoint__in=_only(criteria.endpoint)).order_by("endpoint_id", "-id")
    else:
        return _IdRange(Delivery.objects.none())
    if criteria.event is not None:
        rows = rows.filter(event=criteria.event)
    if criteria.key:
        rows = rows.filter(idempotency_key__gte=criteria.key, idempotency_key__lt=criteria.key + BEHIND_HEX)
    low = first_since(criteria.since - CLOCKS_DIFFER_BY) if criteria.since else 0
    high = first_since(criteria.until + CLOCKS_DIFFER_BY) if criteria.until else BEHIND_ALL
    return _IdRange(rows, low, high)


def _only(pk: int) -> list[int]:
    """One id for an `IN` condition that makes PostgreSQL use the index that begins with this column.

    For `= 7 ORDER BY id` the planner often scans the primary key instead, through all newer rows of others. No row has
    the id 0.
    """
    return [pk, 0] if connection.vendor == "postgresql" else [pk]


def matching(rows: QuerySet[Delivery], criteria: Criteria) -> QuerySet[Delivery]:
    """The rows among these that match all conditions."""
    exact = {
        "topic": criteria.topic or None,
        "status": criteria.status or None,
        "reason": criteria.reason or None,
        "is_test": criteria.is_test,
        "created_at__gte": criteria.since,
        "created_at__lt": criteria.until,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value is not None})
    rows = rows.exclude(status=criteria.other_than) if criteria.other_than else rows
    return _with_text(rows, criteria.text) if criteria.text else rows


def _with_text(rows: QuerySet[Delivery], text: str) -> QuerySet[Delivery]:
    """Rows whose body contains the text. Bodies are ASCII with `\\uXXXX` escapes, so the text is escaped likewise."""
    escaped = json.dumps(text)[1:-1]
    if connection.vendor != "postgresql":
        return rows.filter(event__body__icontains=escaped)
    # For ASCII the collation "C" folds case correctly, and compares several times as fast.
    return rows.alias(text=Collate("event__body", "C")).filter(text__icontains=escaped)


def _shown(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return rows.select_related("endpoint", "queue_entry")


class _Search:
    """A search through an id range in one direction, with a deadline."""

    def __init__(self, indexed: _IdRange, criteria: Criteria, seconds: float, clock: Clock) -> None:
        self._range = indexed
        self._criteria = criteria
        self._end = clock() + seconds
        self._clock = clock

    def find(
        self,
        shape: Callable[[QuerySet[Delivery]], QuerySet[Any, Any]],
        limit: int,
        older_than: int | None,
        newer_than: int | None,
    ) -> tuple[list[Any], int | None]:
        """Rows in the order of the search, and the id reached when the time was over, None if it sufficed."""
        start, newer = (older_than, False) if newer_than is None else (newer_than, True)
        if not self._criteria.needs_scan:
            ahead = self._range.beyond(start, newer).nearest_first(newer)
            return list(shape(matching(ahead, self._criteria))[:limit]), None
        rows: list[Any] = []
        end: int | None = None
        for window, end in windows(self._range, start, newer, self._end, self._clock):  # noqa: B007 - the last one
            rows += shape(matching(window.nearest_first(newer), self._criteria))[: limit - len(rows)]
            if len(rows) >= limit:
                break
        return rows, end


def windows(
    indexed: _IdRange, start: int | None, newer: bool, end: float, clock: Clock
) -> Iterator[tuple[_IdRange, int | None]]:
    """Consecutive windows, at least one, until the time is over; with each its last id, None for the final window.

    Windows grow fourfold while one takes less than an eighth of the remaining time.
    """
    size = FIRST_WINDOW
    while True:
        began = clock()
        ahead = indexed.beyond(start, newer)
        ids = ahead.nearest_first(newer).values_list("id", flat=True)
        near, far = ids[:1].first(), ids[size - 1 : size].first()
        if near is not None:
            # Start at the first own row, since many rows of other accounts may precede it.
            ahead = ahead.within(low=near) if newer else ahead.within(high=near + 1)
        if far is None:
            yield ahead, None
            return
        yield ahead.within(high=far + 1) if newer else ahead.within(low=far), far
        start, now = far, clock()
        if now >= end:
            return
        if (now - began) * 8 < end - now:
            size = min(4 * size, LARGEST_WINDOW)
