"""A small cast: Alice's brand is licensed for everything, Bob's for zone 1 only, Carol's for nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Account
from accounts.services import create_account, grant_zone, issue_token
from events.contract import TOPICS
from webhooks.models import Endpoint
from webhooks.services import endpoints

NOW = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
YEAR = timedelta(days=365)


def licensed_account(name: str, *zones: int) -> Account:
    account = create_account(name=name, time_zone="Asia/Taipei", now=NOW)
    for zone in zones:
        grant_zone(account=account, zone=zone, valid_from=NOW - YEAR, valid_until=NOW + 5 * YEAR)
    return account


@pytest.fixture
def alice(db: None) -> Account:
    return licensed_account("Alice's brand", 1, 2)


@pytest.fixture
def bob(db: None) -> Account:
    return licensed_account("Bob's brand", 1)


@pytest.fixture
def carol(db: None) -> Account:
    return licensed_account("Carol's brand")


def client_of(account: Account) -> APIClient:
    """A REST client with a token of the account."""
    _, token = issue_token(account=account, name="test", now=NOW)
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def api(alice: Account) -> APIClient:
    """Alice's client."""
    return client_of(alice)


@pytest.fixture
def make_endpoint(alice: Account) -> Callable[..., Endpoint]:
    """Makes a running endpoint of Alice's that is subscribed to everything, unless told otherwise."""

    def make(**changes: Any) -> Endpoint:
        fields = {"name": "CRM", "url": "http://127.0.0.1:9/hook", "event_types": list(TOPICS), "now": NOW, **changes}
        return endpoints.create(account=fields.pop("account", alice), **fields)

    return make
