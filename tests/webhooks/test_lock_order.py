"""Calls that meet in the database: every pair of those about an endpoint, and what is answered where one must fail."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations_with_replacement
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client
from rest_framework.test import APIClient

from accounts.errors import AlreadyAMember
from accounts.locks import lock_account
from accounts.models import Account, Membership
from accounts.people import add_person
from modules.surveys import services as surveys
from modules.surveys.models import Survey
from tests.brands import NOW, client_of, race, refusal
from tests.lock_order import LockOrder
from webhooks.models import Endpoint
from webhooks.services import endpoints

ENDPOINTS = "/api/v1/endpoints/"
POINTS = "prize.points_added"
MakeEndpoint = Callable[..., Endpoint]

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

CALLS: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "edit": ("patch", "{path}", {"name": "changed"}),
    "rotate": ("post", "{path}secret/rotate/", None),
    "reveal": ("get", "{path}secret/", None),
    "pause": ("post", "{path}pause/", None),
    "resume": ("post", "{path}resume/", None),
    "script a fault": ("post", "{path}faults/", {"kind": "delay"}),
    "clear faults": ("delete", "{path}faults/", None),
    "create": ("post", ENDPOINTS, {"name": "x", "url": "http://127.0.0.1:9/", "event_types": [POINTS]}),
    "publish": ("post", "/api/v1/events/", {"topic": POINTS}),
    "change waits": ("patch", "/api/v1/account/", {"retry_waits": [1.0]}),
    "make a sandbox": ("post", "/api/v1/accounts/", {}),
    "check": ("post", "/api/v1/checks/", {"endpoint": "{id}"}),
    "redeliver": ("post", "/api/v1/deliveries/redeliver/", {}),
    "delete": ("delete", "{path}", None),
}


def call(client: APIClient, name: str, endpoint: Endpoint) -> Any:
    method, path, fields = CALLS[name]
    body = {key: endpoint.pk if value == "{id}" else value for key, value in fields.items()} if fields else fields
    return getattr(client, method)(path.format(path=f"{ENDPOINTS}{endpoint.pk}/"), body)


@pytest.mark.django_db(transaction=True)
def test_every_two_calls_about_an_endpoint_can_be_made_at_once(
    alice: Account, make_endpoint: MakeEndpoint, settings: Any
) -> None:
    settings.SANDBOXES = True
    clients = [client_of(alice) for _ in range(4)]
    endpoint = make_endpoint()
    alone = {name: call(clients[0], name, endpoint).status_code for name in CALLS}
    assert {name: status for name, status in alone.items() if status >= 300} == {}
    for pair in combinations_with_replacement(CALLS, 2):
        Endpoint.objects.exclude(status="deleted").update(status="deleted", deleted_at=NOW)
        callers = zip(clients, pair * 2, strict=True)
        make_call = partial(call_as, callers, make_endpoint())
        assert max(race(4, make_call)) < 500, pair


def call_as(callers: Iterator[tuple[APIClient, str]], endpoint: Endpoint) -> int:
    """What the next of the callers calls."""
    client, name = next(callers)
    return int(call(client, name, endpoint).status_code)


def test_a_wrong_order_and_a_lock_that_foreign_keys_wait_for_are_found(
    alice: Account, make_endpoint: MakeEndpoint, lock_order: LockOrder
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's statements lock no rows.")
    endpoint, order = make_endpoint(), LockOrder()
    with order.watching("here"), transaction.atomic():
        Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        lock_account(alice.pk)
    assert len(order.faults) == 1
    with order.watching("there"):
        with transaction.atomic():
            Account.objects.select_for_update().get(pk=alice.pk)
        endpoints.pause(endpoint=endpoint, now=NOW)
    assert order.faults == ["accounts_account is locked FOR UPDATE and not deleted, in there"]
    lock_order.faults.clear()  # It has seen the same.


# What must fail is not the simulator's fault


@pytest.mark.parametrize("path", ["account/", "events/"])
def test_what_the_database_does_not_serve_can_be_asked_again(
    path: str, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any, **_options: Any) -> None:
        raise OperationalError("deadlock detected") from psycopg.errors.DeadlockDetected()

    monkeypatch.setattr("rest.v1.account.endpoint_limit", fail)
    monkeypatch.setattr("webhooks.outbox.store", fail)
    answer = api.get(f"/api/v1/{path}") if path == "account/" else api.post(f"/api/v1/{path}", {"topic": POINTS})
    assert refusal(answer) == (503, "database_busy")
    assert answer.headers["Retry-After"] == "1"


def test_the_console_says_so_as_well(console: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any, **_options: Any) -> None:
        raise OperationalError("deadlock detected") from psycopg.errors.DeadlockDetected()

    monkeypatch.setattr("webhooks.selectors.endpoints", fail)
    console.raise_request_exception = False
    answer = console.get("/console/webhooks/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_a_row_that_was_deleted_or_made_meanwhile_is_no_failure(
    api: APIClient, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey = surveys.create(account=alice, title="x", now=NOW)
    monkeypatch.setattr("modules.surveys.services._locked", lambda survey: Survey.objects.get(pk=0))
    assert refusal(api.patch(f"/api/v1/modules/surveys/{survey.pk}/", {"title": "y"})) == (404, "not_found")

    def fail(*_arguments: Any, **_options: Any) -> None:
        raise IntegrityError("violates foreign key constraint")

    monkeypatch.setattr("modules.surveys.services._locked", fail)
    assert refusal(api.patch(f"/api/v1/modules/surveys/{survey.pk}/", {"title": "y"})) == (409, "conflict")


@pytest.mark.django_db(transaction=True)
def test_a_user_who_is_added_twice_at_once_works_for_the_account_once(alice: Account) -> None:
    def add() -> bool:
        try:
            add_person(account=alice, username="new", now=NOW)
        except AlreadyAMember:
            return False
        return True

    assert sum(race(4, add)) == 1
    assert Membership.objects.count() == 1
