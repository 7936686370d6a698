"""The search through the delivery log: what it finds, in what order, and what it does when its time is over."""

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account
from tests.brands import NOW
from tests.many import fill, refresh_plans
from webhooks.log import search as log_search
from webhooks.log.search import COUNTED_AT_MOST, Count, Criteria, Found
from webhooks.models import Delivery, Endpoint

pytestmark = pytest.mark.both_databases

MANY = 3_500
OVER = timedelta(seconds=MANY)
"""One a second."""
WEEK_AGO = NOW - timedelta(days=7)
AGES = 1e9

MakeEndpoint = Callable[..., Endpoint]


@pytest.fixture
def log(alice: Account, make_endpoint: MakeEndpoint) -> Endpoint:
    """An endpoint of Alice's with a long log."""
    endpoint = make_endpoint()
    fill(alice, endpoint, deliveries=MANY, now=NOW, over=OVER)
    refresh_plans()
    return endpoint


def search(account: Account, limit: int = 50, seconds: float = AGES, **wanted: Any) -> Found:
    sides = {side: wanted.pop(side) for side in ("older_than", "newer_than") if side in wanted}
    return log_search.search(account=account, criteria=Criteria(**wanted), limit=limit, seconds=seconds, **sides)


def ids(found: Found) -> list[int]:
    return [each.pk for each in found.rows]


def all_ids(**wanted: Any) -> list[int]:
    """What the database itself says, newest first."""
    return list(Delivery.objects.filter(**wanted).order_by("-id").values_list("id", flat=True))


def pages_back(account: Account, limit: int, seconds: float = AGES, **wanted: Any) -> Iterator[Found]:
    """Page after page into the past, and on from wherever the time was over."""
    found = search(account, limit, seconds, **wanted)
    yield found
    while found.has_more:
        found = search(account, limit, seconds, older_than=found.searched_to or found.rows[-1].pk, **wanted)
        yield found


SIEVES: list[dict[str, Any]] = [
    {},
    {"status": "failed"},
    {"status": "skipped"},
    {"topic": "message.first_open"},
    {"status": "failed", "topic": "prize.points_added"},
    {"is_test": False, "status": "skipped"},
]


@pytest.mark.parametrize("wanted", SIEVES)
@pytest.mark.parametrize("seconds", [AGES, 0.0])
def test_the_pages_together_are_all_there_is_however_little_time_each_has(
    wanted: dict[str, Any], seconds: float, alice: Account, log: Endpoint
) -> None:
    found = itertools.chain.from_iterable(ids(page) for page in pages_back(alice, 300, seconds, **wanted))
    assert list(found) == all_ids(**wanted)


def test_a_search_for_nothing_stops_when_its_time_is_over_and_says_how_far_it_came(
    alice: Account, log: Endpoint
) -> None:
    newest = all_ids()[0]
    found = search(alice, seconds=0.0, status="pending")
    assert (found.rows, found.has_more, found.searched_to) == ([], True, newest - log_search.FIRST_WINDOW + 1)
    steps = list(pages_back(alice, 50, 0.0, status="pending"))
    assert len(steps) == MANY // log_search.FIRST_WINDOW + 1
    assert (steps[-1].rows, steps[-1].has_more, steps[-1].searched_to) == ([], False, None)


def test_a_search_with_time_enough_takes_ever_longer_strides(
    alice: Account, log: Endpoint, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(10):
        found = search(alice, status="pending")
    assert (found.rows, found.has_more) == ([], False)


def test_the_newer_side_of_a_row_begins_next_to_it(alice: Account, log: Endpoint) -> None:
    every, failed = all_ids(), all_ids(status="failed")
    middle = every[MANY // 2]
    next_to_it = [each for each in failed if each > middle][-20:]
    assert ids(search(alice, 20, newer_than=middle, status="failed")) == next_to_it
    assert ids(search(alice, 20, newer_than=middle)) == every[MANY // 2 - 20 : MANY // 2]
    assert ids(search(alice, 20, newer_than=every[0])) == []


def test_the_older_side_of_a_row_begins_next_to_it(alice: Account, log: Endpoint) -> None:
    every = all_ids()
    assert ids(search(alice, 20, older_than=every[100])) == every[101:121]
    assert ids(search(alice, 20, older_than=every[-1])) == []


# Time


@pytest.mark.parametrize("seconds", [-1, 0, 1, 59, 2000, MANY - 1, MANY, MANY + 1])
def test_a_moment_leads_to_the_first_row_at_it_or_after_it(seconds: int, alice: Account, log: Endpoint) -> None:
    moment = NOW - OVER + timedelta(seconds=seconds)
    later = Delivery.objects.filter(created_at__gte=moment).order_by("id").values_list("id", flat=True).first()
    assert log_search.first_since(moment) == (later or all_ids()[0] + 1)


def test_in_an_empty_log_a_moment_leads_nowhere(alice: Account) -> None:
    assert log_search.first_since(NOW) == 0
    assert search(alice, since=WEEK_AGO, until=NOW, status="failed") == Found([], False, None)


@pytest.mark.any_lock_order
def test_gaps_that_were_pruned_do_not_lead_astray(alice: Account, log: Endpoint) -> None:
    kept = [each for each in all_ids() if each % 97 == 0]
    Delivery.objects.exclude(pk__in=kept).delete()
    moment = NOW - OVER / 2
    assert ids(search(alice, MANY, since=moment)) == all_ids(created_at__gte=moment)
    assert ids(search(alice, MANY, until=moment)) == all_ids(created_at__lt=moment)


@pytest.mark.parametrize("wanted", SIEVES)
def test_a_range_of_time_is_exact_to_the_row(wanted: dict[str, Any], alice: Account, log: Endpoint) -> None:
    since, until = NOW - timedelta(seconds=3000), NOW - timedelta(seconds=2000)
    found = search(alice, MANY, since=since, until=until, **wanted)
    assert ids(found) == all_ids(created_at__gte=since, created_at__lt=until, **wanted)


def test_rows_whose_clocks_differed_a_little_are_found(alice: Account, log: Endpoint) -> None:
    """Of two processes one may get the lower id for the later moment."""
    first, second = all_ids()[1000], all_ids()[1001]
    moment = Delivery.objects.get(pk=first).created_at
    Delivery.objects.filter(pk=first).update(created_at=moment - timedelta(seconds=3))
    Delivery.objects.filter(pk=second).update(created_at=moment + timedelta(seconds=3))
    for since in (moment, moment + timedelta(seconds=3)):
        assert ids(search(alice, MANY, since=since)) == all_ids(created_at__gte=since)


# Whose, and which


def test_an_endpoint_of_others_has_no_log_here(alice: Account, bob: Account, log: Endpoint) -> None:
    assert search(bob).rows == []
    assert search(bob, endpoint=log.pk).rows == []
    assert search(bob, event=Delivery.objects.all()[0].event_id).rows == []
    assert search(bob, key=Delivery.objects.all()[0].idempotency_key).rows == []


def test_a_key_is_found_by_its_beginning(alice: Account, log: Endpoint) -> None:
    wanted = Delivery.objects.order_by("id")[777]
    for length in (8, 20, 32):
        assert wanted.pk in ids(search(alice, MANY, key=wanted.idempotency_key[:length]))
    assert ids(search(alice, key=wanted.idempotency_key)) == [wanted.pk]
    assert search(alice, key="f" * 31).rows == []


def test_an_event_is_found_together_with_other_wishes(alice: Account, log: Endpoint) -> None:
    wanted = Delivery.objects.filter(status="failed").order_by("id")[7]
    assert ids(search(alice, event=wanted.event_id)) == [wanted.pk]
    assert ids(search(alice, event=wanted.event_id, status="failed")) == [wanted.pk]
    assert search(alice, event=wanted.event_id, status="delivered").rows == []


def test_text_is_found_wherever_it_is(alice: Account, log: Endpoint) -> None:
    oldest = Delivery.objects.order_by("id").select_related("event")[0]
    oldest.event.body = '{"memo": "\\u590f the needle"}'
    oldest.event.save()
    assert ids(search(alice, text="Needle")) == [oldest.pk]
    assert ids(search(alice, text="夏 the")) == [oldest.pk]
    assert search(alice, text="夏the").rows == []


# Counting


def count(account: Account, seconds: float = AGES, **wanted: Any) -> Count:
    return log_search.count(account=account, criteria=Criteria(**wanted), seconds=seconds)


def test_what_can_be_counted_in_time_is_counted_exactly(alice: Account, log: Endpoint) -> None:
    failed = len(all_ids(status="failed"))
    assert count(alice, status="failed") == Count(failed, True)
    assert count(alice) == count(alice, endpoint=log.pk) == Count(MANY, True)
    assert count(alice, since=NOW - timedelta(seconds=99)) == Count(100, True)
    early = count(alice, seconds=0.0, status="failed")
    assert 0 < early.number < failed
    assert not early.is_exact


def test_more_than_ten_thousand_are_not_counted(alice: Account, make_endpoint: MakeEndpoint) -> None:
    fill(alice, make_endpoint(), deliveries=COUNTED_AT_MOST + 400, now=NOW)
    refresh_plans()
    assert count(alice) == Count(COUNTED_AT_MOST, False)
    assert count(alice, is_test=False) == Count(COUNTED_AT_MOST, False)


# How the database gets there


@pytest.mark.skipif(connection.vendor != "postgresql", reason="it is PostgreSQL that chooses by its statistics")
@pytest.mark.django_db(transaction=True)
def test_an_endpoint_whose_rows_are_all_old_is_not_looked_for_among_the_new(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    """Its rows are a third of all, so the database expects them everywhere."""
    old, busy = make_endpoint(name="Old"), make_endpoint(name="Busy")
    fill(alice, old, deliveries=MANY // 2, now=WEEK_AGO)
    fill(alice, busy, deliveries=MANY, now=NOW)
    refresh_plans()
    rows = log_search.indexed(alice, Criteria(endpoint=old.pk))
    plan = rows.within(high=all_ids()[0]).rows[:51].explain()
    assert "delivery_of_endpoint" in plan
    assert "pkey" not in plan


@pytest.mark.skipif(connection.vendor != "sqlite", reason="it is SQLite that heeds only one of two bounds")
def test_a_window_costs_the_same_with_a_range_of_time_around_it(alice: Account, log: Endpoint) -> None:
    search(alice)
    costs = []
    ranges: tuple[dict[str, Any], ...] = ({}, {"since": NOW - OVER, "until": NOW})
    for wanted in ranges:
        ticks: list[None] = []
        connection.connection.set_progress_handler(lambda ticks=ticks: ticks.append(None), 100)
        assert search(alice, seconds=0.0, status="pending", **wanted).searched_to
        connection.connection.set_progress_handler(None, 0)
        costs.append(len(ticks))
    plain, within_range = costs
    assert plain > 10
    assert within_range < 2 * plain
