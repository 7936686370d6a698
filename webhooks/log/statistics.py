"""What became of deliveries, in numbers, read from the stats: the cost grows with the minutes, not the deliveries.

A stats_row counts what ended, in the minute in which it ended. Deliveries that wait are in none.
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
"""What is older is counted by the hour."""
WAITING_AT_MOST = 10_000
LATE_AFTER = timedelta(seconds=5)

_OUTCOMES = ("delivered", "failed", "skipped", "retried")
_NOTHING = (0, 0, 0, 0)
_CLASSES = range(len(DURATION_BOUNDS_MS) + 1)
_NO_ANSWERS = (0,) * len(_CLASSES)


class Bucket(NamedTuple):
    """What ended in a stretch of time: deliveries by outcome, attempts that will be made again, answers by how long."""

    start: datetime
    end: datetime
    delivered: int = 0
    failed: int = 0
    skipped: int = 0
    retried: int = 0
    durations: tuple[int, ...] = _NO_ANSWERS
    """Answers in each class of `DURATION_BOUNDS_MS`, and those that took longer."""

    @property
    def ended(self) -> int:
        return self.delivered + self.failed + self.skipped

    @property
    def rate(self) -> float | None:
        """The part of what was sent that was delivered; None while nothing was."""
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
    """The milliseconds within which this share of the answers came, in even steps inside a class; None without any.

    Slower than the last bound is told as the last bound.
    """
    rank = share * sum(durations)
    lower = 0
    for upper, count in zip(DURATION_BOUNDS_MS, durations, strict=False):
        if count and rank <= count:
            return lower + (upper - lower) * rank / count
        lower, rank = upper, rank - count
    return float(lower) if any(durations) else None


def by_hour(*, account: Account, now: datetime, hours: int = 24) -> dict[int, list[Bucket]]:
    """The last hours of each endpoint that had any, by its id; the last one is the current hour."""
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
    """The range in at most that many stretches (and one more) that begin at full minutes, hours or days of the account.

    Without latency it is read in a part of the time.
    """
    width = _width(since, until, now, buckets)
    start = _floor(since, width, account.zone_info)
    rows = _sums(_stats(account, start, until, endpoint, topic, is_test), start, width, latency=with_latency)
    found = {begin: _bucket(begin, width, counts) for begin, *counts in rows}
    return list(_filled(found, start, width, -((start - until) // width)))


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
    """All of the range together."""
    stats = _stats(account, since, until, endpoint, topic, is_test)
    counts = stats.aggregate(**_columns(with_latency))
    return _bucket(since, until - since, [value or 0 for value in counts.values()])


def first_delivered(*, account: Account, is_test: bool) -> datetime | None:
    """When a test, or a real event, first reached a receiver of the account, as far back as stats are kept."""
    reached = DeliveryStats.objects.filter(account=account, is_test=is_test, delivered__gt=0)
    return reached.order_by("minute").values_list("minute", flat=True).first()


class Waiting(NamedTuple):
    """Deliveries in the queue, to be sent now or again later, and those that should have been sent a while ago."""

    total: int
    late: int


def waiting(*, account: Account, now: datetime) -> Waiting:
    """The queue of an account, counted up to `WAITING_AT_MOST`."""
    endpoints = Endpoint.objects.filter(account=account).values("id")
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
    """Rows of what they are grouped by, when their stretch begins, and the sums."""
    begin = _Begin("minute", start=int(start.timestamp()), width=int(width.total_seconds()))
    sums = _columns(latency)
    rows: QuerySet[DeliveryStats, tuple[Any, ...]] = (
        stats.values(*by, begin=begin).values_list(*by, "begin").annotate(**sums)
    )
    return rows


def _columns(latency: bool) -> dict[str, Sum]:
    """Their names differ from those of the fields, since they are of sums."""
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


def _floor(moment: datetime, width: timedelta, zone: tzinfo) -> datetime:
    """The last full stretch before, by the clock of the zone."""
    local = moment.astimezone(zone)
    ahead = local.utcoffset() or timedelta()
    seconds = int(width.total_seconds())
    passed = int((moment + ahead).timestamp()) // seconds * seconds
    return datetime.fromtimestamp(passed, UTC) - ahead


class _Moment(Field[datetime, datetime]):
    """PostgreSQL gives it as such, SQLite as seconds since 1970: to spell out each took as long again."""

    def from_db_value(self, value: datetime | int, *_: Any) -> datetime:
        return value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)


class _Begin(Func):
    """When the stretch of time begins in which a moment lies; they follow each other from a start on."""

    output_field = _Moment()
    template = "date_bin('%(width)s seconds', %(expressions)s, to_timestamp(%(start)s))"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        passed = "(CAST(strftime('%%%%s', %(expressions)s) AS integer) - %(start)s)"
        template = f"%(start)s + {passed} / %(width)s * %(width)s"
        return super().as_sql(compiler, connection, template=template, **context)


class _Count(Func):
    """A number in a JSON list of them."""

    output_field = IntegerField()
    template = "(%(expressions)s ->> %(place)s)::integer"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, template="json_extract(%(expressions)s, '$[%(place)s]')", **context)
