"""The geometry of charts, as strings that templates put into SVG.

Across, everything is a percentage, so that a chart is as wide as its place and its type keeps its size; down it is
pixels. What is drawn as a path cannot be told in percentages: it lives in a box of `ACROSS` units that is stretched.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from math import ceil, floor, log10
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from webhooks.log.statistics import DAY, HOUR, MINUTE, Bucket

HEIGHT = 150
TOP = 10
"""Left free above the highest bar."""
LEAST = 3
"""Of a piece that is not nothing: one failure among ten thousand deliveries must be seen."""
ACROSS = 1000
TICKS = 7
TICK_STEPS = (
    *(MINUTE * count for count in (1, 2, 5, 10, 15, 30)),
    *(HOUR * count for count in (1, 2, 3, 6, 12)),
    *(DAY * count for count in (1, 2, 7, 14, 28, 91, 182, 364)),
)
FULL_TOPS = (1, 2, 4, 6, 8, 10)
BAR_FILLS = 0.72
"""Of the room that a bar has."""
WIDEST_BAR = 0.04
"""Of all there is."""
MOMENT = "%Y-%m-%d %H:%M"
SPARK_ACROSS, SPARK_HEIGHT, SPARK_TOP, SPARK_LEAST = 120, 26, 2, 2

KINDS = (("delivered", "bar-good"), ("skipped", "bar-idle"), ("retried", "bar-retry"), ("failed", "bar-bad"))
"""What a bar is piled up from, the lowest first, and the class that colours it."""


class Line(NamedTuple):
    """A line across at a height, and what it stands for."""

    y: str
    label: str


class Tick(NamedTuple):
    """A time below the chart."""

    x: str
    label: str


class Slot(NamedTuple):
    """The room of a stretch of time, where the pointer finds what happened in it."""

    x: str
    width: str
    title: str


class Pile(NamedTuple):
    """The pieces of all bars that one class colours, as a path."""

    kind: str
    path: str


class Box(NamedTuple):
    """What bars stand in: its size, what is left free above, and the least height of a piece."""

    across: float
    height: int
    top: int
    least: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, or the curves of p50 and p95. `summary` tells those who do not see it."""

    lines: list[Line]
    ticks: list[Tick]
    slots: list[Slot]
    summary: str
    is_empty: bool
    piles: list[Pile]
    p50: str = ""
    p95: str = ""
    height: int = HEIGHT
    across: int = ACROSS


@dataclass(frozen=True, slots=True)
class Spark:
    """A chart as small as a word, with the rate of success."""

    slots: list[Slot]
    piles: list[Pile]
    summary: str
    rate: float | None


NOTHING = Chart([], [], [], "", True, [])


def outcome_chart(buckets: Sequence[Bucket]) -> Chart:
    """Bars of what became of deliveries, in the time zone in force."""
    if not buckets:
        return NOTHING
    top = _full_top(max(map(_piled, buckets)))
    middle = [top // 2] if top > 1 else []
    whole = _whole(buckets)
    return Chart(
        [Line(_y(value / top), short_number(value)) for value in (0, *middle, top)],
        _ticks(buckets),
        _slots(buckets, 100 / len(buckets), "%", _outcomes),
        _told(whole, _outcomes(whole)),
        not _piled(whole),
        _piles(buckets, top, Box(ACROSS, HEIGHT, TOP, LEAST)),
    )


def latency_chart(buckets: Sequence[Bucket]) -> Chart:
    """Curves below which half of the answers lie, and nineteen of twenty, on a logarithmic scale."""
    if not buckets:
        return NOTHING
    values = [max(value, 1.0) for each in buckets for value in (each.p50, each.p95) if value is not None]
    low = floor(log10(min(values, default=1)))
    high = max(low + 1, ceil(log10(max(values, default=1000))))

    def y(value: float | None) -> float | None:
        return None if value is None else _down((log10(max(value, 1.0)) - low) / (high - low))

    whole = _whole(buckets)
    return Chart(
        [Line(_y((power - low) / (high - low)), duration(10**power)) for power in range(low, high + 1)],
        _ticks(buckets),
        _slots(buckets, 100 / len(buckets), "%", _latency),
        _told(whole, _latency(whole)),
        not values,
        [],
        _curve([y(each.p50) for each in buckets]),
        _curve([y(each.p95) for each in buckets]),
    )


def spark(buckets: Sequence[Bucket] | None) -> Spark:
    """Tiny bars, in pixels. None, as of an endpoint that had nothing to do, gives an empty one."""
    if not buckets:
        return Spark([], [], _("Nothing was sent"), None)
    whole = _whole(buckets)
    slots = _slots(buckets, SPARK_ACROSS / len(buckets), "", _outcomes)
    piles = _piles(buckets, max(map(_piled, buckets)) or 1, Box(SPARK_ACROSS, SPARK_HEIGHT, SPARK_TOP, SPARK_LEAST))
    return Spark(slots, piles, _told(whole, _outcomes(whole)), whole.rate)


def percent(share: float | None) -> str:
    """Rounded down, so that only what is perfect is called 100%; a dash for none."""
    return "–" if share is None else f"{floor(round(share * 1000, 6)) / 10:g}%"


def short_number(number: int) -> str:
    """As short as an axis needs it, such as 40, 1.2k or 3M."""
    for size, letter in ((1_000_000, "M"), (1000, "k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return str(number)


def duration(milliseconds: float) -> str:
    """In the unit that suits it."""
    if milliseconds >= 1000:
        return _("%(seconds)s s") % {"seconds": f"{milliseconds / 1000:.3g}"}
    return _("%(milliseconds)s ms") % {"milliseconds": f"{milliseconds:.3g}"}


def _piled(bucket: Bucket) -> int:
    return bucket.ended + bucket.retried


def _full_top(most: int) -> int:
    """A round number that is not below."""
    size = int(10 ** floor(log10(max(most, 1))))
    return next(top * size for top in FULL_TOPS if top * size >= most)


def _down(share: float) -> float:
    """Pixels from above to a share of the height."""
    return HEIGHT - share * (HEIGHT - TOP)


def _y(share: float) -> str:
    return f"{_down(share):.1f}"


def _slots(buckets: Sequence[Bucket], room: float, unit: str, words: Callable[[Bucket], str]) -> list[Slot]:
    return [
        Slot(f"{place * room:.2f}{unit}", f"{room:.2f}{unit}", _told(each, words(each)))
        for place, each in enumerate(buckets)
    ]


def _piles(buckets: Sequence[Bucket], most: int, box: Box) -> list[Pile]:
    """Bars that are piled up from below; where nothing happened stands none."""
    room = box.across / len(buckets)
    width = min(room * BAR_FILLS, box.across * WIDEST_BAR)
    paths: dict[str, list[str]] = {kind: [] for _name, kind in KINDS}
    for place, bucket in enumerate(buckets):
        x = place * room + (room - width) / 2
        y = float(box.height)
        for name, kind in KINDS:
            count = getattr(bucket, name)
            if count:
                size = min(max(count / most * (box.height - box.top), box.least), y)
                y -= size
                paths[kind].append(f"M{x:.1f} {y:.1f}h{width:.1f}v{size:.1f}h-{width:.1f}z")
    return [Pile(kind, "".join(parts)) for kind, parts in paths.items() if parts]


def _curve(heights: Sequence[float | None]) -> str:
    """A path with a gap wherever there is nothing; a lone point becomes a dot."""
    parts = []
    before = None
    for place, y in enumerate(heights):
        if y is not None:
            at = f"{(place + 0.5) / len(heights) * ACROSS:.1f} {y:.1f}"
            parts.append(f"M{at}h0" if before is None else f"L{at}")
        before = y
    return "".join(parts)


def _ticks(buckets: Sequence[Bucket]) -> list[Tick]:
    """Round times of the zone in force, no more than there is room for on a phone."""
    span = buckets[-1].start - buckets[0].start
    step = next((step for step in TICK_STEPS if step * TICKS >= span), TICK_STEPS[-1])
    shape = "%m-%d" if step >= DAY else "%H:%M"
    ticks = []
    for place, bucket in enumerate(buckets):
        local = timezone.localtime(bucket.start)
        if local.replace(tzinfo=UTC).timestamp() % step.total_seconds() == 0:
            is_midnight = local.hour == local.minute == 0
            ticks.append(Tick(f"{place / len(buckets) * 100:.2f}%", local.strftime("%m-%d" if is_midnight else shape)))
    return ticks


def _whole(buckets: Sequence[Bucket]) -> Bucket:
    """All together."""
    counts = (sum(column) for column in zip(*(each[2:6] for each in buckets), strict=True))
    durations = tuple(sum(column) for column in zip(*(each.durations for each in buckets), strict=True))
    return Bucket._make((buckets[0].start, buckets[-1].end, *counts, durations))


def _told(bucket: Bucket, what: str) -> str:
    """What happened, and when."""
    start, end = timezone.localtime(bucket.start), timezone.localtime(bucket.end)
    until = "%H:%M" if end.date() == start.date() else MOMENT
    told = {"start": start.strftime(MOMENT), "end": end.strftime(until), "what": what}
    return _("%(start)s to %(end)s: %(what)s") % told


def _outcomes(bucket: Bucket) -> str:
    counts = bucket._asdict()
    return _("%(delivered)s delivered, %(retried)s to be retried, %(failed)s failed, %(skipped)s skipped") % counts


def _latency(bucket: Bucket) -> str:
    if bucket.p50 is None or bucket.p95 is None:
        return _("no answer")
    return _("half of the answers within %(p50)s, 95%% within %(p95)s") % {
        "p50": duration(bucket.p50),
        "p95": duration(bucket.p95),
    }
