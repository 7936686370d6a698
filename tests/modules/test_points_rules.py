"""What a prize must look like, and when points lapse."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.points import rules

TAIPEI = ZoneInfo("Asia/Taipei")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"memo": "x" * 201}, "memo"),
        ({"memo": "a\x00"}, "memo"),
        ({"category": "\n"}, "category"),
        ({"count": 0}, "count"),
        ({"count": -5}, "count"),
        ({"count": 1_000_001}, "count"),
        ({"expires_on": date(2009, 12, 31)}, "expires_on"),
        ({"expires_on": date.max}, "expires_on"),
        ({"expires_after_days": -1}, "expires_after_days"),
        ({"expires_after_days": 3651}, "expires_after_days"),
        ({"expires_on": date(2026, 3, 5), "expires_after_days": 3}, "expires_after_days"),
        ({"grant_key": ""}, "grant_key"),
    ],
)
def test_what_is_not_right_is_reported_by_field(fields: dict[str, object], field: str) -> None:
    assert list(rules.faults_of(fields)) == [field]


def test_what_is_right_has_no_fault() -> None:
    good = {"name": "来店ポイント", "memo": "", "category": "", "count": 1, "expires_on": None, "expires_after_days": 0}
    assert rules.faults_of(good) == {}


def lapses(granted_at: datetime, *, on: date | None = None, after: int | None = None) -> datetime | None:
    return rules.expire_date(granted_at=granted_at, zone=TAIPEI, expires_on=on, expires_after_days=after)


def test_points_lapse_at_the_end_of_a_day_of_the_account() -> None:
    late = datetime(2026, 3, 5, 16, 30, tzinfo=UTC)  # half past midnight of the sixth in Taipei
    ends = [lapses(late, on=date(2026, 12, 31)), lapses(late, after=0), lapses(late, after=30), lapses(late)]
    assert [end.isoformat() if end else None for end in ends] == [
        "2026-12-31T23:59:59+08:00",
        "2026-03-06T23:59:59+08:00",
        "2026-04-05T23:59:59+08:00",
        None,
    ]


@settings(deadline=None, derandomize=True)
@given(st.datetimes(datetime(2010, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)), st.integers(0, 3650))
def test_points_that_lapse_after_days_are_good_for_so_long(granted_at: datetime, days: int) -> None:
    ends = lapses(granted_at, after=days)
    assert ends is not None
    good_for = ends - granted_at.astimezone(TAIPEI)
    assert timedelta(days=days) - timedelta(seconds=1) <= good_for < timedelta(days=days + 1)
