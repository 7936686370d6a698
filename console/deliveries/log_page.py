"""A page of the delivery log: its rows, the pages next to it, and where the search continues."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from console.base import ConsoleRequest
from console.deliveries.log_query import LogQuery
from webhooks.engine.lifecycle import Status
from webhooks.log import search
from webhooks.log.search import Count, Criteria, Found
from webhooks.models import Attempt, Delivery

ROWS = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the log. `took` is how long the last attempt lasted, in milliseconds."""

    delivery: Delivery
    took: float | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class LogPage:
    """The rows shown. `older` and `newer` are the queries of the adjacent pages.

    `searched_to` is how far back the search got if it ran out of time before the page was full.
    """

    lines: list[Line]
    older: str = ""
    newer: str = ""
    searched_to: datetime | None = None
    count: Count | None = None

    @property
    def newest(self) -> int:
        return self.lines[0].delivery.pk if self.lines else 0

    @property
    def pending(self) -> bool:
        return any(line.delivery.status == Status.PENDING for line in self.lines)

    @property
    def fingerprint(self) -> str:
        """Changes when a row is added, removed or changes its state."""
        states = [(line.delivery.pk, line.delivery.status, line.delivery.attempt_count) for line in self.lines]
        return sha256(repr(states).encode()).hexdigest()[:16]


def load(
    request: ConsoleRequest,
    query: LogQuery,
    criteria: Criteria,
    *,
    room: int = ROWS,
    seen: int | None = None,
    seconds: float = search.PAGE_SECONDS,
) -> LogPage:
    """The page that the query names. Rows above the id `seen` are marked as new."""
    found = search.search(
        account=request.account,
        criteria=criteria,
        limit=room,
        older_than=query.older_than,
        newer_than=query.newer_than,
        seconds=seconds,
    )
    page = LogPage(_lines(found.rows, seen))
    return _with_adjacent(page, found, query)


def counted(request: ConsoleRequest, page: LogPage, criteria: Criteria, *, is_newest: bool) -> LogPage:
    """The page with the total count of matches."""
    if is_newest and not page.older:
        return replace(page, count=Count(len(page.lines), True))
    if page.searched_to:
        return page
    return replace(page, count=search.count(account=request.account, criteria=criteria))


def _with_adjacent(page: LogPage, found: Found, query: LogQuery) -> LogPage:
    """The page with the queries of the adjacent pages."""
    first = page.newest
    last = found.rows[-1].pk if found.rows else 0
    newer: int | None = None
    older: int | None = None
    if query.newer_than is not None:
        newer = (found.searched_to or first) if found.has_more else None
        older = last or query.newer_than + 1
    else:
        newer = None if query.older_than is None else first or query.older_than - 1
        older = (found.searched_to or last) if found.has_more else None
    return replace(
        page,
        newer="" if newer is None else query.to(cursor=f"after-{newer}"),
        older="" if older is None else query.to(cursor=f"before-{older}"),
        searched_to=_moment(found.searched_to) if found.searched_to else None,
    )


def _moment(delivery_id: int) -> datetime | None:
    return Delivery.objects.filter(pk=delivery_id).values_list("created_at", flat=True).first()


def _lines(deliveries: Sequence[Delivery], seen: int | None) -> list[Line]:
    """With the duration of each one's last attempt, in one query."""
    attempts = Attempt.objects.filter(delivery__in=[each.pk for each in deliveries])
    took = {row[:2]: row[2] for row in attempts.values_list("delivery_id", "number", "duration_ms")}
    return [
        Line(each, took.get((each.pk, each.attempt_count)), seen is not None and each.pk > seen) for each in deliveries
    ]
