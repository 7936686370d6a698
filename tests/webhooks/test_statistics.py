"""What became of deliveries, in numbers: over time, by the hour, altogether; on both databases."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from tests.brands import NOW
from tests.many import fill
from webhooks.log import statistics
from webhooks.log.statistics import Bucket
from webhooks.models import DURATION_BOUNDS_MS, Attempt, Delivery, DeliveryStats, Endpoint
from webhooks.services.publish import EventRequest, publish

TOPIC = "receipt.receipt_validated"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MakeEndpoint = Callable[..., Endpoint]


def stats_row(endpoint: Endpoint, minute: datetime, *durations: int, **counts: Any) -> DeliveryStats:
    """What a batch counted; `durations` from the quickest class on."""
    classes = [*durations, *[0] * (len(DURATION_BOUNDS_MS) + 1 - len(durations))]
    fields = {"topic": TOPIC, "is_test": False, "account_id": endpoint.account_id, **counts}
    return DeliveryStats.objects.create(endpoint=endpoint, minute=minute, duration_counts=classes, **fields)


def over_time(account: Account, **changes: Any) -> list[Bucket]:
    return statistics.over_time(**{"account": account, "since": NOW - HOUR, "until": NOW, "now": NOW, **changes})


def totals(account: Account, **changes: Any) -> Bucket:
    return statistics.totals(**{"account": account, "since": NOW - DAY, "until": NOW, **changes})


def test_rows_of_the_same_minute_are_added_up(alice: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    stats_row(endpoint, NOW - 5 * MINUTE, 2, 1, delivered=3, retried=1)
    stats_row(endpoint, NOW - 5 * MINUTE, 0, 4, delivered=2, failed=1, skipped=7)
    buckets = over_time(alice)
    assert [each.start for each in buckets] == [NOW - HOUR + place * MINUTE for place in range(60)]
    assert [place for place, each in enumerate(buckets) if each.ended] == [55]
    found = buckets[55]
    assert (found.delivered, found.failed, found.skipped, found.retried) == (5, 1, 7, 1)
    assert found.durations[:3] == (2, 5, 0)
    assert (found.end - found.start, found.ended, found.answers) == (MINUTE, 13, 7)


def test_an_empty_account_has_empty_stretches_and_no_rate(alice: Account) -> None:
    buckets = over_time(alice)
    assert len(buckets) == 60
    assert all((each.ended, each.rate, each.p50, each.p95) == (0, None, None, None) for each in buckets)
    assert totals(alice) == Bucket(NOW - DAY, NOW)


def test_what_lies_outside_of_the_range_is_not_counted(alice: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    for minute in (NOW - DAY - MINUTE, NOW - DAY, NOW - MINUTE, NOW):
        stats_row(endpoint, minute, delivered=1)
    assert totals(alice).delivered == 2


def test_endpoint_topic_and_test_narrow_what_is_counted(
    alice: Account, bob: Account, make_endpoint: MakeEndpoint
) -> None:
    ours, other = make_endpoint(), make_endpoint(name="Other")
    stats_row(ours, NOW - MINUTE, 1, delivered=1)
    stats_row(ours, NOW - MINUTE, delivered=10, is_test=True)
    stats_row(ours, NOW - MINUTE, delivered=100, topic="message.first_open")
    stats_row(other, NOW - MINUTE, delivered=1000)
    stats_row(make_endpoint(account=bob, event_types=[TOPIC]), NOW - MINUTE, delivered=10_000)
    for wanted, expected in (
        ({}, 1111),
        ({"endpoint": ours.pk}, 111),
        ({"endpoint": ours.pk, "is_test": True}, 10),
        ({"is_test": False, "topic": TOPIC}, 1001),
        ({"topic": "message.first_open"}, 100),
    ):
        assert totals(alice, **wanted).delivered == expected
        assert sum(each.delivered for each in over_time(alice, **wanted)) == expected
    assert totals(bob).delivered == 10_000


def test_others_endpoints_are_nobodys_business(alice: Account, bob: Account, make_endpoint: MakeEndpoint) -> None:
    others = make_endpoint(account=bob, event_types=[TOPIC])
    stats_row(others, NOW - MINUTE, delivered=1)
    assert totals(alice, endpoint=others.pk).delivered == 0
    assert statistics.by_hour(account=alice, now=NOW) == {}


@pytest.mark.parametrize(
    ("span", "width", "count"),
    [
        (15 * MINUTE, MINUTE, 15),
        (HOUR, MINUTE, 60),
        (6 * HOUR, 10 * MINUTE, 36),
        (DAY, 30 * MINUTE, 48),
        (2 * DAY, HOUR, 48),
        (7 * DAY, 3 * HOUR, 56),
        (30 * DAY, 12 * HOUR, 61),
        (365 * DAY, 7 * DAY, 54),
    ],
)
def test_the_stretches_suit_the_range(alice: Account, span: timedelta, width: timedelta, count: int) -> None:
    buckets = over_time(alice, since=NOW - span)
    assert {each.end - each.start for each in buckets} == {width}
    assert len(buckets) == count
    assert buckets[0].start <= NOW - span < buckets[0].end
    assert buckets[-1].start < NOW <= buckets[-1].end


def test_what_is_counted_by_the_hour_is_never_shown_by_the_minute(alice: Account, make_endpoint: MakeEndpoint) -> None:
    stats_row(make_endpoint(), NOW - 5 * DAY, delivered=60, grain=DeliveryStats.Grain.HOUR)
    buckets = over_time(alice, since=NOW - 5 * DAY + 30 * MINUTE, until=NOW - 5 * DAY + 3 * HOUR)
    assert [each.delivered for each in buckets] == [60, 0, 0]


@pytest.mark.parametrize("zone", ["Asia/Taipei", "Asia/Kolkata", "America/New_York", "UTC"])
def test_days_begin_at_midnight_of_the_account(alice: Account, make_endpoint: MakeEndpoint, zone: str) -> None:
    alice.time_zone = zone
    midnight = datetime(2026, 3, 2, tzinfo=ZoneInfo(zone))
    stats_row(make_endpoint(), midnight.astimezone(UTC), delivered=1)
    buckets = over_time(alice, since=NOW - 60 * DAY)
    assert [each.start for each in buckets if each.delivered] == [midnight]


def test_a_range_that_ends_before_it_begins_has_no_stretches(alice: Account) -> None:
    assert over_time(alice, since=NOW, until=NOW - DAY) == []


def test_the_last_day_of_each_endpoint_comes_hour_by_hour(alice: Account, make_endpoint: MakeEndpoint) -> None:
    busy, silent = make_endpoint(), make_endpoint(name="Silent")
    now = NOW + 20 * MINUTE
    stats_row(busy, NOW + 10 * MINUTE, delivered=3, failed=1)
    stats_row(busy, NOW - 23 * HOUR, delivered=5)
    stats_row(busy, NOW - 23 * HOUR - MINUTE, delivered=9)
    found = statistics.by_hour(account=alice, now=now)
    assert silent.pk not in found
    assert [each.delivered for each in found[busy.pk]] == [5, *[0] * 22, 3]
    assert found[busy.pk][-1] == Bucket(NOW, NOW + HOUR, 3, 1)


def test_a_rate_is_of_what_was_sent(alice: Account) -> None:
    assert Bucket(NOW, NOW, delivered=3, failed=1, skipped=100).rate == 0.75
    assert Bucket(NOW, NOW, skipped=100).rate is None


@pytest.mark.parametrize(
    ("durations", "share", "expected"),
    [
        ((4,), 0.5, 2.5),
        ((0, 10), 0.5, 7.5),
        ((10, 10), 0.5, 5),
        ((95, 5), 0.95, 5),
        ((90, 10), 0.95, 7.5),
        ((0,) * 11 + (3,), 0.5, 10_000),
        ((), 0.5, None),
        ((0, 0, 0), 0.95, None),
    ],
)
def test_a_percentile_lies_in_even_steps_inside_its_class(
    durations: tuple[int, ...], share: float, expected: float | None
) -> None:
    assert statistics.percentile(durations, share) == expected


def test_the_queue_of_an_account_is_counted(alice: Account, bob: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    make_endpoint(account=bob, event_types=[TOPIC])
    publish(account=alice, event_requests=[EventRequest(TOPIC)] * 3, now=NOW)
    publish(account=bob, event_requests=[EventRequest(TOPIC)], now=NOW)
    assert statistics.waiting(account=alice, now=NOW) == (3, 0)
    assert statistics.waiting(account=bob, now=NOW + 4 * statistics.LATE_AFTER) == (1, 1)


def test_the_first_that_arrived_is_known(alice: Account, bob: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    stats_row(endpoint, NOW - DAY, failed=1)
    stats_row(endpoint, NOW, delivered=1)
    stats_row(endpoint, NOW - HOUR, delivered=1)
    assert statistics.first_delivered(account=alice, is_test=False) == NOW - HOUR
    assert statistics.first_delivered(account=alice, is_test=True) is None
    assert statistics.first_delivered(account=bob, is_test=False) is None


def test_a_long_history_is_counted_as_it_was_made(alice: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    fill(alice, endpoint, deliveries=2_000, now=NOW, over=4 * DAY)
    found = totals(alice, since=NOW - 5 * DAY, until=NOW + MINUTE)
    rows = Counter(Delivery.objects.values_list("status", flat=True))
    assert (found.delivered, found.failed, found.skipped) == (rows["delivered"], rows["failed"], rows["skipped"])
    assert (found.delivered, found.failed, found.skipped) == (1920, 60, 20)
    assert (found.answers, found.retried) == (Attempt.objects.count(), 180)
    by_time = over_time(alice, since=NOW - 5 * DAY, until=NOW + MINUTE)
    assert sum(each.delivered for each in by_time) == 1920
    assert [sum(column) for column in zip(*(each.durations for each in by_time), strict=True)] == [*found.durations]
    assert set(Delivery.objects.values_list("topic", flat=True)) == set(endpoint.event_types)


def test_life_goes_on_after_a_long_history(alice: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(event_types=[TOPIC])
    fill(alice, endpoint, deliveries=100, now=NOW)
    publish(account=alice, event_requests=[EventRequest(TOPIC)], now=NOW)
    fill(alice, endpoint, deliveries=100, now=NOW)
    first, last = Delivery.objects.order_by("id")[0], Delivery.objects.order_by("-id")[0]
    assert Delivery.objects.count() == 201
    assert last.created_at - NOW < timedelta(seconds=1)
    assert timedelta(0) < first.created_at - (NOW - 7 * DAY) < 2 * HOUR


def test_each_read_is_one_statement(alice: Account, make_endpoint: MakeEndpoint) -> None:
    fill(alice, make_endpoint(), deliveries=300, now=NOW)
    for read in (
        lambda: over_time(alice),
        lambda: totals(alice),
        lambda: statistics.by_hour(account=alice, now=NOW),
        lambda: statistics.waiting(account=alice, now=NOW),
    ):
        with CaptureQueriesContext(connection) as asked:
            read()
        assert len(asked) == 1
