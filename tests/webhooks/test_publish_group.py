"""Calls that are answered together: one statement stores their events, and none suffers for another."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import IntegrityError, OperationalError, connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from accounts.services import issue_token, revoke_token
from events.models import Event
from maac_sim.wsgi_calls import Answer, run_group
from tests.brands import NOW
from webhooks import outbox
from webhooks.models import Delivery, Endpoint, QueueEntry
from webhooks.services.publish import EventRequest, make_events
from webhooks.services.publish_group import PublishGroup
from webhooks.services.subscribers import Subscribers, subscribers_of

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]

POINTS = "prize.points_added"

MakeEndpoint = Callable[..., Endpoint]


def environ(token: str, body: Any, **changes: str) -> dict[str, Any]:
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}", "content_type": "application/json", **changes}
    content = json.dumps(body).encode()
    made = RequestFactory().generic("POST", "/api/v1/events/", content, **headers).environ  # type: ignore[arg-type]
    return {**made, "wsgi.input": io.BytesIO(content)}


def answered(*environs: dict[str, Any]) -> list[tuple[int, Any]]:
    """Status and body of the answers to requests that are answered together."""
    return [(answer.status, read(answer)) for answer in run_group(WSGIHandler(), environs)]


def read(answer: Answer) -> Any:
    with answer.body as body:
        body.seek(0)
        return json.loads(body.read())


@pytest.fixture
def token(alice: Account) -> str:
    return issue_token(account=alice, name="test", now=NOW)[1]


def test_each_call_gets_its_own_event_and_statements_are_fewer_than_calls(
    alice: Account, token: str, make_endpoint: MakeEndpoint
) -> None:
    endpoints = {make_endpoint().pk for _ in range(3)}
    memos = [f"来店 {number}" for number in range(20)]
    bodies = [{"topic": POINTS, "data": {"points_memo": memo}, "merge": True} for memo in memos]
    answered(environ(token, bodies[0]))
    Event.objects.all().delete()
    with CaptureQueriesContext(connection) as queries:
        answers = answered(*[environ(token, body) for body in bodies])
    assert len(queries) < len(bodies)
    assert [status for status, _ in answers] == [201] * 20
    assert len({answer["id"] for _, answer in answers}) == Event.objects.count() == 20
    assert Delivery.objects.count() == QueueEntry.objects.count() == 60
    for memo, (_, answer) in zip(memos, answers, strict=True):
        event = Event.objects.get(pk=answer["id"])
        assert event.body == answer["body"]
        assert json.loads(event.body)["data"]["points_memo"] == memo
        stored = event.deliveries.order_by("id").values_list("id", "endpoint_id", "idempotency_key")
        assert [tuple(row.values())[:3] for row in answer["deliveries"]] == list(stored)
        assert {endpoint for _, endpoint, _ in stored} == endpoints


def test_calls_of_several_accounts_and_wrong_ones_do_not_touch_each_other(
    alice: Account, bob: Account, token: str, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    _, other = issue_token(account=bob, name="test", now=NOW)
    right, wrong = {"topic": POINTS}, {"topic": POINTS, "data": {"points_count": "many"}}
    answers = answered(
        environ(token, right),
        environ("nonsense", right),
        environ(other, right),
        environ(token, wrong),
        environ(token, right, HTTP_ACCEPT="application/json;q=0.9"),
        environ(token, right, HTTP_HOST="nobody.example"),
    )
    assert [status for status, _ in answers] == [201, 401, 201, 400, 201, 400]
    assert [len(answer["deliveries"]) for status, answer in answers if status == 201] == [1, 0, 1]
    assert Event.objects.count() == 3


def test_a_revoked_token_is_refused_from_the_next_group_on(alice: Account, token: str) -> None:
    assert answered(environ(token, {"topic": POINTS}))[0][0] == 201
    revoke_token(token=alice.api_tokens.get(), now=NOW)
    assert [status for status, _ in answered(*[environ(token, {"topic": POINTS})] * 2)] == [401, 401]


def test_an_account_that_is_gone_costs_no_other_its_event(alice: Account) -> None:
    gone = Subscribers(Account(pk=alice.pk + 1000, name="gone", created_at=NOW), [], frozenset({1, 2}))
    group = PublishGroup()
    everybody = [gone, *[subscribers_of(alice, NOW)] * 9]
    results = [
        group.add(make_events(event_requests=[EventRequest(POINTS)], subscribers=each, now=NOW)) for each in everybody
    ]
    group.store()
    with pytest.raises(IntegrityError):
        results[0]()
    for result in results[1:]:
        result()
    assert Event.objects.count() == 9


@pytest.mark.parametrize(
    ("error", "stores", "codes"), [(OperationalError, 1, [500, 500]), (IntegrityError, 3, [409] * 2)]
)
def test_a_call_whose_event_was_not_stored_is_answered_like_any_error(
    error: type[Exception],
    stores: int,
    codes: list[int],
    token: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    def fail(**arguments: Any) -> None:
        tried.append(len(arguments["events"]))
        raise error("no table webhooks_queueentry")

    monkeypatch.setattr(outbox, "store", fail)
    answers = answered(environ(token, {"topic": POINTS}), environ(token, {"topic": POINTS}))
    assert [status for status, _ in answers] == codes
    assert all(answer["error"]["message"] for _, answer in answers)
    assert len(tried) == stores
    assert not Event.objects.exists()
