"""The geometry of charts: nothing leaves its box, nothing small gets lost, and the words say what is drawn."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from console import charts
from console.charts import ACROSS, HEIGHT, LEAST, TOP
from webhooks.log.statistics import DAY, HOUR, MINUTE, Bucket
from webhooks.models import DURATION_BOUNDS_MS

START = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")
BAR = re.compile(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-([\d.]+)z")
SLOWER = len(DURATION_BOUNDS_MS)


@pytest.fixture(autouse=True)
def in_taipei() -> Iterator[None]:
    with timezone.override(TAIPEI), translation.override("en"):
        yield


def bucket(
    place: int = 0, width: timedelta = MINUTE, *, answers: dict[int, int] | None = None, **counts: int
) -> Bucket:
    """One of a row of stretches; `answers` counts those in a class of durations."""
    durations = tuple((answers or {}).get(each, 0) for each in range(SLOWER + 1))
    start = START + place * width
    return Bucket(start, start + width, **counts, durations=durations)


def row(count: int, width: timedelta = MINUTE, *, answers: dict[int, int] | None = None, **counts: int) -> list[Bucket]:
    return [bucket(place, width, answers=answers, **counts) for place in range(count)]


def bars(chart: charts.Chart | charts.Spark, kind: str) -> list[tuple[float, float, float, float]]:
    """Left, top, width and height of the pieces of a kind."""
    paths = {each.kind: each.path for each in chart.segments}
    return [(float(x), float(y), float(w), float(h)) for x, y, w, h, _ in BAR.findall(paths.get(kind, ""))]


def test_bars_are_piled_up_and_the_highest_line_is_a_round_number() -> None:
    chart = charts.outcome_chart([bucket(0, delivered=30, retried=5, failed=10), bucket(1)])
    assert [line.label for line in chart.lines] == ["0", "30", "60"]
    assert [float(line.y) for line in chart.lines] == [HEIGHT, (HEIGHT + TOP) / 2, TOP]
    ((x, y, width, height),) = bars(chart, "bar-good")
    assert (y, height) == (HEIGHT - 70, 70)
    assert x + width / 2 == pytest.approx(ACROSS / 4)
    ((_, retry_top, _, retry_height),) = bars(chart, "bar-retry")
    ((_, failed_top, _, failed_height),) = bars(chart, "bar-bad")
    assert retry_top + retry_height == pytest.approx(y, abs=0.2)
    assert failed_top + failed_height == pytest.approx(retry_top, abs=0.2)
    assert not bars(chart, "bar-idle")


def test_one_failure_among_ten_thousand_deliveries_is_seen() -> None:
    chart = charts.outcome_chart([bucket(delivered=10_000, failed=1)])
    assert [height for *_, height in bars(chart, "bar-bad")] == [LEAST]


counts = st.integers(0, 10**7)
stretches = st.lists(st.tuples(counts, counts, counts, counts), min_size=1, max_size=61)


@given(stretches)
def test_no_bar_leaves_its_box(given_counts: list[tuple[int, int, int, int]]) -> None:
    buckets = [
        bucket(place)._replace(delivered=a, failed=b, skipped=c, retried=d)
        for place, (a, b, c, d) in enumerate(given_counts)
    ]
    chart = charts.outcome_chart(buckets)
    drawn = [piece for kind in ("bar-good", "bar-idle", "bar-retry", "bar-bad") for piece in bars(chart, kind)]
    assert len(drawn) == sum(1 for each in given_counts for count in each if count)
    for x, y, width, height in drawn:
        assert 0 <= x <= x + width <= ACROSS
        assert -0.1 <= y <= y + height <= HEIGHT + 0.1
    assert len(chart.slots) == len(buckets)


@pytest.mark.parametrize(
    ("most", "top"),
    [
        (0, "1"),
        (1, "1"),
        (2, "2"),
        (3, "4"),
        (5, "6"),
        (7, "8"),
        (9, "10"),
        (11, "20"),
        (1200, "2k"),
        (6_100_000, "8M"),
    ],
)
def test_the_scale_ends_at_a_round_number(most: int, top: str) -> None:
    assert charts.outcome_chart([bucket(delivered=most)]).lines[-1].label == top


def test_what_happened_stands_on_each_stretch_and_altogether() -> None:
    chart = charts.outcome_chart([bucket(0, delivered=2, failed=1), bucket(1, skipped=3, retried=4)])
    assert [slot.title for slot in chart.slots] == [
        "2026-03-05 09:00 to 09:01: 2 delivered, 0 to be retried, 1 failed, 0 skipped",
        "2026-03-05 09:01 to 09:02: 0 delivered, 4 to be retried, 0 failed, 3 skipped",
    ]
    assert chart.summary == "2026-03-05 09:00 to 09:02: 2 delivered, 4 to be retried, 1 failed, 3 skipped"
    assert not chart.is_empty


def test_a_range_over_midnight_names_both_days() -> None:
    chart = charts.outcome_chart(row(2, DAY))
    assert chart.summary.startswith("2026-03-05 09:00 to 2026-03-07 09:00: ")


def test_times_below_are_round_in_the_zone_of_the_account() -> None:
    assert [tick.label for tick in charts.outcome_chart(row(60)).ticks] == [f"09:{each}0" for each in range(6)]
    with timezone.override(ZoneInfo("Asia/Kolkata")):
        assert charts.outcome_chart(row(60)).ticks[0].label == "06:30"


def test_midnight_is_reported_as_the_day() -> None:
    labels = [tick.label for tick in charts.outcome_chart(row(48, 30 * MINUTE)).ticks]
    assert labels == ["12:00", "18:00", "03-06", "06:00"]


@given(
    st.integers(1, 61),
    st.sampled_from([MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 12 * HOUR, DAY, 7 * DAY]),
)
def test_there_is_room_for_the_times_on_a_phone(count: int, width: timedelta) -> None:
    assert len(charts.outcome_chart(row(count, width)).ticks) <= charts.TICKS + 1


def test_an_empty_chart_says_so_and_still_has_its_axes() -> None:
    for chart in (charts.outcome_chart(row(5)), charts.latency_chart(row(5))):
        assert chart.is_empty
        assert len(chart.lines) >= 2
        assert chart.ticks
        assert len(chart.slots) == 5
    assert charts.outcome_chart([]) == charts.latency_chart([]) == charts.EMPTY


def test_curves_stand_on_a_logarithmic_scale() -> None:
    chart = charts.latency_chart([bucket(0, answers={4: 1}), bucket(1, answers={4: 1})])
    assert [line.label for line in chart.lines] == ["10 ms", "100 ms"]
    (first,), (second,) = re.findall(r"M([\d.]+ [\d.]+)", chart.p50), re.findall(r"L([\d.]+ [\d.]+)", chart.p50)
    assert [each.split()[0] for each in (first, second)] == ["250.0", "750.0"]
    assert first.split()[1] == second.split()[1]
    assert TOP < float(first.split()[1]) < HEIGHT


def test_p95_is_never_below_p50() -> None:
    chart = charts.latency_chart([bucket(0, answers={0: 90, 8: 10})])
    p50, p95 = (float(re.findall(r"M[\d.]+ ([\d.]+)", curve)[0]) for curve in (chart.p50, chart.p95))
    assert p95 < p50


def test_a_curve_has_a_gap_where_no_answer_came_and_a_lone_value_is_a_visible_line() -> None:
    chart = charts.latency_chart(
        [bucket(0, answers={3: 1}), bucket(1, answers={3: 2}), bucket(2), bucket(3, answers={3: 1})]
    )
    assert re.sub(r"[\d. ]+", "", chart.p50) == "MLMh"
    (width,) = re.findall(r"h([\d.]+)", chart.p50)
    assert float(width) >= 20
    assert chart.slots[2].title.endswith(": no answer")
    assert chart.slots[0].title == "2026-03-05 09:00 to 09:01: half of the answers within 35 ms, 95% within 48.5 ms"


def test_the_slowest_and_the_quickest_answers_are_inside() -> None:
    for place in (0, SLOWER):
        chart = charts.latency_chart([bucket(0, answers={place: 5})])
        y = [float(each) for each in re.findall(r"M[\d.]+ ([\d.]+)", chart.p50 + chart.p95)]
        assert all(TOP <= each <= HEIGHT for each in y)


def test_a_spark_has_a_bar_for_each_hour_and_the_rate() -> None:
    spark = charts.spark([*row(23, HOUR, delivered=3), bucket(23, HOUR, failed=1)])
    assert len(spark.slots) == 24
    assert len(bars(spark, "bar-good")) == 23
    ((x, _, width, height),) = bars(spark, "bar-bad")
    assert x + width <= charts.SPARK_ACROSS
    assert height >= charts.SPARK_LEAST
    assert spark.rate == pytest.approx(69 / 70)


def test_an_endpoint_that_had_nothing_to_do_has_an_empty_spark() -> None:
    for nothing in (None, [], row(24, HOUR)):
        spark = charts.spark(nothing)
        assert not spark.segments
        assert spark.rate is None
        assert spark.summary


@pytest.mark.parametrize(
    ("share", "text"), [(None, "–"), (1.0, "100%"), (0.9999, "99.9%"), (0.57, "57%"), (0.0, "0%"), (2 / 3, "66.6%")]
)
def test_only_what_is_perfect_is_called_so(share: float | None, text: str) -> None:
    assert charts.percent(share) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (999, "999"), (1500, "1.5k"), (20_000, "20k"), (3_000_000, "3M")]
)
def test_numbers_at_the_scale_are_short(number: int, text: str) -> None:
    assert charts.short_number(number) == text


def test_coordinates_are_the_same_in_every_language(settings: Settings) -> None:
    settings.USE_THOUSAND_SEPARATOR = True
    buckets = row(7, delivered=12_345, answers={3: 4})
    context = {"bars": buckets}
    with translation.override("de"):
        for name, chart in (
            ("outcomes", charts.outcome_chart(buckets)),
            ("latency", charts.latency_chart(buckets)),
            ("spark", None),
        ):
            page = render_to_string(f"console/parts/chart_{name}.html", {**context, "chart": chart})
            attributes = re.findall(r' (?:x|x1|x2|y|y1|y2|width|height|viewBox|d)="([^"]*)"', page)
            assert len(attributes) > 15
            assert not [each for each in attributes if re.search(r"[^\dMLhvz. %-]", each)]
