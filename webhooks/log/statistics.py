"""Delivery statistics for charts, read from DeliveryStats: the cost grows with the minutes, not with the deliveries.

Deliveries are counted in the minute in which they ended; pending ones are not counted.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from django.db.models import Count, Field, Func, IntegerField, Q, QuerySet, Sum

from accounts.models import Account
from webhooks.models import DURATION_BOUNDS_MS, DeliveryStats, Endpoint, QueueEntry

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WIDTHS = (
    *(MINUTE * count for count in (1, 2, 5, 10, 15, 30)),
    *(HOUR * count for count in (1, 2, 3, 6, 12)),
    DAY,
)
MINUTES_LAST = timedelta(days=2)
"""Older statistics are rolled up to hours."""
WAITING_AT_MOST = 10_000
LATE_AFTER = timedelta(seconds=5)

_OUTCOMES = ("delivered", "failed", "skipped", "retried")
_NOTHING = (0, 0, 0, 0)
_CLASSES = range(len(DURATION_BOUNDS_MS) + 1)
_NO_ANSWERS = (0,) * len(_CLASSES)


class Bucket(NamedTuple):
    """Counts for a time range: ended deliveries by status, attempts that are retried, answers by duration."""

    start: datetime
    end: datetime
    delivered: int = 0
    failed: int = 0
    skipped: int = 0
    retried: int = 0
    durations: tuple[int, ...] = _NO_ANSWERS
    """Answers by bucket of `DURATION_BOUNDS_MS`; the last count is of slower ones."""

    @property
    def ended(self) -> int:
        return self.delivered + self.failed + self.skipped

    @property
    def rate(self) -> float | None:
        """Delivered / (delivered + failed), from 0 to 1; None if there are none."""
        sent = self.delivered + self.failed
        return self.delivered / sent if sent else None

    @property
    def answers(self) -> int:
        return sum(self.durations)

    @property
    def p50(self) -> float | None:
        return percentile(self.durations, 0.5)

    @property
    def p95(self) -> float | None:
        return percentile(self.durations, 0.95)


def percentile(durations: Sequence[int], share: float) -> float | None:
    """The duration in milliseconds within which this share (0 to 1) of the answers came; None without answers.

    Interpolated linearly within a bucket; answers above the last bound count as that bound.
    """
    rank = share * sum(durations)
    lower = 0
    for upper, count in zip(DURATION_BOUNDS_MS, durations, strict=False):
        if count and rank <= count:
            return lower + (upper - lower) * rank / count
        lower, rank = upper, rank - count
    return float(lower) if any(durations) else None


def by_hour(*, account: Account, now: datetime, hours: int = 24) -> dict[int, list[Bucket]]:
    """Buckets of the last `hours`, up to the current one, by endpoint id; endpoints without any are missing."""
    start = _floor(now, HOUR, account.zone_info) - (hours - 1) * HOUR
    found: dict[int, dict[datetime, Bucket]] = {}
    for endpoint_id, begin, *counts in _sums(_stats(account, start, now), start, HOUR, "endpoint_id"):
        found.setdefault(endpoint_id, {})[begin] = _bucket(begin, HOUR, counts)
    return {key: list(_filled(buckets, start, HOUR, hours)) for key, buckets in found.items()}


def over_time(
    *,
    account: Account,
    since: datetime,
    until: datetime,
    now: datetime,
    endpoint: int | None = None,
    topic: str = "",
    is_test: bool | None = None,
    buckets: int = 60,
    with_latency: bool = True,
) -> list[Bucket]:
    """At most `buckets` + 1 buckets, which begin at full minutes, hours or days in the account's time zone.

    Without latency the query is much faster.
    """
    empty = empty_buckets(account=account, since=since, until=until, now=now, buckets=buckets)
    if not empty:
        return []
    start, width = empty[0].start, empty[0].end - empty[0].start
    rows = _sums(_stats(account, start, until, endpoint, topic, is_test), start, width, latency=with_latency)
    found = {begin: _bucket(begin, width, counts) for begin, *counts in rows}
    return [found.get(each.start, each) for each in empty]


def empty_buckets(*, account: Account, since: datetime, until: datetime, now: datetime, buckets: int) -> list[Bucket]:
    """At most `buckets` + 1 buckets without counts, of a round width, for a range that is not empty."""
    width = _width(since, until, now, buckets)
    start = _floor(since, width, account.zone_info)
    return list(_filled({}, start, width, -((start - until) // width)))


def totals(
    *,
    account: Account,
    since: datetime,
    until: datetime,
    endpoint: int | None = None,
    topic: str = "",
    is_test: bool | None = None,
    with_latency: bool = True,
) -> Bucket:
    """One bucket for the whole range."""
    stats = _stats(account, since, until, endpoint, topic, is_test)
    counts = stats.aggregate(**_columns(with_latency))
    return _bucket(since, until - since, [value or 0 for value in counts.values()])


def first_delivered(*, account: Account, is_test: bool) -> datetime | None:
    """The minute or hour of the account's first delivered test or real event, as far back as statistics are kept."""
    reached = DeliveryStats.objects.filter(account=account, is_test=is_test, delivered__gt=0)
    return reached.order_by("minute").values_list("minute", flat=True).first()


class Waiting(NamedTuple):
    """Number of queued deliveries, and of those that have been due for longer than `LATE_AFTER`."""

    total: int
    late: int


def waiting(*, account: Account, now: datetime) -> Waiting:
    """The queued deliveries of an account, counted up to `WAITING_AT_MOST`."""
    endpoints = Endpoint.of_any_kind.filter(account=account).values("id")
    queue = QueueEntry.objects.filter(endpoint_id__in=endpoints)[:WAITING_AT_MOST]
    is_late = Q(due_at__lt=now - LATE_AFTER)
    return Waiting(**queue.aggregate(total=Count("pk"), late=Count("pk", filter=is_late)))


def _stats(
    account: Account,
    since: datetime,
    until: datetime,
    endpoint: int | None = None,
    topic: str = "",
    is_test: bool | None = None,
) -> QuerySet[DeliveryStats]:
    wanted = {"endpoint": endpoint, "topic": topic or None, "is_test": is_test}
    given = {name: value for name, value in wanted.items() if value is not None}
    return DeliveryStats.objects.filter(account=account, minute__gte=since, minute__lt=until, **given)


def _sums(
    stats: QuerySet[DeliveryStats], start: datetime, width: timedelta, *by: str, latency: bool = False
) -> QuerySet[DeliveryStats, tuple[Any, ...]]:
    """Rows of the columns to group `by`, the beginning of the bucket, and the sums."""
    begin = begin_of("minute", start=start, width=width)
    sums = _columns(latency)
    rows: QuerySet[DeliveryStats, tuple[Any, ...]] = (
        stats.values(*by, begin=begin).values_list(*by, "begin").annotate(**sums)
    )
    return rows


def begin_of(column: str, *, start: datetime, width: timedelta) -> Func:
    """The beginning of the bucket that contains the column's time, as an expression."""
    return _Begin(column, start=int(start.timestamp()), width=int(width.total_seconds()))


def _columns(latency: bool) -> dict[str, Sum]:
    """The aggregates; their names must differ from those of the model's fields."""
    outcomes = {f"all_{name}": Sum(name) for name in _OUTCOMES}
    return outcomes | {f"class_{place}": Sum(_Count("duration_counts", place=place)) for place in _CLASSES if latency}


def _bucket(begin: datetime, width: timedelta, counts: Sequence[int]) -> Bucket:
    outcomes, durations = counts[: len(_OUTCOMES)], counts[len(_OUTCOMES) :]
    return Bucket._make((begin, begin + width, *(outcomes or _NOTHING), tuple(durations) or _NO_ANSWERS))


def _filled(found: dict[datetime, Bucket], start: datetime, width: timedelta, count: int) -> Iterator[Bucket]:
    for place in range(count):
        begin = start + place * width
        yield found.get(begin) or _bucket(begin, width, ())


def _width(since: datetime, until: datetime, now: datetime, buckets: int) -> timedelta:
    least = HOUR if since < now - MINUTES_LAST else MINUTE
    span = until - since
    fitting = (width for width in WIDTHS if width >= least and width * buckets >= span)
    return next(fitting, -(-span // (DAY * buckets)) * DAY)


def _floor(time: datetime, width: timedelta, zone: tzinfo) -> datetime:
    """The time rounded down to a multiple of `width` in the zone's local time."""
    local = time.astimezone(zone)
    ahead = local.utcoffset() or timedelta()
    seconds = int(width.total_seconds())
    passed = int((time + ahead).timestamp()) // seconds * seconds
    return datetime.fromtimestamp(passed, UTC) - ahead


class _Timestamp(Field[datetime, datetime]):
    """A datetime from PostgreSQL, or from SQLite as seconds since 1970: formatting it there would double the time."""

    def from_db_value(self, value: datetime | int, *_: Any) -> datetime:
        return value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)


class _Begin(Func):
    """The beginning of the bucket that contains a time; buckets follow each other from `start` on."""

    output_field = _Timestamp()
    template = "date_bin('%(width)s seconds', %(expressions)s, to_timestamp(%(start)s))"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        passed = "(CAST(strftime('%%%%s', %(expressions)s) AS integer) - %(start)s)"
        template = f"%(start)s + {passed} / %(width)s * %(width)s"
        return super().as_sql(compiler, connection, template=template, **context)


class _Count(Func):
    """The element at `place` of a JSON list of numbers."""

    output_field = IntegerField()
    template = "(%(expressions)s ->> %(place)s)::integer"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, template="json_extract(%(expressions)s, '$[%(place)s]')", **context)
