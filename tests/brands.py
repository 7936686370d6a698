"""A small cast: Alice's brand is licensed for everything, Bob's for zone 1 only, Carol's for nothing."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection, connections
from django.http import HttpResponse
from django.test import Client
from rest_framework.test import APIClient, ForceAuthClientHandler

from accounts.models import Account, Membership
from accounts.services import create_account, grant_zone, issue_token
from maac_contract.contract import TOPICS
from rest.v1.publish_fast import answer_quickly
from tests.lock_order import LockOrder
from webhooks.models import Endpoint
from webhooks.services import endpoints


class Site(ForceAuthClientHandler):
    """What wsgi.py serves: the door for events, and the framework behind it."""

    def __call__(self, environ: dict[str, Any]) -> Any:
        answer = answer_quickly(environ)
        if answer is None:
            return super().__call__(environ)
        status, headers, content = answer
        response = HttpResponse(content, status=int(status.split()[0]), headers=dict(headers))
        response.wsgi_request = WSGIRequest(environ)  # type: ignore[attr-defined]
        return response


SITE = Site(enforce_csrf_checks=False)
"""One for all clients, as one server is: each new one would look through every static file first."""
NOW = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
YEAR = timedelta(days=365)

# Else each new client looks through every static file first.
settings.WHITENOISE_AUTOREFRESH = True

# Made to be slow, which is what a password is for and a test is not.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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
    client = anyone()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def anyone() -> APIClient:
    """A REST client without a token."""
    client = APIClient(raise_request_exception=False)
    client.default_format = "json"
    client.handler = SITE
    return client


@pytest.fixture
def api(alice: Account) -> APIClient:
    """Alice's client."""
    return client_of(alice)


def browser(name: str, *accounts: Account, operates: bool = False) -> Client:
    """A browser in which a user of these brands, or somebody of customer support, has signed in to the console."""
    user = User.objects.create_user(name)
    for account in accounts:
        Membership.objects.create(user=user, account=account, created_at=NOW)
    if operates:
        user.user_permissions.add(Permission.objects.get(codename="operate"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def console(alice: Account) -> Client:
    """Alice's browser."""
    return browser("alice", alice)


@pytest.fixture
def operator(db: None) -> Client:
    """The browser of customer support."""
    return browser("support", operates=True)


@pytest.fixture
def make_endpoint(alice: Account) -> Callable[..., Endpoint]:
    """Makes a running endpoint of Alice's that is subscribed to everything, unless `changes` say otherwise."""

    def make(**changes: Any) -> Endpoint:
        fields = {"name": "CRM", "url": "http://127.0.0.1:9/hook", "event_types": list(TOPICS), "now": NOW, **changes}
        return endpoints.create(account=fields.pop("account", alice), **fields)

    return make


@pytest.fixture(scope="session")
def lock_order() -> LockOrder:
    """What this session has seen of it."""
    return LockOrder()


@pytest.fixture(autouse=True)
def _locks_are_taken_in_one_order(request: pytest.FixtureRequest) -> Iterator[None]:
    """On PostgreSQL, whose statements say what they lock."""
    is_watched = connection.vendor == "postgresql" and "db" in request.fixturenames
    if not is_watched or request.node.get_closest_marker("any_lock_order"):
        yield
        return
    request.getfixturevalue("db")
    order = request.getfixturevalue("lock_order")
    with order.watching(request.node.nodeid):
        yield
    assert not order.faults, order.faults


Racer = TypeVar("Racer")


def race(count: int, act: Callable[[], Racer]) -> list[Racer]:
    """What `act` gives to each of `count` threads that start at the same moment, each with a connection of its own."""
    start = threading.Barrier(count)

    def run(_number: int) -> Racer:
        start.wait()
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def error_of(response: Any) -> dict[str, Any]:
    """The error in an answer, which has the one shape that every error has."""
    assert response.headers["Content-Type"] == "application/json"
    body = json.loads(response.content)
    assert list(body) == ["error"]
    assert list(body["error"]) == ["code", "message", "fields"]
    assert body["error"]["message"]
    assert all(isinstance(reasons, list) and reasons for reasons in body["error"]["fields"].values())
    error: dict[str, Any] = body["error"]
    return error


def refusal(response: Any) -> tuple[int, str]:
    """Status and code of an answer that refuses."""
    return response.status_code, error_of(response)["code"]
