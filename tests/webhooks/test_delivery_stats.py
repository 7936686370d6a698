"""Tallies: what is counted for charts is exactly what was settled, and folding changes no sum."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Sum
from pytest_django import Settings

from accounts.models import Account
from tests.brands import NOW, race
from tests.many import fill, refresh_plans
from tests.receiver import Receiver, Reset
from tests.webhooks.jobs import answered, unanswered
from tests.webhooks.test_deliver import run_until_quiet
from tests.webhooks.test_outbox import LEASE, TOPIC, claim, happen, settle
from webhooks.engine.job import Timings
from webhooks.models import DURATION_BOUNDS_MS, Attempt, Delivery, DeliveryStats, Endpoint
from webhooks.services import delivery_stats, endpoints
from webhooks.services.delivery_stats import roll_up
from webhooks.services.redeliver import redeliver
from webhooks.services.retention import prune
from webhooks.services.send_test import send_test

pytestmark = pytest.mark.both_databases

MakeEndpoint = Callable[..., Endpoint]
COUNTS = ("delivered", "failed", "skipped", "retried")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def sums(**of: Any) -> dict[str, int]:
    """What a chart would show."""
    return dict(DeliveryStats.objects.filter(**of).aggregate(**{name: Sum(name, default=0) for name in COUNTS}))


def durations() -> list[int]:
    return [
        sum(column) for column in zip(*DeliveryStats.objects.values_list("duration_counts", flat=True), strict=True)
    ]


def statuses(**of: Any) -> Counter[str]:
    return Counter(Delivery.objects.filter(**of).values_list("status", flat=True))


def keep(endpoint: Endpoint, minute: datetime, grain: int = DeliveryStats.Grain.BATCH, **counts: Any) -> DeliveryStats:
    """A stats_row as a settlement leaves it."""
    given = {"topic": TOPIC, "is_test": False, "delivered": 1, "duration_counts": [1] + [0] * 11, **counts}
    return DeliveryStats.objects.create(
        account_id=endpoint.account_id, endpoint=endpoint, minute=minute, grain=grain, **given
    )


# Counting


@pytest.mark.django_db
def test_after_a_mixed_run_the_counts_are_those_of_the_log(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_RETRY_WAITS = (0.01, 0.01)
    good, bad = make_endpoint(url=receiver.url("/good")), make_endpoint(url=receiver.url("/bad"))
    receiver.script("/good", 200, 500, 200, Reset(), 503, 201)
    receiver.script("/bad", 410, 500, 200, 404, Reset(), 500, 500, 500)
    happen(alice, 20)
    endpoints.pause(endpoint=make_endpoint(url=receiver.url("/paused")), now=NOW)
    send_test(endpoint=bad, event_type=TOPIC, now=NOW)
    run_until_quiet()
    for endpoint in (good, bad):
        for is_test in (False, True):
            kind = {"endpoint": endpoint, "is_test": is_test}
            counted, ended = sums(**kind), statuses(**kind)
            assert [counted[name] for name in COUNTS[:3]] == [ended[name] for name in COUNTS[:3]]
            made = Attempt.objects.filter(delivery__endpoint=endpoint, delivery__is_test=is_test)
            assert counted["retried"] == made.count() - ended.total()
    assert sums()["retried"] > 0
    assert sums()["failed"] > 0
    assert sum(durations()) == Attempt.objects.filter(status_code__isnull=False).count()
    assert set(DeliveryStats.objects.values_list("account_id", "topic", "grain")) == {
        (alice.pk, TOPIC, DeliveryStats.Grain.BATCH)
    }


@pytest.mark.django_db
def test_a_redelivery_counts_its_end_again(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    happen(alice)
    settle(claim().jobs, answered(410))
    redeliver(delivery=Delivery.objects.get(), now=NOW)
    settle(claim().jobs, answered(200))
    assert sums() == {"delivered": 1, "failed": 1, "skipped": 0, "retried": 0}


@pytest.mark.django_db
def test_what_is_skipped_at_the_claim_is_counted_there(alice: Account, make_endpoint: MakeEndpoint) -> None:
    paused, deleted = make_endpoint(), make_endpoint()
    happen(alice, 3)
    endpoints.pause(endpoint=paused, now=NOW)
    endpoints.delete(endpoint=deleted, now=NOW)
    later = NOW + timedelta(seconds=90)
    claim(now=later)
    assert sums(endpoint=paused)["skipped"] == sums(endpoint=deleted)["skipped"] == 3
    assert set(DeliveryStats.objects.values_list("minute", flat=True)) == {NOW + MINUTE}
    assert statuses() == {"skipped": 6}


@pytest.mark.django_db
def test_a_worker_that_comes_back_too_late_counts_nothing(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    happen(alice, 2)
    late = claim().jobs
    again = claim(total=1, now=NOW + LEASE).jobs
    settle([*late, *again], answered(200))
    assert sums() == {"delivered": 2, "failed": 0, "skipped": 0, "retried": 0}
    assert Attempt.objects.count() == 2


@pytest.mark.django_db
def test_a_batch_leaves_a_row_for_each_kind_and_minute(alice: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    happen(alice, 3)
    send_test(endpoint=endpoint, event_type=TOPIC, now=NOW)
    settle(claim().jobs, answered(200), NOW + timedelta(seconds=59.9))
    happen(alice, 1)
    settle(claim().jobs, answered(200), NOW + timedelta(seconds=60.1))
    rows = DeliveryStats.objects.order_by("minute", "is_test").values_list("minute", "is_test", "delivered")
    assert list(rows) == [(NOW, False, 3), (NOW, True, 1), (NOW + MINUTE, False, 1)]


@pytest.mark.django_db
def test_answers_are_counted_by_how_long_they_took(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    happen(alice, 5)
    first, *rest, silent = claim().jobs
    settle([first], answered(200, timings=Timings(total=0.1)))
    for job, total in zip(rest, (5.0, 5.01, 10_001.0), strict=True):
        settle([job], answered(500, timings=Timings(total=total)))
    settle([silent], unanswered())
    assert durations() == [2, 1, *[0] * (len(DURATION_BOUNDS_MS) - 2), 1]
    assert sums()["retried"] == 4


# Folding


@pytest.mark.django_db
def test_after_two_minutes_there_is_one_row_for_a_minute(make_endpoint: MakeEndpoint) -> None:
    one, two = make_endpoint(), make_endpoint()
    for endpoint in (one, one, one, two):
        keep(endpoint, NOW, retried=2)
    keep(one, NOW, is_test=True)
    keep(one, NOW + MINUTE)
    keep(one, NOW + MINUTE)
    before, times = sums(), durations()
    assert roll_up(now=NOW + 3 * MINUTE - timedelta(seconds=1)) == 0
    assert roll_up(now=NOW + 3 * MINUTE) == 5
    assert (sums(), durations()) == (before, times)
    folded = DeliveryStats.objects.filter(grain=DeliveryStats.Grain.MINUTE).order_by("id")
    assert set(folded.values_list("endpoint", "is_test", "minute", "delivered", "retried")) == {
        (one.pk, False, NOW, 3, 6),
        (two.pk, False, NOW, 1, 2),
        (one.pk, True, NOW, 1, 0),
    }
    assert folded.get(endpoint=one, is_test=False).duration_counts == [3] + [0] * 11
    assert DeliveryStats.objects.filter(grain=DeliveryStats.Grain.BATCH, minute=NOW + MINUTE).count() == 2


@pytest.mark.django_db
def test_what_comes_late_joins_the_minute_that_was_folded(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    for _ in range(2):
        keep(endpoint, NOW)
        keep(endpoint, NOW)
        roll_up(now=NOW + 5 * MINUTE)
    assert DeliveryStats.objects.get().delivered == 4


@pytest.mark.django_db
def test_after_two_days_there_is_one_row_for_an_hour(
    make_endpoint: MakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_stats, "ROWS_AT_A_TIME", 7)
    one, two = make_endpoint(), make_endpoint()
    for minute in range(0, 120, 5):
        for endpoint in (one, one, two):
            keep(endpoint, NOW + minute * MINUTE)
    before, times = sums(), durations()
    roll_up(now=NOW + 2 * DAY + HOUR, sleep=lambda _: None)
    assert (sums(), durations()) == (before, times)
    hours = DeliveryStats.objects.filter(grain=DeliveryStats.Grain.HOUR)
    assert set(hours.values_list("endpoint", "minute", "delivered")) == {(one.pk, NOW, 24), (two.pk, NOW, 12)}
    assert DeliveryStats.objects.exclude(grain=DeliveryStats.Grain.HOUR).count() == 24
    assert not DeliveryStats.objects.exclude(grain=DeliveryStats.Grain.HOUR).filter(minute__lt=NOW + HOUR).exists()


@pytest.mark.django_db(transaction=True)
def test_folding_at_the_same_time_keeps_every_sum(make_endpoint: MakeEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_stats, "ROWS_AT_A_TIME", 5)
    one, two = make_endpoint(), make_endpoint()
    for minute in range(3):
        for endpoint in (one, two):
            for _ in range(20):
                keep(endpoint, NOW + minute * MINUTE)
    before, times = sums(), durations()
    folded = race(4, lambda: roll_up(now=NOW + HOUR, sleep=lambda _: None))
    assert sum(folded) == 120
    assert (sums(), durations()) == (before, times)
    assert list(DeliveryStats.objects.values_list("delivered", flat=True)) == [20] * 6


@pytest.mark.django_db(transaction=True)
def test_deliveries_are_settled_while_others_are_folded(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    happen(alice, 40)
    jobs = claim().jobs

    def act() -> None:
        roll_up(now=NOW + HOUR, sleep=lambda _: None)
        if jobs:
            settle([jobs.pop()], answered(200))
        roll_up(now=NOW + HOUR, sleep=lambda _: None)

    for _ in range(4):
        race(4, act)
    roll_up(now=NOW + HOUR)
    assert sums()["delivered"] == statuses()["delivered"] == 16
    assert DeliveryStats.objects.count() == 1


@pytest.mark.django_db
def test_a_fold_ends_when_its_time_is_up(make_endpoint: MakeEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_stats, "ROWS_AT_A_TIME", 1)
    endpoint = make_endpoint()
    for _ in range(30):
        keep(endpoint, NOW)
    clock = iter(range(1000))
    assert 0 < roll_up(now=NOW + HOUR, clock=lambda: next(clock) / 2, sleep=lambda _: None) < 30
    assert sums()["delivered"] == 30


# Forgetting and finding


@pytest.mark.django_db
def test_tallies_go_with_the_events_of_their_time(make_endpoint: MakeEndpoint, settings: Settings) -> None:
    endpoint = make_endpoint()
    for grain in DeliveryStats.Grain:
        keep(endpoint, NOW, grain)
        keep(endpoint, NOW + DAY, grain)
    prune(now=NOW + 30 * DAY)
    assert DeliveryStats.objects.count() == 6
    prune(now=NOW + 31 * DAY)
    assert set(DeliveryStats.objects.values_list("minute", flat=True)) == {NOW + DAY}
    settings.WEBHOOK_RETENTION_DAYS = 0
    prune(now=NOW + 1000 * DAY)
    assert DeliveryStats.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("by", ["account", "endpoint", "grain"])
def test_a_range_of_time_is_read_by_an_index(
    alice: Account, bob: Account, make_endpoint: MakeEndpoint, by: str
) -> None:
    key = {"account": alice, "endpoint": make_endpoint(), "grain": DeliveryStats.Grain.BATCH}[by]
    index = {"account": "stats_of_account", "endpoint": "stats_of_endpoint", "grain": "stats_to_roll_up"}[by]
    fill(bob, make_endpoint(account=bob, event_types=[TOPIC]), deliveries=2000, now=NOW)
    refresh_plans()
    rows = DeliveryStats.objects.filter(**{by: key}, minute__gte=NOW - DAY, minute__lt=NOW).order_by(F("minute"))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert index in rows.explain()
