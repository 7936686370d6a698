"""The delivery log: which deliveries a filter shows, found in little time however long the log is.

Ids rise with time, so a range of time becomes a range of ids. What an index leads to takes one statement. Everything
else is looked for in windows, stretches of the log one after another, until a page is full or the time is over: then
the answer is what was found by then, and how far the search came.
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
"""Deliveries that were made within so short a time may have their ids in another order."""
BEHIND_ALL = 2**63 - 1
BEHIND_HEX = "g"
"""Sorts behind every digit that keys are made of, whatever the language of the database."""

_ENDS = "SELECT (SELECT min(id) FROM webhooks_delivery), (SELECT max(id) FROM webhooks_delivery)"
_PROBE = "SELECT id, created_at < %s FROM webhooks_delivery WHERE id >= %s ORDER BY id LIMIT 1"

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a delivery must be like to be shown. `key` is the beginning of an idempotency key, or all of it."""

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

    @property
    def is_sieve(self) -> bool:
        """Whether no index leads to what is wanted, so that rows have to be looked at one by one."""
        led = self.event is not None or self.key
        return not led and bool(self.topic or self.status or self.reason or self.text or self.is_test is not None)


@dataclass(frozen=True, slots=True)
class Found:
    """Deliveries, the newest first, and whether there are (or may be) others that way.

    `searched_to` is the id at which the time was over, None if it sufficed.
    """

    rows: list[Delivery]
    has_more: bool
    searched_to: int | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are, or at least how many."""

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
    """At most `limit` of what the filter shows: the newest, or those next to an id on its older or newer side."""
    walk = _Walk(_reached(account, criteria), criteria, seconds, clock)
    rows, reached = walk.find(_shown, limit + 1, older_than, newer_than)
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
    """At most `limit` of what the filter shows from one id to another, newest first; where to go on, if anywhere."""
    walk = _Walk(_reached(account, criteria).within(low=down_to), criteria, seconds, clock)
    rows, reached = walk.find(lambda found: found.values_list(*Candidate._fields), limit, older_than, None)
    found = [Candidate(*row) for row in rows]
    return found, found[-1].id if len(found) >= limit else reached


def count(
    *, account: Account, criteria: Criteria, seconds: float = COUNT_SECONDS, clock: Clock = time.monotonic
) -> Count:
    """How many the filter shows, as far as that can be told quickly."""
    scope = _reached(account, criteria)
    if not criteria.is_sieve:
        number = _sieved(scope.rows, criteria)[: COUNTED_AT_MOST + 1].count()
        return Count(min(number, COUNTED_AT_MOST), number <= COUNTED_AT_MOST)
    number = 0
    end: int | None = None
    for window, end in _windows(scope, None, False, clock() + seconds, clock):  # noqa: B007 - the last one
        number += _sieved(window.rows, criteria).order_by().count()
        if number > COUNTED_AT_MOST:
            break
    return Count(min(number, COUNTED_AT_MOST), end is None and number <= COUNTED_AT_MOST)


def first_since(moment: datetime) -> int:
    """The lowest id of a delivery that was made at this moment or later, by halving; behind all if there is none."""
    ((low, last),) = statements.read(_ENDS, [])
    if low is None:
        return 0
    high = last + 1
    while low < high:
        middle = (low + high) // 2
        found = statements.read(_PROBE, [moment, middle])
        if found and found[0][1]:
            low = found[0][0] + 1
        else:
            high = middle
    return int(low)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What an index leads to, from the id `low` to before `high`.

    The bounds stay numbers until rows are asked for: of two bounds on the same side SQLite would heed only the first.
    """

    led: QuerySet[Delivery]
    low: int = 0
    high: int = BEHIND_ALL

    @property
    def rows(self) -> QuerySet[Delivery]:
        """Newest first."""
        return self.led.filter(id__gte=self.low, id__lt=self.high)

    def within(self, *, low: int = 0, high: int = BEHIND_ALL) -> "_Stretch":
        return replace(self, low=max(self.low, low), high=min(self.high, high))

    def beyond(self, start: int | None, newer: bool) -> "_Stretch":
        """What lies on one side of `start`."""
        if start is None:
            return self
        return self.within(low=start + 1) if newer else self.within(high=start)

    def nearest_first(self, newer: bool) -> QuerySet[Delivery]:
        return self.rows.reverse() if newer else self.rows


def _reached(account: Account, criteria: Criteria) -> _Stretch:
    """What an index and the range of time lead to."""
    if criteria.endpoint is None:
        rows = Delivery.objects.filter(account__in=_only(account.pk)).order_by("account_id", "-id")
    elif Endpoint.objects.filter(pk=criteria.endpoint, account=account).exists():
        rows = Delivery.objects.filter(endpoint__in=_only(criteria.endpoint)).order_by("endpoint_id", "-id")
    else:
        return _Stretch(Delivery.objects.none())
    if criteria.event is not None:
        rows = rows.filter(event=criteria.event)
    if criteria.key:
        rows = rows.filter(idempotency_key__gte=criteria.key, idempotency_key__lt=criteria.key + BEHIND_HEX)
    low = first_since(criteria.since - CLOCKS_DIFFER_BY) if criteria.since else 0
    high = first_since(criteria.until + CLOCKS_DIFFER_BY) if criteria.until else BEHIND_ALL
    return _Stretch(rows, low, high)


def _only(pk: int) -> list[int]:
    """One id, so that PostgreSQL walks the index that begins with it.

    With a plain `= 7 ORDER BY id` it often walks the primary key instead, past all that is newer and not wanted. The id
    0 is nobody's.
    """
    return [pk, 0] if connection.vendor == "postgresql" else [pk]


def _sieved(rows: QuerySet[Delivery], criteria: Criteria) -> QuerySet[Delivery]:
    """Of these rows what the filter shows."""
    exact = {
        "topic": criteria.topic or None,
        "status": criteria.status or None,
        "reason": criteria.reason or None,
        "is_test": criteria.is_test,
        "created_at__gte": criteria.since,
        "created_at__lt": criteria.until,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value is not None})
    return _with_text(rows, criteria.text) if criteria.text else rows


def _with_text(rows: QuerySet[Delivery], text: str) -> QuerySet[Delivery]:
    """Bodies hold every character beyond ASCII as an escape, so the text is looked for as they spell it."""
    spelt = json.dumps(text)[1:-1]
    if connection.vendor != "postgresql":
        return rows.filter(event__body__icontains=spelt)
    # Of ASCII the plain collation knows upper and lower case, too, and compares it several times as fast.
    return rows.alias(spelt=Collate("event__body", "C")).filter(spelt__icontains=spelt)


def _shown(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return rows.select_related("endpoint", "queue_entry")


class _Walk:
    """A search through what was reached, in one direction."""

    def __init__(self, reached: _Stretch, criteria: Criteria, seconds: float, clock: Clock) -> None:
        self._reached = reached
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
        """Rows in the order of the walk, and where the time was over, None if it sufficed."""
        start, newer = (older_than, False) if newer_than is None else (newer_than, True)
        if not self._criteria.is_sieve:
            ahead = self._reached.beyond(start, newer).nearest_first(newer)
            return list(shape(_sieved(ahead, self._criteria))[:limit]), None
        rows: list[Any] = []
        end: int | None = None
        for window, end in _windows(self._reached, start, newer, self._end, self._clock):  # noqa: B007 - the last one
            rows += shape(_sieved(window.nearest_first(newer), self._criteria))[: limit - len(rows)]
            if len(rows) >= limit:
                break
        return rows, end


def _windows(
    reached: _Stretch, start: int | None, newer: bool, end: float, clock: Clock
) -> Iterator[tuple[_Stretch, int | None]]:
    """Stretches one after another until the time is over, at least one; with each its last id, None if all ends there.

    They grow while they take little of the time that is left.
    """
    size = FIRST_WINDOW
    while True:
        began = clock()
        ahead = reached.beyond(start, newer)
        ids = ahead.nearest_first(newer).values_list("id", flat=True)
        near, far = ids[:1].first(), ids[size - 1 : size].first()
        if near is not None:
            # From its first row on: before that there may be a great many rows of others.
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
