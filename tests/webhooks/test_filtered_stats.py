"""The chart of a filter that no statistics exist for: what is counted, where, and that the time is bounded."""

from datetime import timedelta
from itertools import count

import pytest

from accounts.models import Account
from tests.brands import NOW
from tests.many import fill
from webhooks.log.filtered_stats import FilteredStats, filtered_over_time
from webhooks.log.search import Criteria
from webhooks.models import Delivery, Endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
HOUR = timedelta(hours=1)


def over_time(account: Account, criteria: Criteria, *, ticks: float = 0.0) -> FilteredStats:
    """An hour in bars; with `ticks` the clock goes on by so much at each look."""
    clock = (step * ticks for step in count())
    return filtered_over_time(
        account=account,
        criteria=criteria,
        since=NOW - HOUR,
        until=NOW,
        now=NOW,
        buckets=60,
        seconds=1.0,
        clock=lambda: next(clock),
    )


@pytest.fixture
def log(alice: Account, make_endpoint: object) -> Endpoint:
    assert callable(make_endpoint)
    endpoint: Endpoint = make_endpoint(name="CRM")
    fill(alice, endpoint, deliveries=3000, now=NOW, over=HOUR)
    return endpoint


def test_every_match_is_counted_in_the_minute_of_its_acceptance(alice: Account, log: Endpoint) -> None:
    buckets, counted_to = over_time(alice, Criteria(status="failed"))
    failed = Delivery.objects.filter(account=alice, status="failed", created_at__gte=NOW - HOUR, created_at__lt=NOW)
    assert sum(each.failed for each in buckets) == failed.count() > 0
    assert sum(each.delivered for each in buckets) == 0
    assert counted_to is None
    for each in buckets:
        assert each.failed == failed.filter(created_at__gte=each.start, created_at__lt=each.end).count()


def test_a_count_that_would_take_too_long_says_how_far_it_came(alice: Account, log: Endpoint) -> None:
    buckets, counted_to = over_time(alice, Criteria(text="no such text"), ticks=10.0)
    assert counted_to is not None
    assert NOW - HOUR < counted_to < NOW
    assert not any(each.ended for each in buckets)
