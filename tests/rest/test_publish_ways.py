"""Two ways of the calls that make events: they answer alike, and the quick one leaves alone what it cannot judge."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import RequestFactory
from rest_framework.test import APIClient

from accounts.models import Account
from accounts.services import issue_token, revoke_token
from events.models import Event
from maac_contract.contract import TOPICS
from maac_contract.samples import sample
from rest.v1.publish_fast import answer_quickly
from tests.brands import NOW, error_of, refusal
from webhooks.models import Delivery, Endpoint
from webhooks.services import endpoints
from webhooks.services.publish import EventRequest, publish

pytestmark = pytest.mark.both_databases

EVENTS, BATCH = "/api/v1/events/", "/api/v1/events/batch/"
CREATED = "201 Created"
POINTS = "prize.points_added"
SLOWLY = {"Accept": "application/json;q=0.9"}
"""A header that means nothing more, and that the quick way does not know."""

MakeEndpoint = Callable[..., Endpoint]


def post(client: APIClient, path: str, body: Any, **headers: str) -> Any:
    return client.post(path, body, headers=headers)


def without_what_differs(answer: Any) -> tuple[Any, ...]:
    """Status, headers and body without ids, keys and times, which no two events share."""
    body = answer.json()
    for event in body if isinstance(body, list) else [body]:
        for name in ("id", "occurred_at", "created_at"):
            assert event.pop(name)
        for delivery in event["deliveries"]:
            assert delivery.pop("id")
            assert len(delivery.pop("idempotency_key")) == 32
        event["body"] = json.loads(event["body"])
        del event["body"]["timestamp"]
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
    return answer.status_code, headers, body


BODIES: list[tuple[str, Any]] = [
    *[(EVENTS, {"topic": topic, "seed": 7}) for topic in TOPICS],
    *[(EVENTS, {"topic": topic, "data": sample(topic, seed="夏")}) for topic in TOPICS],
    (EVENTS, {"topic": POINTS, "seed": "七", "data": {"points_count": 3}, "merge": True}),
    (EVENTS, {"topic": POINTS, "seed": 1, "merge": False}),
    (BATCH, [{"topic": topic, "seed": 7} for topic in TOPICS]),
]


@pytest.mark.parametrize(("path", "body"), BODIES)
def test_both_ways_give_the_same_answer(path: str, body: Any, api: APIClient, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    make_endpoint(name="他店", event_types=["message.first_open"])
    endpoints.pause(endpoint=make_endpoint(), now=NOW)
    quick, slow = post(api, path, body), post(api, path, body, **SLOWLY)
    assert quick.status_code == 201
    assert without_what_differs(quick) == without_what_differs(slow)


@pytest.mark.parametrize(("first", "second"), [({}, SLOWLY), (SLOWLY, {})], ids=["quick first", "slow first"])
@pytest.mark.parametrize(("path", "body"), [BODIES[0], BODIES[-1]], ids=["one", "batch"])
def test_a_request_is_known_again_on_the_other_way(
    path: str, body: Any, first: dict[str, str], second: dict[str, str], api: APIClient
) -> None:
    key = {"Idempotency-Key": "k"}
    made, repeated = post(api, path, body, **first, **key), post(api, path, body, **second, **key)
    assert (made.status_code, repeated.status_code) == (201, 201)
    assert made.json() == repeated.json()
    assert ("Idempotent-Replayed" in made, repeated["Idempotent-Replayed"]) == (False, "true")


@pytest.fixture
def ask(alice: Account) -> Callable[..., Any]:
    """What the quick way makes of a request with a good token: its answer, or None."""
    _, token = issue_token(account=alice, name="test", now=NOW)

    def ask(path: str = EVENTS, body: Any = None, method: str = "POST", **changes: str) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body or {"topic": POINTS}).encode()
        headers = {"HTTP_AUTHORIZATION": f"Bearer {token}", "content_type": "application/json", **changes}
        return answer_quickly(RequestFactory().generic(method, path, content, **headers).environ)  # type: ignore[arg-type]

    return ask


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"content_type": "application/json; charset=utf-8"},
        {"HTTP_ACCEPT": "*/*"},
        {"HTTP_ACCEPT": "application/json"},
        {"HTTP_ACCEPT_LANGUAGE": "ja"},
    ],
)
def test_what_nearly_every_client_sends_is_answered_quickly(changes: dict[str, str], ask: Callable[..., Any]) -> None:
    assert ask(**changes)[0] == CREATED
    assert ask(BATCH, [{"topic": POINTS}] * 1000, **changes)[0] == CREATED
    assert Event.objects.count() == 1001


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "PUT"},
        {"content_type": "application/json; charset=latin-1"},
        {"content_type": "text/plain"},
        {"HTTP_ACCEPT": "text/html"},
        {"HTTP_ACCEPT": "application/json; indent=4"},
        {"HTTP_AUTHORIZATION": ""},
        {"HTTP_AUTHORIZATION": "Bearer nonsense"},
        {"QUERY_STRING": "format=json"},
        {"CONTENT_LENGTH": ""},
        {"CONTENT_LENGTH": "5000000"},
        {"HTTP_IDEMPOTENCY_KEY": "x" * 256},
        {"HTTP_HOST": "nobody.example"},
        {"path": "/api/v1/events"},
        {"path": "/api/v1/deliveries/"},
    ],
    ids=str,
)
def test_another_request_is_left_to_the_framework(changes: dict[str, str], ask: Callable[..., Any]) -> None:
    assert ask(**changes) is None
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"topic": "prize.points_added", "seed": NaN}',
        b"\xef\xbb\xbf{}",
        "夏".encode("utf-16"),
        b"[" * 100_000,
        [],
        5,
        {"seed": 1},
        {"topic": "nonsense"},
        {"topic": [POINTS]},
        {"topic": POINTS, "data": None},
        {"topic": POINTS, "seed": True},
        {"topic": POINTS, "merge": 1},
        {"topic": POINTS, "timestamp": "2026-03-05T09:00:00"},
        {"topic": POINTS, "sed": 1},
        {"topic": POINTS, "data": {"points_count": 1}},
    ],
    ids=lambda body: str(body)[:40],
)
def test_a_body_that_is_not_plainly_right_is_left_to_the_framework(body: Any, ask: Callable[..., Any]) -> None:
    assert ask(body=body if body != [] else b"[]") is None
    assert ask(BATCH, [{"topic": POINTS}, body] if not isinstance(body, bytes) else body) is None
    assert not Event.objects.exists()


def test_a_token_that_is_revoked_makes_no_event_from_that_moment_on(alice: Account, ask: Callable[..., Any]) -> None:
    assert ask() is not None
    revoke_token(token=alice.api_tokens.get(), now=NOW)
    assert ask() is None


def test_a_batch_with_a_fault_is_refused_in_the_frameworks_words(api: APIClient) -> None:
    answer = post(api, BATCH, [{"topic": POINTS}, {"topic": POINTS, "data": {}}])
    assert refusal(answer) == (400, "invalid_payload")
    assert next(iter(error_of(answer)["fields"])).startswith("[1].data.")
    assert not Event.objects.exists()


def test_what_publish_gives_is_what_it_stored(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    make_endpoint(name="他店", event_types=["message.first_open"])
    event_requests = [EventRequest(POINTS, seed=1, retry_waits=[0.5]), EventRequest("message.first_open", seed=2)]
    published = publish(account=alice, event_requests=event_requests, now=NOW)
    for row in [row for entry in published for row in (entry.event, *entry.deliveries)]:
        stored = type(row)._default_manager.get(pk=row.pk)
        assert row == stored
        names = [field.attname for field in row._meta.concrete_fields]
        assert [getattr(row, name) for name in names] == [getattr(stored, name) for name in names]
        assert not row.get_deferred_fields()
    assert [delivery.event for entry in published for delivery in entry.deliveries] == [
        entry.event for entry in published for _ in entry.deliveries
    ]


def test_a_request_that_is_left_to_the_framework_can_be_read_once_more(alice: Account) -> None:
    _, token = issue_token(account=alice, name="test", now=NOW)
    content = b'{"topic": "nonsense", "data": {"\xe5\xa4\x8f": 1}}'
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}", "content_type": "application/json"}
    environ = RequestFactory().generic("POST", EVENTS, content, **headers).environ  # type: ignore[arg-type]
    assert answer_quickly(environ) is None
    assert environ["wsgi.input"].read() == content


def test_a_fault_of_ours_is_answered_as_the_framework_does(
    api: APIClient, make_endpoint: MakeEndpoint, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_endpoint()

    def fail(**_arguments: Any) -> None:
        raise RuntimeError("no table webhooks_queueentry")

    monkeypatch.setattr("webhooks.outbox.store", fail)
    answer = post(api, EVENTS, {"topic": POINTS})
    assert refusal(answer) == (500, "server_error")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert "webhooks_queueentry" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_database_closed_is_opened_again(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connections that could be closed")
    make_endpoint()
    assert post(api, EVENTS, {"topic": POINTS}).status_code == 201
    close_from_outside()
    assert post(api, EVENTS, {"topic": POINTS}).status_code == 201
    assert Delivery.objects.count() == 2


def close_from_outside() -> None:
    """End our connection's process at the server, as a restart of the database would."""
    driver: Any = connection.connection
    with psycopg.connect(driver.info.dsn, autocommit=True) as another:
        another.execute("SELECT pg_terminate_backend(%s, 5000)", [driver.info.backend_pid])
