"""GET /api/v1/event-types/: the contract as data."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from accounts.models import Account
from maac_contract import contract
from tests.brands import client_of

EVENT_TYPES = "/api/v1/event-types/"


@pytest.fixture
def event_types(api: APIClient) -> dict[str, dict[str, Any]]:
    return {entry["topic"]: entry for entry in api.get(EVENT_TYPES).json()}


def test_every_topic_is_there_with_its_zone_in_the_order_of_the_contract(
    event_types: dict[str, dict[str, Any]],
) -> None:
    assert [(topic, entry["zone"]) for topic, entry in event_types.items()] == [
        ("receipt.receipt_validated", 1),
        ("form.surveycake_submitted", 1),
        ("pnp.status_updated", 1),
        ("pnp.profile_updated", 1),
        ("prize.points_added", 1),
        ("message.first_open", 2),
    ]


@pytest.mark.parametrize("topic", contract.TOPICS)
def test_each_schema_is_valid_and_takes_its_own_example(topic: str, event_types: dict[str, dict[str, Any]]) -> None:
    entry = event_types[topic]
    Draft202012Validator.check_schema(entry["schema"])
    Draft202012Validator(entry["schema"]).validate(entry["example"]["data"])
    assert list(entry["example"]) == ["timestamp", "topic", "data"]
    assert entry["example"]["topic"] == topic


@pytest.mark.parametrize("topic", contract.TOPICS)
def test_each_example_can_be_published_as_it_is(
    topic: str, event_types: dict[str, dict[str, Any]], api: APIClient
) -> None:
    example = event_types[topic]["example"]
    answer = api.post("/api/v1/events/", {"topic": topic, "data": example["data"], "timestamp": example["timestamp"]})
    assert answer.status_code == 201
    assert answer.json()["body"] == contract.serialise(**example)


@pytest.mark.parametrize("topic", contract.TOPICS)
def test_each_schema_refuses_a_payload_that_lacks_a_field(topic: str, event_types: dict[str, dict[str, Any]]) -> None:
    schema, data = event_types[topic]["schema"], event_types[topic]["example"]["data"]
    for name in data:
        assert not Draft202012Validator(schema).is_valid({key: value for key, value in data.items() if key != name})


@pytest.mark.parametrize("topic", contract.TOPICS)
def test_the_source_of_every_field_is_reported(topic: str, event_types: dict[str, dict[str, Any]]) -> None:
    entry = event_types[topic]
    rows = {row["path"]: row for row in entry["fields"]}
    assert set(entry["schema"]["properties"]) <= set(rows)
    assert {row["source"] for row in rows.values()} <= {"documented", "chosen"}
    assert all(list(row) == ["path", "type", "nullable", "source", "description"] for row in rows.values())


def test_fields_inside_lists_have_rows_of_their_own(event_types: dict[str, dict[str, Any]]) -> None:
    paths = [row["path"] for row in event_types["receipt.receipt_validated"]["fields"]]
    assert paths[-4:] == ["items[].description", "items[].unit_price", "items[].quantity", "items[].amount"]


def test_the_answer_is_the_same_each_time(api: APIClient) -> None:
    assert api.get(EVENT_TYPES).content == api.get(EVENT_TYPES).content


def test_licensed_says_what_the_account_may_receive(alice: Account, bob: Account, carol: Account) -> None:
    def licensed(account: Account) -> list[str]:
        return [entry["topic"] for entry in client_of(account).get(EVENT_TYPES).json() if entry["licensed"]]

    assert licensed(alice) == list(contract.TOPICS)
    assert licensed(bob) == [topic for topic in contract.TOPICS if topic != "message.first_open"]
    assert licensed(carol) == []
