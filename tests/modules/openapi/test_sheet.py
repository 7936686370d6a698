"""Each documented call of MAAC's Open API answers as the documents say, to the key, its order, type and null."""

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from accounts.models import Account
from tests.modules.openapi.shapes import ANYTHING, NUM, STR, faults, list_of, or_null
from tests.modules.openapi.sheet import CALLS, ERRORS, Answer, Row, World, answer_of, faults_of_answer

ROWS: list[Row] = [
    row
    for path in sorted(Path(__file__).parent.glob("rows_*.py"))
    for row in import_module(f"tests.modules.openapi.{path.stem}").ROWS
]


@pytest.mark.parametrize("row", ROWS, ids=[f"call {row.call}: {row.name}" for row in ROWS])
def test_the_answer_is_the_documented_one(row: Row, alice: Account, api: APIClient) -> None:
    world = World(account=alice, api=api, now=datetime.now(UTC))
    response = answer_of(world, row.call, row.ask(world))
    assert not faults_of_answer(response, row.answer), response


@pytest.mark.parametrize("call", sorted(CALLS))
def test_each_call_has_a_success_and_each_of_its_documented_errors_in_the_rows(call: int) -> None:
    of_call = [row for row in ROWS if row.call == call]
    successes = [row for row in of_call if not row.is_error]
    assert any(row.answer.status == CALLS[call].status for row in successes), "no row of its success"
    assert all(row.answer.body is not ANYTHING for row in successes), "a row that does not look at the body"
    missing = [label for label, answer in ERRORS.get(call, {}).items() if answer not in [row.answer for row in of_call]]
    assert not missing, "documented errors without a row"


def test_the_sheet_has_the_38_documented_calls() -> None:
    assert list(CALLS) == list(range(1, 39))
    assert set(ERRORS) <= set(CALLS)
    assert len({(call.method, call.path) for call in CALLS.values()}) == len(CALLS)


def test_names_of_rows_differ_and_belong_to_documented_calls() -> None:
    names = [(row.call, row.name) for row in ROWS]
    assert len(set(names)) == len(names)
    assert {row.call for row in ROWS} <= set(CALLS)


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ({"b": 1, "a": 2}, {"a": NUM, "b": NUM}),
        ({"a": 1}, {"a": NUM, "b": NUM}),
        ({"a": 1, "b": 2}, {"a": NUM}),
        ({"a": True}, {"a": NUM}),
        ({"a": None}, {"a": STR}),
        ([], [NUM]),
        ([1], []),
        ([1, "2"], list_of(NUM)),
        (1, or_null(STR)),
        (True, 1),
        (0, None),
    ],
)
def test_a_difference_from_the_shape_is_found(value: object, shape: object) -> None:
    assert faults(value, shape)


def test_an_answer_of_another_status_or_media_type_is_found(api: APIClient) -> None:
    response = api.get("/openapi/v1/tag/")
    assert not faults_of_answer(response, Answer(response.status_code))
    assert faults_of_answer(response, Answer(418))
    assert faults_of_answer(response, Answer(response.status_code, content_type="text/csv"))
    assert faults_of_answer(response, Answer(response.status_code, headers={"Retry-After": STR}))
