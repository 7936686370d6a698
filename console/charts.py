"""The geometry of charts, as strings that templates put into SVG.

Horizontal positions are percentages, so that a chart fills its container and its labels keep their size; vertical
positions are pixels. A path cannot use percentages: it is drawn in a viewBox `ACROSS` units wide, which is stretched.
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
"""Pixels left free above the highest bar."""
LEAST = 3
"""Height of the smallest segment in pixels: one failure among ten thousand deliveries stays visible."""
ACROSS = 1000
TICKS = 7
TICK_STEPS = (
    *(MINUTE * count for count in (1, 2, 5, 10, 15, 30)),
    *(HOUR * count for count in (1, 2, 3, 6, 12)),
    *(DAY * count for count in (1, 2, 7, 14, 28, 91, 182, 364)),
)
FULL_TOPS = (1, 2, 4, 6, 8, 10)
BAR_FILLS = 0.72
"""The share of its slot that a bar fills."""
WIDEST_BAR = 0.04
"""The largest share of the chart's width for one bar."""
MOMENT = "%Y-%m-%d %H:%M"
SPARK_ACROSS, SPARK_HEIGHT, SPARK_TOP, SPARK_LEAST = 120, 26, 2, 2

KINDS = (("delivered", "bar-good"), ("skipped", "bar-idle"), ("retried", "bar-retry"), ("failed", "bar-bad"))
"""The segments of a stacked bar, the lowest first, with their CSS class."""


class Line(NamedTuple):
    """A horizontal grid line with its label."""

    y: str
    label: str


class Tick(NamedTuple):
    """A time below the chart."""

    x: str
    label: str


class Slot(NamedTuple):
    """The hover area of one bucket; its title lists the figures."""

    x: str
    width: str
    title: str


class Segments(NamedTuple):
    """The segments of all bars that have the same colour, as one path."""

    kind: str
    path: str


class Box(NamedTuple):
    """The drawing area of bars: its size, the space above, and the height of the smallest segment."""

    across: float
    height: int
    top: int
    least: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, or the curves of p50 and p95. `summary` is the text for screen readers."""

    lines: list[Line]
    ticks: list[Tick]
    slots: list[Slot]
    summary: str
    is_empty: bool
    segments: list[Segments]
    p50: str = ""
    p95: str = ""
    height: int = HEIGHT
    across: int = ACROSS


@dataclass(frozen=True, slots=True)
class Spark:
    """A sparkline with the success rate."""

    slots: list[Slot]
    segments: list[Segments]
    summary: str
    rate: float | None


EMPTY = Chart([], [], [], "", True, [])


def outcome_chart(buckets: Sequence[Bucket]) -> Chart:
    """Stacked bars of delivery outcomes, in the active time zone."""
    if not buckets:
        return EMPTY
    top = _full_top(max(map(_total, buckets)))
    middle = [top // 2] if top > 1 else []
    whole = _sum(buckets)
    return Chart(
        [Line(_y(value / top), short_number(value)) for value in (0, *middle, top)],
        _ticks(buckets),
        _slots(buckets, 100 / len(buckets), "%", _outcomes),
        _sentence(whole, _outcomes(whole)),
        not _total(whole),
        _segments(buckets, top, Box(ACROSS, HEIGHT, TOP, LEAST)),
    )


def latency_chart(buckets: Sequence[Bucket]) -> Chart:
    """Curves of the median and the 95th percentile of response times, on a logarithmic scale."""
    if not buckets:
        return EMPTY
    values = [max(value, 1.0) for each in buckets for value in (each.p50, each.p95) if value is not None]
    low = floor(log10(min(values, default=1)))
    high = max(low + 1, ceil(log10(max(values, default=1000))))

    def y(value: float | None) -> float | None:
        return None if value is None else _down((log10(max(value, 1.0)) - low) / (high - low))

    whole = _sum(buckets)
    return Chart(
        [Line(_y((power - low) / (high - low)), duration(10**power)) for power in range(low, high + 1)],
        _ticks(buckets),
        _slots(buckets, 100 / len(buckets), "%", _latency),
        _sentence(whole, _latency(whole)),
        not values,
        [],
        _curve([y(each.p50) for each in buckets]),
        _curve([y(each.p95) for each in buckets]),
    )


def spark(buckets: Sequence[Bucket] | None) -> Spark:
    """Small stacked bars, in pixels; empty for an endpoint without deliveries."""
    if not buckets:
        return Spark([], [], _("Nothing was sent"), None)
    whole = _sum(buckets)
    slots = _slots(buckets, SPARK_ACROSS / len(buckets), "", _outcomes)
    segments = _segments(
        buckets, max(map(_total, buckets)) or 1, Box(SPARK_ACROSS, SPARK_HEIGHT, SPARK_TOP, SPARK_LEAST)
    )
    return Spark(slots, segments, _sentence(whole, _outcomes(whole)), whole.rate)


def percent(share: float | None) -> str:
    """Rounded down, so that only a perfect rate is 100%; a dash for None."""
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


def _total(bucket: Bucket) -> int:
    return bucket.ended + bucket.retried


def _full_top(most: int) -> int:
    """The smallest round number that is not below `most`."""
    size = int(10 ** floor(log10(max(most, 1))))
    return next(top * size for top in FULL_TOPS if top * size >= most)


def _down(share: float) -> float:
    """The y coordinate, in pixels from the top, of a share of the height."""
    return HEIGHT - share * (HEIGHT - TOP)


def _y(share: float) -> str:
    return f"{_down(share):.1f}"


def _slots(buckets: Sequence[Bucket], room: float, unit: str, words: Callable[[Bucket], str]) -> list[Slot]:
    return [
        Slot(f"{place * room:.2f}{unit}", f"{room:.2f}{unit}", _sentence(each, words(each)))
        for place, each in enumerate(buckets)
    ]


def _segments(buckets: Sequence[Bucket], most: int, box: Box) -> list[Segments]:
    """Stacked bars; an empty bucket has none."""
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
    return [Segments(kind, "".join(parts)) for kind, parts in paths.items() if parts]


def _curve(heights: Sequence[float | None]) -> str:
    """A path with a gap where a value is missing; a value between two gaps becomes a level line across its slot."""
    parts = []
    room = ACROSS / max(1, len(heights))
    padded = [None, *heights, None]
    for place, (before, y, after) in enumerate(zip(padded, heights, padded[2:], strict=False)):
        if y is None:
            continue
        middle = (place + 0.5) * room
        if before is None and after is None:
            width = min(room * BAR_FILLS, ACROSS * WIDEST_BAR)
            parts.append(f"M{middle - width / 2:.1f} {y:.1f}h{width:.1f}")
        else:
            parts.append(f"{'M' if before is None else 'L'}{middle:.1f} {y:.1f}")
    return "".join(parts)


def _ticks(buckets: Sequence[Bucket]) -> list[Tick]:
    """Round times in the active time zone, at most as many as fit on a phone."""
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


def _sum(buckets: Sequence[Bucket]) -> Bucket:
    """The sum of all buckets."""
    counts = (sum(column) for column in zip(*(each[2:6] for each in buckets), strict=True))
    durations = tuple(sum(column) for column in zip(*(each.durations for each in buckets), strict=True))
    return Bucket._make((buckets[0].start, buckets[-1].end, *counts, durations))


def _sentence(bucket: Bucket, what: str) -> str:
    """The period and its figures, in a sentence."""
    start, end = timezone.localtime(bucket.start), timezone.localtime(bucket.end)
    until = "%H:%M" if end.date() == start.date() else MOMENT
    parts = {"start": start.strftime(MOMENT), "end": end.strftime(until), "what": what}
    return _("%(start)s to %(end)s: %(what)s") % parts


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
