"""/api/v1/deliveries/: the log, its filters and pages, the attempts, and sending again."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Account, Licence
from events.models import Event
from tests.brands import NOW, client_of, error_of, refusal
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services import endpoints
from webhooks.services.publish import EventRequest, new_delivery, publish

DELIVERIES = "/api/v1/deliveries/"
POINTS = "prize.points_added"
HOUR = timedelta(hours=1)

MakeEndpoint = Callable[..., Endpoint]
Deliver = Callable[..., Delivery]


@pytest.fixture
def endpoint(make_endpoint: MakeEndpoint) -> Endpoint:
    return make_endpoint()


@pytest.fixture
def deliver(endpoint: Endpoint) -> Deliver:
    """Stores a delivery of one event to `endpoint`, pending unless `changes` say otherwise."""

    def store(topic: str = POINTS, body: str = "{}", now: datetime = NOW, **changes: Any) -> Delivery:
        to = changes.pop("endpoint", endpoint)
        is_test = changes.pop("is_test", False)
        event = Event.objects.create(
            account=to.account, topic=topic, is_test=is_test, occurred_at=now, created_at=now, body=body
        )
        delivery = new_delivery(event=event, endpoint_id=to.pk, now=now)
        for name, value in changes.items():
            setattr(delivery, name, value)
        delivery.save()
        return delivery

    return store


def done(status: str = "delivered", **changes: Any) -> dict[str, Any]:
    """The columns of a delivery that is over."""
    return {"status": status, "finished_at": NOW + HOUR, **changes}


def found(client: APIClient, **filters: Any) -> list[int]:
    """The ids that the log shows under these filters."""
    answer = client.get(DELIVERIES, filters)
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


# The log


def test_a_row_tells_where_the_delivery_stands(api: APIClient, deliver: Deliver, endpoint: Endpoint) -> None:
    delivery = deliver(**done("failed", reason="ERROR_STATUS_CODE", status_code=500, attempt_count=4))
    (row,) = api.get(DELIVERIES).json()["results"]
    assert row == {
        "id": delivery.pk,
        "event": delivery.event_id,
        "endpoint": endpoint.pk,
        "endpoint_name": "CRM",
        "topic": POINTS,
        "is_test": False,
        "idempotency_key": delivery.idempotency_key,
        "status": "failed",
        "reason": "ERROR_STATUS_CODE",
        "status_code": 500,
        "attempt_count": 4,
        "due_at": None,
        "created_at": "2026-03-05T01:00:00Z",
        "finished_at": "2026-03-05T02:00:00Z",
        "redelivery_of": None,
    }


def test_the_newest_comes_first(api: APIClient, deliver: Deliver) -> None:
    ids = [deliver().pk for _ in range(3)]
    assert found(api) == ids[::-1]


def test_bob_sees_none_of_alices_deliveries(deliver: Deliver, bob: Account, endpoint: Endpoint) -> None:
    delivery = deliver(**done())
    bobs = client_of(bob)
    assert found(bobs) == found(bobs, endpoint=endpoint.pk) == found(bobs, event=delivery.event_id) == []
    assert refusal(bobs.get(f"{DELIVERIES}{delivery.pk}/")) == (404, "not_found")
    assert refusal(bobs.post(f"{DELIVERIES}{delivery.pk}/redeliver/")) == (404, "not_found")


# Filters


@pytest.fixture
def marked(deliver: Deliver, make_endpoint: MakeEndpoint) -> dict[str, int]:
    """Four deliveries that differ in everything a filter asks for: their ids by name."""
    other = make_endpoint(name="POS")
    return {
        "plain": deliver().pk,
        "failed": deliver(**done("failed")).pk,
        "test": deliver("message.first_open", is_test=True, now=NOW + HOUR).pk,
        "other": deliver(endpoint=other, now=NOW + 2 * HOUR, **done("failed")).pk,
    }


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"status": "failed"}, ["other", "failed"]),
        ({"status": "pending"}, ["test", "plain"]),
        ({"topic": "message.first_open"}, ["test"]),
        ({"is_test": "true"}, ["test"]),
        ({"is_test": "false"}, ["other", "failed", "plain"]),
        ({"since": "2026-03-05T02:00:00Z"}, ["other", "test"]),
        ({"until": "2026-03-05T02:00:00Z"}, ["failed", "plain"]),
        ({"since": "2026-03-05T10:00:00"}, ["other", "test"]),
        ({"since": "2026-03-05T10:00:00+08:00"}, ["other", "test"]),
        ({"since": "2026-03-05 10:00", "until": "2026-03-05 11:00"}, ["test"]),
        ({"status": "failed", "since": "2026-03-05T02:00:00Z"}, ["other"]),
        ({"status": "pending", "is_test": "false", "topic": POINTS}, ["plain"]),
        ({"status": "", "topic": "", "is_test": "", "since": "", "q": ""}, ["other", "test", "failed", "plain"]),
        ({"endpoint": "0"}, []),
        ({"event": str(2**63 - 1)}, []),
    ],
)
def test_each_filter_and_their_combination(
    filters: dict[str, str], names: list[str], api: APIClient, marked: dict[str, int]
) -> None:
    assert found(api, **filters) == [marked[name] for name in names]


def test_by_endpoint_and_by_event(api: APIClient, marked: dict[str, int]) -> None:
    other = Delivery.objects.get(pk=marked["other"])
    assert found(api, endpoint=other.endpoint_id) == found(api, event=other.event_id) == [other.pk]
    assert found(api, endpoint=other.endpoint_id, status="pending") == []


def test_an_offset_whose_plus_was_not_escaped_is_understood(api: APIClient, marked: dict[str, int]) -> None:
    answer = api.get(f"{DELIVERIES}?since=2026-03-05T11:00:00+08:00")
    assert [row["id"] for row in answer.json()["results"]] == [marked["other"]]


BODIES = {
    "japanese": "夏の抽選会",
    "emoji": "当選🎉",
    "quotes": 'say "hi"',
    "backslash": r"a\b",
    "percent": "100% off",
    "underscore": "snake_case",
    "plain": "1000 snakeXcase off",
}


@pytest.fixture
def spoken(deliver: Deliver) -> dict[int, str]:
    """A delivery for each of the texts: its name by its id."""
    return {deliver(body=json.dumps({"data": {"memo": text}})).pk: name for name, text in BODIES.items()}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("抽選", ["japanese"]),
        ("🎉", ["emoji"]),
        ('"hi"', ["quotes"]),
        ("\\", ["backslash"]),
        (r"a\b", ["backslash"]),
        ("%", ["percent"]),
        ("100%", ["percent"]),
        ("_", ["underscore"]),
        ("snake_case", ["underscore"]),
        ("off", ["plain", "percent"]),
        ("' OR 1=1 --", []),
        ("\U0010ffff", []),
    ],
)
def test_text_is_looked_for_as_it_stands(text: str, names: list[str], api: APIClient, spoken: dict[int, str]) -> None:
    assert [spoken[number] for number in found(api, q=text)] == names


def test_text_of_a_published_event_is_found(api: APIClient, alice: Account, endpoint: Endpoint) -> None:
    event_request = EventRequest("receipt.receipt_validated", data={"channel": "信義旗艦店"}, merge=True)
    (published,) = publish(account=alice, event_requests=[event_request], now=NOW)
    assert found(api, q="信義旗艦") == [published.deliveries[0].pk]


# Pages


@pytest.fixture
def long_log(alice: Account, endpoint: Endpoint) -> list[int]:
    """250 deliveries: their ids, newest first."""
    published = publish(account=alice, event_requests=[EventRequest("message.first_open")] * 250, now=NOW)
    return [entry.deliveries[0].pk for entry in reversed(published)]


def test_the_pages_together_are_the_log(api: APIClient, long_log: list[int]) -> None:
    pages = list(pages_of(api, DELIVERIES))
    assert [len(page) for page in pages] == [100, 100, 50]
    assert [number for page in pages for number in page] == long_log


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 250), (125, [125, 125]), (500, [250]), (9999, [250])])
def test_a_page_is_as_long_as_its_limit(limit: int, sizes: list[int], api: APIClient, long_log: list[int]) -> None:
    first = api.get(DELIVERIES, {"limit": limit}).json()
    assert len(first["results"]) == sizes[0]
    assert (first["next"] is None) == (len(sizes) == 1)


def test_next_keeps_the_filters(api: APIClient, long_log: list[int]) -> None:
    Delivery.objects.filter(pk__in=long_log[::2]).update(**done())
    pages = list(pages_of(api, f"{DELIVERIES}?status=delivered&limit=50"))
    assert [number for page in pages for number in page] == long_log[::2]


def test_rows_that_come_while_one_pages_do_not_shift_the_pages(
    api: APIClient, long_log: list[int], deliver: Deliver
) -> None:
    pages = pages_of(api, f"{DELIVERIES}?limit=125")
    first = next(pages)
    deliver()
    assert [*first, *next(pages)] == long_log


def test_a_page_costs_the_same_few_queries_and_never_a_count(api: APIClient, long_log: list[int]) -> None:
    api.get(DELIVERIES)  # The token's first use is noted.
    costs = []
    for limit in (1, 100, 250):
        with CaptureQueriesContext(connection) as queries:
            assert len(api.get(DELIVERIES, {"limit": limit}).json()["results"]) == limit
        assert not [query for query in queries.captured_queries if "COUNT(" in query["sql"].upper()]
        costs.append(sum("webhooks_" in query["sql"] for query in queries.captured_queries))
    assert costs == [1, 1, 1]


def pages_of(client: APIClient, url: str | None) -> Iterator[list[int]]:
    while url:
        body = client.get(url).json()
        yield [row["id"] for row in body["results"]]
        url = body["next"]


# One delivery and its attempts


def attempt(delivery: Delivery, number: int, **changes: Any) -> Attempt:
    fields = {
        "started_at": NOW,
        "duration_ms": 12.5,
        "request_headers": [["Content-Type", "application/json; charset=utf-8"], ["CrescLab-Signature", "ab" * 32]],
        "reason": "OK",
        "status_code": 200,
    }
    return Attempt.objects.create(delivery=delivery, number=number, **{**fields, **changes})


def test_a_delivery_shows_its_attempts_in_order(api: APIClient, deliver: Deliver, endpoint: Endpoint) -> None:
    delivery = deliver(body='{"a": "\\u590f"}', **done())
    attempt(delivery, 2)
    attempt(
        delivery, 1, dns_ms=1.5, connect_ms=2.5, tls_ms=None, first_byte_ms=9.0, address="127.0.0.1:9",
        reason="ERROR_STATUS_CODE", detail="The receiver answered 500.", status_code=500,
        response_headers=[["Server", "x"], ["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]], response_body="夏".encode(),
    )  # fmt: skip
    body = api.get(f"{DELIVERIES}{delivery.pk}/").json()
    assert (body["url"], body["body"]) == (endpoint.url, '{"a": "\\u590f"}')
    assert [entry["number"] for entry in body["attempts"]] == [1, 2]
    assert body["attempts"][0] == {
        "number": 1,
        "started_at": "2026-03-05T01:00:00Z",
        "duration_ms": 12.5,
        "dns_ms": 1.5,
        "connect_ms": 2.5,
        "tls_ms": None,
        "first_byte_ms": 9.0,
        "address": "127.0.0.1:9",
        "reason": "ERROR_STATUS_CODE",
        "detail": "The receiver answered 500.",
        "status_code": 500,
        "fault": None,
        "retry_after": None,
        "request": {
            "headers": {"Content-Type": "application/json; charset=utf-8", "CrescLab-Signature": "ab" * 32},
            "body": '{"a": "\\u590f"}',
        },
        "response": {"headers": {"Server": "x", "Set-Cookie": "a=1, b=2"}, "body": "夏", "truncated": False},
    }


def test_an_attempt_without_an_answer_has_no_response(api: APIClient, deliver: Deliver) -> None:
    delivery = deliver(**done("failed"))
    attempt(delivery, 1, reason="COULD_NOT_CONNECT", status_code=None)
    (shown,) = api.get(f"{DELIVERIES}{delivery.pk}/").json()["attempts"]
    assert (shown["response"], shown["status_code"]) == (None, None)


def test_an_answer_that_is_cut_or_no_text_is_shown_all_the_same(api: APIClient, deliver: Deliver) -> None:
    delivery = deliver(**done())
    attempt(delivery, 1, response_body=b"\xff\x00" + "夏".encode()[:2], response_truncated=True)
    (shown,) = api.get(f"{DELIVERIES}{delivery.pk}/").json()["attempts"]
    assert shown["response"] == {"headers": {}, "body": "\ufffd\0\ufffd", "truncated": True}


def test_many_attempts_cost_no_more_queries_than_one(api: APIClient, deliver: Deliver) -> None:
    path = f"{DELIVERIES}{deliver(**done()).pk}/"
    costs = []
    for number in range(1, 5):
        attempt(Delivery.objects.get(), number)
        api.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert len(api.get(path).json()["attempts"]) == number
        costs.append(len(queries))
    assert len(set(costs)) == 1


# Redeliver


def redeliver(client: APIClient, delivery: Delivery, **fields: Any) -> Any:
    return client.post(f"{DELIVERIES}{delivery.pk}/redeliver/", fields)


@pytest.mark.parametrize("status", ["delivered", "failed", "skipped"])
def test_what_is_done_can_be_sent_again_under_its_key(status: str, api: APIClient, deliver: Deliver) -> None:
    delivery = deliver(**done(status, reason="ERROR_STATUS_CODE", status_code=500, attempt_count=4))
    answer = redeliver(api, delivery)
    body = answer.json()
    assert (answer.status_code, body["id"], body["idempotency_key"]) == (202, delivery.pk, delivery.idempotency_key)
    assert (body["status"], body["reason"], body["status_code"], body["finished_at"]) == ("pending", "", None, None)
    assert body["due_at"] is not None
    delivery.refresh_from_db()
    assert (delivery.attempt_count, delivery.series_start) == (4, 4)
    assert Delivery.objects.count() == 1


def test_a_new_key_makes_a_new_delivery_of_the_same_event(api: APIClient, deliver: Deliver) -> None:
    delivery = deliver(**done("failed", attempt_count=4))
    before = Delivery.objects.values().get()
    answer = redeliver(api, delivery, new_key=True)
    body = answer.json()
    assert (answer.status_code, body["redelivery_of"], body["event"]) == (202, delivery.pk, delivery.event_id)
    assert body["id"] != delivery.pk
    assert body["idempotency_key"] != delivery.idempotency_key
    assert (body["status"], body["attempt_count"]) == ("pending", 0)
    assert Delivery.objects.values().get(pk=delivery.pk) == before


@pytest.mark.parametrize("state", [{}])
def test_what_is_still_being_sent_can_only_be_sent_under_a_new_key(
    state: dict[str, str], api: APIClient, deliver: Deliver
) -> None:
    delivery = deliver(**state)
    assert refusal(redeliver(api, delivery)) == (409, "delivery_in_progress")
    assert redeliver(api, delivery, new_key=True).status_code == 202


@pytest.mark.parametrize("act", [endpoints.pause, endpoints.delete], ids=["paused", "deleted"])
@pytest.mark.parametrize("new_key", [False, True])
def test_nothing_is_sent_again_to_a_paused_or_deleted_endpoint(
    act: Callable[..., Any], new_key: bool, api: APIClient, deliver: Deliver, endpoint: Endpoint
) -> None:
    delivery = deliver(**done())
    act(endpoint=endpoint, now=NOW)
    answer = redeliver(api, delivery, new_key=new_key)
    assert refusal(answer) == (409, "endpoint_not_running")
    assert "CRM" in error_of(answer)["message"]
    assert Delivery.objects.get().status == "delivered"


def test_a_test_event_can_be_sent_again_to_a_paused_endpoint(
    api: APIClient, deliver: Deliver, endpoint: Endpoint
) -> None:
    delivery = deliver(is_test=True, **done())
    endpoints.pause(endpoint=endpoint, now=NOW)
    answer = redeliver(api, delivery, new_key=True)
    assert (answer.status_code, answer.json()["is_test"]) == (202, True)


def test_nothing_is_sent_again_once_the_licence_is_over(api: APIClient, deliver: Deliver, alice: Account) -> None:
    delivery = deliver(**done())
    Licence.objects.filter(account=alice, zone=1).update(valid_until=NOW)
    assert refusal(redeliver(api, delivery)) == (403, "zone_not_licensed")
    assert Delivery.objects.get().status == "delivered"


def test_a_misspelt_filter_is_refused_instead_of_showing_every_row(api: APIClient) -> None:
    answer = api.get("/api/v1/deliveries/", {"stauts": "failed"})
    assert answer.status_code == 400
    assert "stauts is no filter" in answer.json()["error"]["message"]
