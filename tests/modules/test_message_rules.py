"""What messages must look like, what becomes of them, and what an open causes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.messages import rules

UID = "U" + "0f" * 16
NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
booleans = st.booleans()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"parameters": ["1st"]}, "parameters"),
        ({"parameters": ["A", "A"]}, "parameters"),
        ({"parameters": ["line_uid"]}, "parameters"),
        ({"parameters": [f"P{number}" for number in range(21)]}, "parameters"),
        ({"line_answer": "perhaps"}, "line_answer"),
    ],
)
def test_what_is_wrong_with_a_template_is_reported_by_field(changes: dict[str, object], field: str) -> None:
    right: dict[str, object] = {"name": "Coupon", "parameters": ["NAME"], "line_answer": "success"}
    assert rules.template_faults(**right) == {}  # type: ignore[arg-type]
    assert list(rules.template_faults(**{**right, **changes})) == [field]  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [True, [], {}, "x" * 1001, "a\x00", "\ud800"])
def test_a_parameter_needs_a_text_that_can_be_stored(value: object) -> None:
    assert list(rules.value_faults(values={"NAME": value}, parameters=["NAME"])) == ["NAME"]


@pytest.mark.parametrize("values", [{}, {"NAME": None}, {"NAME": ""}])
def test_a_parameter_that_is_left_out_is_empty(values: dict[str, object]) -> None:
    assert rules.value_faults(values=values, parameters=["NAME"]) == {}
    assert rules.texts_of(values=values, parameters=["NAME"]) == {"NAME": ""}


@pytest.mark.parametrize("value", ["Hanako", "春\n🎉", 12, 12.5])
def test_texts_and_numbers_fill_a_parameter(value: object) -> None:
    assert rules.value_faults(values={"NAME": value, "MORE": []}, parameters=["NAME"]) == {}


@pytest.mark.parametrize("line_uid", [None, "", 7, "U1", UID.upper(), f"{UID}\n", [UID]])
def test_a_recipient_is_named_by_a_line_uid(line_uid: object) -> None:
    assert list(rules.recipient_faults(line_uid=line_uid, values={}, parameters=())) == ["line_uid"]
    assert rules.recipient_faults(line_uid=UID, values={}, parameters=()) == {}


@given(st.sampled_from(rules.LINE_ANSWERS), booleans, booleans)
def test_a_message_arrives_only_where_line_takes_it_and_the_contact_is_there(
    answer: str, is_known: bool, has_blocked: bool
) -> None:
    mark = rules.mark_of(line_answer=answer, is_known=is_known, has_blocked=has_blocked)
    assert (mark == rules.DELIVERED) is (answer == "success" and is_known and not has_blocked)
    assert (rules.result_of_push(mark) == "success") is (mark == rules.DELIVERED)
    assert mark == rules.DELIVERED or rules.RESPONSES[mark]


def test_a_push_that_line_refuses_says_why_in_lines_shape() -> None:
    result = rules.result_of_push(rules.BLOCKED)
    assert isinstance(result, dict)
    assert list(result) == ["message", "details"]
    assert [list(detail) for detail in result["details"]] == [["message", "property"]]


@given(st.integers(0, 10**7), st.lists(st.integers(-(10**7), 10**8), min_size=2))
def test_the_status_goes_only_forward(takes: int, moments: list[int]) -> None:
    created, sent = NOON, NOON + timedelta(microseconds=takes)
    walked = [
        rules.status_at(NOON + timedelta(microseconds=each), created_at=created, sent_at=sent)
        for each in sorted(moments)
    ]
    places = [rules.STATUSES.index(status) for status in walked]
    assert places == sorted(places)
    assert rules.status_at(sent, created_at=created, sent_at=sent) == rules.SENT


@given(st.sampled_from(["", *rules.CATEGORIES]), booleans, booleans, booleans)
def test_only_the_first_open_by_a_bound_contact_of_a_tracked_message_is_reported(
    category: str, has_event: bool, is_bound: bool, is_first: bool
) -> None:
    outcome = rules.outcome_of(category=category, has_event=has_event, is_bound=is_bound, is_first=is_first)
    is_tracked = category == "" or (category != rules.ENHANCED and has_event)
    assert (outcome == rules.PUBLISHED) is (is_tracked and is_bound and is_first)
    if category == rules.ENHANCED:
        assert outcome == rules.NOT_TRACKED
