"""The calls that publish events answer alike whether or not the framework's own steps are left out."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import Account
from accounts.services import revoke_token
from events.models import Event
from maac_contract.contract import TOPICS
from maac_contract.samples import sample
from tests.brands import NOW, error_of, refusal
from webhooks.models import Delivery, Endpoint
from webhooks.services import endpoints
from webhooks.services.publish import EventRequest, publish

pytestmark = pytest.mark.both_databases

EVENTS, BATCH = "/api/v1/events/", "/api/v1/events/batch/"
POINTS = "prize.points_added"
SLOWLY = {"Accept": "application/json;q=0.9"}
"""A header that means nothing more, and is not one that nearly every client sends."""

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
def test_other_headers_give_the_same_answer(path: str, body: Any, api: APIClient, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    make_endpoint(name="他店", event_types=["message.first_open"])
    endpoints.pause(endpoint=make_endpoint(), now=NOW)
    quick, slow = post(api, path, body), post(api, path, body, **SLOWLY)
    assert quick.status_code == 201
    assert without_what_differs(quick) == without_what_differs(slow)


@pytest.mark.parametrize(("first", "second"), [({}, SLOWLY), (SLOWLY, {})], ids=["plain first", "other first"])
@pytest.mark.parametrize(("path", "body"), [BODIES[0], BODIES[-1]], ids=["one", "batch"])
def test_a_request_is_known_again_with_other_headers(
    path: str, body: Any, first: dict[str, str], second: dict[str, str], api: APIClient
) -> None:
    key = {"Idempotency-Key": "k"}
    made, repeated = post(api, path, body, **first, **key), post(api, path, body, **second, **key)
    assert (made.status_code, repeated.status_code) == (201, 201)
    assert made.json() == repeated.json()
    assert ("Idempotent-Replayed" in made, repeated["Idempotent-Replayed"]) == (False, "true")


@pytest.mark.parametrize(
    "changes",
    [
        {"Content-Type": "text/plain"},
        {"Accept": "text/html"},
        {"Authorization": ""},
        {"Authorization": "Bearer nonsense"},
        {"Idempotency-Key": "x" * 256},
        {"Host": "nobody.example"},
    ],
    ids=str,
)
@pytest.mark.parametrize(("path", "body"), [BODIES[0], BODIES[-1]], ids=["one", "batch"])
def test_a_request_with_a_wrong_header_publishes_nothing(
    path: str, body: Any, changes: dict[str, str], api: APIClient
) -> None:
    if "Authorization" in changes:
        api.credentials()
    answer = api.post(path, body, headers=changes)
    assert 400 <= answer.status_code < 500
    assert error_of(answer)
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{",
        b'{"topic": "prize.points_added", "seed": NaN}',
        b'{"topic": "prize.points_added", "data": {"points_memo": "\\u0000"}}',
        b"\xef\xbb\xbf{}",
        "夏".encode("utf-16"),
        b"[" * 100_000,
        b"[]",
        b"5",
        {"seed": 1},
        {"topic": "nonsense"},
        {"topic": " "},
        {"topic": None},
        {"topic": [POINTS]},
        {"topic": POINTS, "data": None},
        {"topic": POINTS, "data": []},
        {"topic": POINTS, "seed": True},
        {"topic": POINTS, "merge": 1},
        {"topic": POINTS, "timestamp": "yesterday"},
        {"topic": POINTS, "retry_waits": [-1]},
        {"topic": POINTS, "sed": 1},
        {"topic": POINTS, "data": {"points_count": 1}},
    ],
    ids=lambda body: str(body)[:40],
)
@pytest.mark.parametrize("path", [EVENTS, BATCH])
def test_a_wrong_body_is_refused_in_the_same_words_with_any_headers(path: str, body: Any, api: APIClient) -> None:
    sent = [{"topic": POINTS}, body] if path == BATCH else body
    content = body if isinstance(body, bytes) else json.dumps(sent).encode()
    answers = [
        api.generic("POST", path, content, "application/json", headers=headers)  # type: ignore[arg-type]
        for headers in ({}, SLOWLY)
    ]
    assert answers[0].status_code == answers[1].status_code == 400
    assert answers[0].content == answers[1].content
    assert answers[0].headers == answers[1].headers
    assert error_of(answers[0])["fields"] or refusal(answers[0])[1] == "malformed_json"
    assert not Event.objects.exists()


def test_a_token_that_is_revoked_makes_no_event_from_that_moment_on(alice: Account, api: APIClient) -> None:
    assert post(api, EVENTS, {"topic": POINTS}).status_code == 201
    revoke_token(token=alice.api_tokens.get(), now=NOW)
    assert refusal(post(api, EVENTS, {"topic": POINTS})) == (401, "authentication_failed")


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
