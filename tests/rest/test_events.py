"""POST /api/v1/events/ and its batch, reading an event, and waiting for it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Account, Licence
from events.models import Event
from maac_contract.contract import TOPICS
from rest.v1.serializers import EventDeliveryOut, EventOut, WaitOut
from tests.brands import NOW, client_of, error_of, race, refusal
from webhooks.models import AcceptedRequest, Delivery, Endpoint
from webhooks.services import endpoints
from webhooks.services.publish import EventRequest
from webhooks.services.publish import publish as accept

EVENTS = "/api/v1/events/"
BATCH = "/api/v1/events/batch/"
POINTS = "prize.points_added"
RACERS = 10

MakeEndpoint = Callable[..., Endpoint]


def publish(client: APIClient, topic: str = POINTS, **fields: Any) -> Any:
    return client.post(EVENTS, {"topic": topic, **fields})


def sent(answer: Any) -> dict[str, Any]:
    """What the body of an accepted event says."""
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = json.loads(answer.json()["body"])
    return body


def points(**changes: Any) -> dict[str, Any]:
    """A valid payload of prize.points_added."""
    return {
        "prize_name": "夏の抽選",
        "points_id": "0b9a5c2e-7d7c-4a9e-9a57-0b1c2d3e4f50",
        "line_uid": "U" + "0123456789abcdef" * 2,
        "customer_id": "C-1",
        "points_memo": "来店",
        "points_count": 10,
        "points_expire_date": None,
        "points_category": None,
        **changes,
    }


# Samples


@pytest.mark.parametrize("topic", TOPICS)
def test_an_event_without_data_is_a_sample(topic: str, api: APIClient) -> None:
    answer = publish(api, topic)
    body = sent(answer)
    assert list(answer.json()) == [
        "id", "topic", "is_test", "occurred_at", "created_at", "body", "deliveries", "not_reached", "retry_waits",
    ]  # fmt: skip
    assert (answer.json()["topic"], answer.json()["is_test"]) == (topic, False)
    assert list(body) == ["timestamp", "topic", "data"]
    assert body["topic"] == topic
    assert body["data"]


@pytest.mark.parametrize("topic", TOPICS)
def test_the_same_seed_gives_the_same_data(topic: str, api: APIClient) -> None:
    for seed in (7, "七", -(2**63) + 1):
        first, second = (sent(publish(api, topic, seed=seed)) for _ in range(2))
        assert first["data"] == second["data"], seed


def test_the_same_seed_and_timestamp_give_the_same_bytes(api: APIClient) -> None:
    again = [publish(api, seed=7, timestamp="2026-03-05T09:00:00+08:00").json()["body"] for _ in range(2)]
    assert again[0] == again[1]


def test_another_seed_or_none_gives_other_data(api: APIClient) -> None:
    bodies = [
        sent(answer)["data"] for answer in (publish(api, seed=1), publish(api, seed=2), publish(api), publish(api))
    ]
    assert len({json.dumps(body) for body in bodies}) == 4


# Data given


def test_data_is_sent_as_it_is_given(api: APIClient) -> None:
    assert sent(publish(api, data=points()))["data"] == points()


def test_fields_are_sent_in_the_order_of_the_contract(api: APIClient) -> None:
    shuffled = dict(reversed(points().items()))
    assert list(sent(publish(api, data=shuffled))["data"]) == list(points())


def test_a_whole_number_is_sent_as_the_float_that_the_contract_has_there(api: APIClient) -> None:
    item = {"description": "美式咖啡", "unit_price": 65, "quantity": 1, "amount": 65}
    body = publish(api, "receipt.receipt_validated", data={"items": [item]}, merge=True).json()["body"]
    assert '"unit_price": 65.0, "quantity": 1.0, "amount": 65.0' in body


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"points_count": "10"}, "data.points_count"),
        ({"points_count": 10.0}, "data.points_count"),
        ({"points_count": True}, "data.points_count"),
        ({"line_uid": "U123"}, "data.line_uid"),
        ({"prize_name": None}, "data.prize_name"),
        ({"points_expire_date": "2026-02-30T00:00:00+08:00"}, "data.points_expire_date"),
        ({"point_count": 1}, "data.point_count"),
    ],
)
def test_a_fault_in_the_data_is_named_by_its_path(change: dict[str, Any], path: str, api: APIClient) -> None:
    answer = publish(api, data=points(**change))
    assert refusal(answer) == (400, "invalid_payload")
    assert list(error_of(answer)["fields"]) == [path]
    assert path in error_of(answer)["message"]
    assert not Event.objects.exists()


def test_every_fault_is_named_at_once(api: APIClient) -> None:
    answer = publish(api, data={"points_count": "x"})
    assert set(error_of(answer)["fields"]) == {f"data.{name}" for name in points()}


# Merge


def test_with_merge_the_data_is_laid_over_the_sample(api: APIClient) -> None:
    whole = sent(publish(api, seed=7))["data"]
    merged = sent(publish(api, seed=7, data={"points_count": 99}, merge=True))["data"]
    assert merged == {**whole, "points_count": 99}


def test_objects_merge_key_by_key_and_lists_are_replaced(api: APIClient) -> None:
    topic = "form.surveycake_submitted"
    whole = sent(publish(api, topic, seed=7))["data"]
    merged = sent(publish(api, topic, seed=7, data={"answer": {"title": "新しい題", "result": []}}, merge=True))["data"]
    assert merged["answer"] == {**whole["answer"], "title": "新しい題", "result": []}


def test_partial_data_without_merge_is_refused(api: APIClient) -> None:
    assert refusal(publish(api, data={"points_count": 99})) == (400, "invalid_payload")


def test_merged_data_is_validated_as_well(api: APIClient) -> None:
    answer = publish(api, data={"points_count": None}, merge=True)
    assert list(error_of(answer)["fields"]) == ["data.points_count"]


# Timestamp


@pytest.mark.parametrize(
    ("given", "output"),
    [
        ("2021-11-29T15:43:26.582968+08:00", "2021-11-29T15:43:26.582968+08:00"),
        ("2026-03-05T09:00:00Z", "2026-03-05T17:00:00.000000+08:00"),
        ("2026-03-05T09:00:00-05:00", "2026-03-05T22:00:00.000000+08:00"),
        ("2026-03-05T09:00:00", "2026-03-05T09:00:00.000000+08:00"),
        ("2026-03-05 09:00", "2026-03-05T09:00:00.000000+08:00"),
        ("2026-03-05", "2026-03-05T00:00:00.000000+08:00"),
        ("1970-01-01T08:00:00", "1970-01-01T08:00:00.000000+08:00"),
        ("8999-12-31T00:00:00Z", "8999-12-31T08:00:00.000000+08:00"),
    ],
)
@pytest.mark.parametrize("topic", ["receipt.receipt_validated", POINTS])
def test_a_timestamp_is_reported_with_the_accounts_offset(given: str, output: str, topic: str, api: APIClient) -> None:
    assert sent(publish(api, topic, timestamp=given))["timestamp"] == output


@pytest.mark.parametrize(
    "timestamp",
    [
        "yesterday",
        "",
        "2026-02-30T00:00:00Z",
        "2026-03-05T25:00:00Z",
        "2026-03-05T09:00:00+99:00",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00",
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00+14:00",
        "9000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "10000-01-01T00:00:00Z",
        "2026-03-05T09:00:00Z" + "0" * 200,
    ],
)
def test_a_timestamp_that_is_none_or_out_of_range_is_refused(timestamp: str, api: APIClient) -> None:
    answer = publish(api, timestamp=timestamp)
    assert refusal(answer) == (400, "invalid_request")
    assert list(error_of(answer)["fields"]) == ["timestamp"]
    assert not Event.objects.exists()


def test_without_a_timestamp_it_happens_now(api: APIClient) -> None:
    answer = publish(api)
    assert answer.json()["occurred_at"] == answer.json()["created_at"]
    assert sent(answer)["timestamp"].endswith("+08:00")


# The bytes


@pytest.mark.parametrize("topic", TOPICS)
def test_the_body_is_written_as_python_writes_json(topic: str, api: APIClient) -> None:
    body = publish(api, topic, seed=3).json()["body"]
    assert body.isascii()
    assert body == json.dumps(json.loads(body))


def test_characters_beyond_ascii_are_escaped_astral_ones_as_pairs(api: APIClient) -> None:
    body = publish(api, data=points(prize_name="ポイント🎉", points_memo='"\\/')).json()["body"]
    assert r'"prize_name": "\u30dd\u30a4\u30f3\u30c8\ud83c\udf89"' in body
    assert r'"points_memo": "\"\\/"' in body


def test_the_stored_body_is_the_one_that_was_answered(api: APIClient) -> None:
    answer = publish(api).json()
    assert Event.objects.get(pk=answer["id"]).body == answer["body"]
    assert api.get(f"{EVENTS}{answer['id']}/").json() == answer


# Which endpoints get it


def test_each_subscribed_endpoint_gets_a_delivery_with_a_key_of_its_own(
    api: APIClient, make_endpoint: MakeEndpoint
) -> None:
    output = [make_endpoint().pk for _ in range(3)]
    deliveries = publish(api).json()["deliveries"]
    assert [delivery["endpoint"] for delivery in deliveries] == output
    assert {delivery["status"] for delivery in deliveries} == {"pending"}
    keys = {delivery["idempotency_key"] for delivery in deliveries}
    assert len(keys) == 3
    assert all(len(key) == 32 and set(key) <= set("0123456789abcdef") for key in keys)


def test_an_event_that_nobody_is_reported_of_is_accepted_all_the_same(carol: Account) -> None:
    answer = publish(client_of(carol))
    assert (answer.status_code, answer.json()["deliveries"], answer.json()["not_reached"]) == (201, [], [])


def test_why_an_endpoint_is_not_reached_is_reported(
    api: APIClient, make_endpoint: MakeEndpoint, alice: Account
) -> None:
    make_endpoint(name="other", event_types=["message.first_open"])
    endpoints.pause(endpoint=make_endpoint(name="paused"), now=NOW)
    make_endpoint(name="reached")
    answer = publish(api).json()
    assert [(row["name"], row["reason"]) for row in answer["not_reached"]] == [
        ("other", "not_subscribed"),
        ("paused", "endpoint_paused"),
    ]
    assert all(row["detail"] for row in answer["not_reached"])
    assert len(answer["deliveries"]) == 1


def test_an_endpoint_whose_licence_is_over_is_not_reached(
    api: APIClient, make_endpoint: MakeEndpoint, alice: Account
) -> None:
    make_endpoint()
    Licence.objects.filter(account=alice, zone=1).update(valid_until=NOW)
    reasons = {topic: [row["reason"] for row in publish(api, topic).json()["not_reached"]] for topic in TOPICS}
    assert reasons == {topic: [] if TOPICS[topic].zone == 2 else ["zone_not_licensed"] for topic in TOPICS}


def test_a_deleted_endpoint_is_not_even_mentioned(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoints.delete(endpoint=make_endpoint(), now=NOW)
    answer = publish(api).json()
    assert (answer["deliveries"], answer["not_reached"]) == ([], [])


def test_alices_event_reaches_nobody_of_bobs(api: APIClient, bob: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint(account=bob, event_types=[POINTS])
    answer = publish(api).json()
    assert (answer["deliveries"], answer["not_reached"]) == ([], [])
    assert client_of(bob).get(f"{EVENTS}{answer['id']}/").status_code == 404


# Idempotency-Key


def keyed(client: APIClient, key: str, path: str = EVENTS, body: Any = None) -> Any:
    return client.post(path, body or {"topic": POINTS}, headers={"Idempotency-Key": key})


def test_a_repeated_request_gets_the_first_answer(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    first, second = keyed(api, "k"), keyed(api, "k")
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert (Event.objects.count(), Delivery.objects.count()) == (1, 1)


def test_another_key_makes_another_event(api: APIClient) -> None:
    assert keyed(api, "k").json()["id"] != keyed(api, "l").json()["id"]


@pytest.mark.parametrize(
    ("path", "body"),
    [(EVENTS, {"topic": POINTS, "seed": 1}), (EVENTS, {"topic": "message.first_open"}), (BATCH, [{"topic": POINTS}])],
)
def test_a_key_cannot_be_used_for_another_request(path: str, body: Any, api: APIClient) -> None:
    keyed(api, "k")
    assert refusal(keyed(api, "k", path, body)) == (422, "idempotency_key_reused")
    assert Event.objects.count() == 1


def test_a_batch_can_be_repeated_too(api: APIClient) -> None:
    first, second = (keyed(api, "k", BATCH, [{"topic": POINTS}, {"topic": POINTS}]) for _ in range(2))
    assert first.json() == second.json()
    assert Event.objects.count() == 2


def test_alice_and_bob_may_use_the_same_key(api: APIClient, bob: Account) -> None:
    assert keyed(api, "k").json()["id"] != keyed(client_of(bob), "k").json()["id"]


def test_a_request_that_failed_does_not_use_its_key_up(api: APIClient) -> None:
    assert keyed(api, "k", body={"topic": POINTS, "data": {}}).status_code == 400
    assert not AcceptedRequest.objects.exists()
    assert keyed(api, "k", body={"topic": POINTS, "data": points()}).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_a_key_that_cannot_be_kept_is_refused(key: str, api: APIClient) -> None:
    assert refusal(keyed(api, key)) == (400, "invalid_request")
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_ten_who_send_the_same_key_at_once_make_one_event(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    clients = iter([client_of(alice) for _ in range(RACERS)])
    answers = race(RACERS, lambda: keyed(next(clients), "k"))
    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert sum("Idempotent-Replayed" in answer for answer in answers) == RACERS - 1
    assert (Event.objects.count(), Delivery.objects.count()) == (1, 1)


# Batch


def test_a_batch_answers_in_the_order_it_was_sent(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    answer = api.post(BATCH, [{"topic": topic} for topic in TOPICS])
    assert answer.status_code == 201
    assert [event["topic"] for event in answer.json()] == list(TOPICS)
    assert [len(event["deliveries"]) for event in answer.json()] == [1] * len(TOPICS)


def test_a_batch_is_accepted_whole_or_not_at_all(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    batch = [{"topic": POINTS} for _ in range(5)]
    batch[3] = {"topic": POINTS, "data": points(points_count="x")}  # type: ignore[dict-item]
    answer = api.post(BATCH, batch)
    assert refusal(answer) == (400, "invalid_payload")
    assert list(error_of(answer)["fields"]) == ["[3].data.points_count"]
    assert "[3].data.points_count" in error_of(answer)["message"]
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("batch", "paths"),
    [
        ([{"topic": POINTS, "data": {"a": 1}, "merge": True}], ["[0].data.a"]),
        ([{"topic": POINTS}, {"topic": "nonsense"}], ["[1].topic"]),
        ([{"topic": POINTS}, {}, {"topic": 5}], ["[1].topic", "[2].topic"]),
        ([{"topic": POINTS}, 5, None], ["[1]", "[2]"]),
        ([{"topic": POINTS, "sed": 5}], ["[0].sed"]),
    ],
)
def test_a_fault_in_a_batch_is_named_with_its_place(batch: list[Any], paths: list[str], api: APIClient) -> None:
    answer = api.post(BATCH, batch)
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == paths
    assert not Event.objects.exists()


def test_a_thousand_events_are_accepted_at_once(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    answer = api.post(BATCH, [{"topic": "message.first_open"}] * 1000)
    assert (answer.status_code, len(answer.json())) == (201, 1000)
    assert Delivery.objects.count() == 1000
    assert [event["id"] for event in answer.json()] == sorted(event["id"] for event in answer.json())


@pytest.mark.parametrize("batch", [[{"topic": POINTS}] * 1001, [], {"topic": POINTS}], ids=["1001", "none", "no list"])
def test_more_than_a_thousand_or_none_are_refused(batch: Any, api: APIClient) -> None:
    answer = api.post(BATCH, batch)
    assert refusal(answer) == (400, "invalid_request")
    assert "1 to 1000" in error_of(answer)["message"]
    assert not Event.objects.exists()


# Wait


def test_waiting_for_an_event_without_deliveries_ends_at_once(api: APIClient) -> None:
    body = api.get(f"{EVENTS}{publish(api).json()['id']}/wait/").json()
    assert (body["done"], body["timed_out"]) == (True, False)


def test_waiting_ends_when_every_delivery_is_done(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    event = publish(api).json()
    Delivery.objects.update(status="delivered", reason="OK", status_code=200, finished_at=NOW)
    body = api.get(f"{EVENTS}{event['id']}/wait/").json()
    assert (body["done"], body["timed_out"]) == (True, False)
    assert (body["deliveries"][0]["status"], body["deliveries"][0]["status_code"]) == ("delivered", 200)


@pytest.mark.parametrize("timeout", ["0", "0.05"])
def test_waiting_ends_when_the_time_is_over(timeout: str, api: APIClient, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    event = publish(api).json()
    body = api.get(f"{EVENTS}{event['id']}/wait/", {"timeout": timeout}).json()
    assert (body["done"], body["timed_out"]) == (False, True)
    assert body["deliveries"] == event["deliveries"]


def test_what_is_written_by_hand_has_the_fields_that_the_schema_tells(alice: Account) -> None:
    (published,) = accept(account=alice, event_requests=[EventRequest("message.first_open")], now=NOW)
    for serializer in (EventOut(), WaitOut(context={"done": True})):
        assert list(serializer.to_representation(published.event)) == list(serializer.fields)
    delivery = Delivery(endpoint_id=1, event=published.event)
    assert list(EventDeliveryOut().to_representation(delivery)) == list(EventDeliveryOut().fields)
