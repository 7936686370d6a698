"""Which questions a survey may ask, and which answers each type takes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maac_contract.payloads import SURVEY_QUESTION_TYPES
from maac_contract.samples import brand
from modules.surveys import generated, rules
from modules.surveys.labels import TYPES
from modules.surveys.rules import Answer, Choice, Given, Question

STORES = (Choice("新宿店", "shinjuku", "store,visit"), Choice("渋谷店", "shibuya"), Choice("池袋店"))


def ask(kind: str, **more: Any) -> Question:
    if kind in rules.WITH_CHOICES:
        more = {"choices": STORES, **more}
    return Question(sn=0, type=kind, subject="?", **more)


def answered(question: Question, *answers: str, other: str = "") -> Answer | str:
    return rules.answered(question, Given(answers, other))


def is_refused(outcome: Answer | str) -> bool:
    return isinstance(outcome, str)


def answer(question: Question, *answers: str, other: str = "") -> Answer:
    found = answered(question, *answers, other=other)
    assert isinstance(found, Answer), found
    return found


def test_every_type_of_surveycake_can_be_asked() -> None:
    for kind in SURVEY_QUESTION_TYPES:
        assert rules.question_faults(ask(kind)) == {}, kind
    assert set(TYPES) == set(SURVEY_QUESTION_TYPES)


@pytest.mark.parametrize(
    ("kind", "more", "field"),
    [
        ("POEM", {}, "type"),
        ("TXTSHORT", {"alias": "1st"}, "alias"),
        ("TXTSHORT", {"alias": "with space"}, "alias"),
        ("TXTSHORT", {"label": "x" * 201}, "label"),
        ("TXTSHORT", {"label": "a\x00"}, "label"),
        ("TXTSHORT", {"choices": STORES}, "choices"),
        ("CHOICEONE", {"choices": ()}, "choices"),
        ("CHOICEONE", {"choices": (Choice("a"), Choice("a"))}, "choices"),
        ("CHOICEONE", {"choices": (Choice("a", "x"), Choice("b", "x"))}, "choices"),
        ("CHOICEONE", {"choices": (Choice("a", "b"), Choice("b"))}, "choices"),
        ("CHOICEONE", {"choices": (Choice(""),)}, "choices"),
        ("PICKFROM", {"has_other": True}, "has_other"),
        ("QUOTE", {"is_required": True}, "is_required"),
        ("NEST", {"is_required": True}, "is_required"),
        ("DIGITINPUT", {"minimum": 5, "maximum": 4}, "minimum"),
        ("RATINGBAR", {"maximum": 0}, "minimum"),
        ("DIGITINPUT", {"maximum": 2**31}, "minimum"),
    ],
)
def test_a_question_that_cannot_be_asked_is_reported_by_field(kind: str, more: dict[str, Any], field: str) -> None:
    assert list(rules.question_faults(ask(kind, **more))) == [field]


@pytest.mark.parametrize(
    ("kind", "more", "answers"),
    [
        ("TXTSHORT", {}, ["x" * 201]),
        ("TXTSHORT", {}, ["one", "two"]),
        ("TXTSHORT", {}, ["a\x00b"]),
        ("TXTLONG", {}, ["x" * 5001]),
        ("CHOICEONE", {}, ["nowhere"]),
        ("CHOICEONE", {}, ["新宿店", "渋谷店"]),
        ("PICKFROM", {}, ["新宿店", "渋谷店"]),
        ("NESTCHILD", {}, ["新宿店", "渋谷店"]),
        ("CHOICEMULTI", {}, ["新宿店", "nowhere"]),
        ("CHOICEMULTI", {}, ["新宿店", "shinjuku"]),
        ("ITEMSORT", {}, ["新宿店", "渋谷店"]),
        ("ITEMSORT", {}, ["新宿店", "渋谷店", "渋谷店"]),
        ("DIGITINPUT", {}, ["many"]),
        ("DIGITINPUT", {"minimum": 1}, ["0"]),
        ("DIGITINPUT", {"maximum": 3}, ["3.5"]),
        ("DIGITINPUT", {}, ["1e3"]),
        ("DIGITINPUT", {}, ["٣"]),
        ("DIGITSLIDE", {}, ["11"]),
        ("DIGITSLIDE", {}, ["5.5"]),
        ("RATINGBAR", {}, ["0"]),
        ("RATINGBAR", {}, ["6"]),
        ("DATEPICKER", {}, ["2026-02-30"]),
        ("DATEPICKER", {}, ["20260201"]),
        ("NEST", {}, ["x"]),
        ("QUOTE", {}, ["x"]),
        ("STATEMENT", {}, ["x"]),
        ("DIVIDER", {}, ["x"]),
    ],
)
def test_an_answer_that_the_type_does_not_take_is_refused(kind: str, more: dict[str, Any], answers: list[str]) -> None:
    assert is_refused(answered(ask(kind, **more), *answers))


def test_choices_are_named_by_text_or_alias_and_come_with_tags_and_aliases() -> None:
    for name in ("新宿店", "shinjuku"):
        assert answer(ask("CHOICEONE"), name) == Answer(["新宿店"], [], ["store,visit"], ["shinjuku"])
    multi = answer(ask("CHOICEMULTI"), "池袋店", "shibuya")
    assert multi == Answer(["池袋店", "渋谷店"], [], ["", ""], ["", "shibuya"])


def test_an_other_choice_is_typed_where_the_question_has_one() -> None:
    assert is_refused(answered(ask("CHOICEONE"), other="横浜店"))
    question = ask("CHOICEONE", has_other=True)
    assert answer(question, other="横浜店") == Answer([], ["横浜店"], [], [])
    assert is_refused(answered(question, "新宿店", other="横浜店"))
    both = answer(ask("CHOICEMULTI", has_other=True), "新宿店", other="横浜店")
    assert (both.answers, both.other) == (["新宿店"], ["横浜店"])


@pytest.mark.parametrize("kind", [kind for kind in SURVEY_QUESTION_TYPES if kind not in rules.SILENT])
def test_only_a_required_question_needs_an_answer(kind: str) -> None:
    for given_nothing in (None, Given(), Given([""])):
        assert rules.answered(ask(kind), given_nothing) == Answer([], [], [], [])
        assert rules.answered(ask(kind, is_required=True), given_nothing) == rules.REQUIRED


def test_under_the_alias_stand_the_aliases_of_choices_or_else_the_answers() -> None:
    assert rules.aliased(answer(ask("CHOICEMULTI", has_other=True), "新宿店", "池袋店", other="横浜店")) == [
        "shinjuku",
        "池袋店",
        "横浜店",
    ]
    assert rules.aliased(answer(ask("TXTSHORT"), "花子")) == ["花子"]
    assert rules.aliased(answer(ask("TXTSHORT"))) == []


def test_a_nested_row_stands_below_its_heading() -> None:
    assert rules.order_fault(["TXTSHORT", "NEST", "NESTCHILD", "NESTCHILD", "DIVIDER"]) is None
    assert rules.order_fault(["NESTCHILD"]) == rules.ORPHANED
    assert rules.order_fault(["NEST", "TXTSHORT", "NESTCHILD"]) == rules.ORPHANED


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"title": ""}, "title"), ({"svid": "abcd"}, "svid"), ({"svid": "abc-e"}, "svid"), ({"status": "x"}, "status")],
)
def test_a_survey_that_is_not_right_is_reported_by_field(changes: dict[str, str], field: str) -> None:
    right = {"title": "アンケート", "svid": "yPZQe", "status": "open"}
    assert rules.survey_faults(**right) == {}
    assert list(rules.survey_faults(**{**right, **changes})) == [field]


@given(
    st.sampled_from(SURVEY_QUESTION_TYPES),
    st.integers(-1000, 1000),
    st.integers(0, 1000),
    st.booleans(),
    st.booleans(),
    st.integers(),
)
def test_what_is_generated_is_always_taken(
    kind: str, minimum: int, width: int, is_bounded: bool, is_required: bool, seed: int
) -> None:
    bounds = {"minimum": minimum, "maximum": minimum + width} if is_bounded and kind in rules.WITH_RANGE else {}
    question = ask(
        kind, is_required=is_required and kind not in rules.SILENT, has_other=kind in rules.WITH_OTHER, **bounds
    )
    made = generated.answers([question], person={}, brand=brand(seed), seed=seed)
    assert isinstance(rules.answered(question, made.get("0")), Answer)
    assert made == generated.answers([question], person={}, brand=brand(seed), seed=seed)
    assert not question.is_required or made


@given(st.permutations([choice.text for choice in STORES]))
def test_any_order_of_all_choices_sorts_them(order: list[str]) -> None:
    assert answer(ask("ITEMSORT"), *order).answers == order


@given(st.sampled_from(SURVEY_QUESTION_TYPES), st.lists(st.text(max_size=20), max_size=4), st.text(max_size=5))
def test_any_answer_is_taken_or_told_and_what_is_taken_fits_the_contract(
    kind: str, answers: list[str], other: str
) -> None:
    found = answered(ask(kind, has_other=kind in rules.WITH_OTHER), *answers, other=other)
    if isinstance(found, Answer):
        assert len(found.labels) == len(found.aliases) in (0, len(found.answers))
    else:
        assert found
