"""GET /api/v1/account/: what an account has, runs and may run."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from accounts.models import Account
from accounts.services import create_account, grant_endpoint_add_on, grant_zone
from tests.brands import NOW, YEAR, client_of
from webhooks.services import endpoints

ACCOUNT = "/api/v1/account/"


def test_it_names_the_account_its_time_zone_and_its_plan(api: APIClient, alice: Account) -> None:
    body = api.get(ACCOUNT).json()
    assert body["id"] == alice.pk
    assert (body["name"], body["time_zone"], body["plan"]) == ("Alice's brand", "Asia/Taipei", "marketing")


def test_it_lists_each_licence_with_its_validity(api: APIClient) -> None:
    licences = api.get(ACCOUNT).json()["licences"]
    assert [licence["zone"] for licence in licences] == [1, 2]
    assert licences[0] == {
        "zone": 1,
        "extra_endpoints": 0,
        "valid_from": "2025-03-05T01:00:00Z",
        "valid_until": "2031-03-04T01:00:00Z",
        "valid": True,
    }


@pytest.mark.parametrize(("begins", "ends"), [(-2 * YEAR, -YEAR), (5 * YEAR, 6 * YEAR)], ids=["over", "not yet begun"])
def test_a_licence_outside_its_period_is_listed_as_not_valid(
    carol: Account, begins: timedelta, ends: timedelta
) -> None:
    grant_zone(account=carol, zone=2, valid_from=NOW + begins, valid_until=NOW + ends)
    assert [licence["valid"] for licence in client_of(carol).get(ACCOUNT).json()["licences"]] == [False]


def test_only_running_endpoints_are_counted(api: APIClient, alice: Account) -> None:
    made = [
        endpoints.create(
            account=alice, name=name, url="http://127.0.0.1:9/", event_types=["prize.points_added"], now=NOW
        )
        for name in ("runs", "is paused", "is deleted")
    ]
    endpoints.pause(endpoint=made[1], now=NOW)
    endpoints.delete(endpoint=made[2], now=NOW)
    body = api.get(ACCOUNT).json()
    assert (body["running_endpoints"], body["endpoint_limit"]) == (1, 3)


def test_a_valid_add_on_raises_the_limit(api: APIClient, alice: Account) -> None:
    grant_endpoint_add_on(account=alice, extra_endpoints=2, valid_from=NOW - YEAR, valid_until=NOW + 5 * YEAR)
    grant_endpoint_add_on(account=alice, extra_endpoints=9, valid_from=NOW - YEAR, valid_until=NOW)
    assert api.get(ACCOUNT).json()["endpoint_limit"] == 5


def test_each_sees_only_their_own_account(alice: Account, bob: Account) -> None:
    names = [client_of(account).get(ACCOUNT).json()["name"] for account in (alice, bob)]
    assert names == ["Alice's brand", "Bob's brand"]


def test_an_account_in_japan_has_its_own_time_zone(db: None) -> None:
    account = create_account(name="千代田カフェ", time_zone="Asia/Tokyo", now=NOW)
    body = client_of(account).get(ACCOUNT).json()
    assert (body["name"], body["time_zone"], body["licences"]) == ("千代田カフェ", "Asia/Tokyo", [])
