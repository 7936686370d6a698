"""What answers under MAAC's own aliases say about the contact."""

from datetime import date
from typing import Any

import pytest

from maac_contract.payloads import MAAC_ALIASES
from modules.surveys import members

TODAY = date(2026, 3, 5)
UID = "U" + "0f" * 16


def details_of(**answers: str) -> members.Extracted:
    given = {f"maac_member_{name}": [text] for name, text in answers.items()}
    return members.details_of(given, line_uid=UID, today=TODAY)


def test_every_alias_of_maac_is_known() -> None:
    assert {members.LINE_UID, *members.DETAILS} == set(MAAC_ALIASES)


@pytest.mark.parametrize(
    ("name", "text", "detail", "value"),
    [
        ("name", " 花子 ", "display_name", "花子"),
        ("mobile", "0912345678", "mobile", "+886912345678"),
        ("birthday", "1990-04-12", "birthday", date(1990, 4, 12)),
        ("birthday", "1990/04/12", "birthday", date(1990, 4, 12)),
        ("customer_id", "M-1", "customer_id", "M-1"),
        ("email", "a@example.com", "email", "a@example.com"),
        ("gender", "female", "gender", "female"),
    ],
)
def test_a_good_answer_becomes_a_detail(name: str, text: str, detail: str, value: Any) -> None:
    assert details_of(**{name: text}) == members.Extracted({detail: value}, {})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mobile", "12"),
        ("birthday", "2026-03-06"),
        ("birthday", "soon"),
        ("email", "nobody"),
        ("gender", "女性"),
        ("customer_id", "x" * 256),
    ],
)
def test_a_bad_answer_changes_nothing_and_is_reported(name: str, text: str) -> None:
    found = details_of(**{name: text, "name": "花子"})
    assert found.details == {"display_name": "花子"}
    assert list(found.not_taken) == [f"maac_member_{name}"]


def test_an_empty_answer_says_nothing() -> None:
    assert details_of(mobile=" ", birthday="") == members.Extracted({}, {})
    assert members.details_of({"maac_member_email": []}, line_uid=UID, today=TODAY) == members.Extracted({}, {})


def test_the_line_uid_is_checked_and_changes_nothing() -> None:
    assert details_of(line_uid=UID) == members.Extracted({}, {})
    assert details_of(line_uid="U" + "aa" * 16).not_taken == {"maac_member_line_uid": members.SOMEBODY_ELSE}


def test_other_aliases_say_nothing_about_the_contact() -> None:
    assert members.details_of({"rating": ["5"]}, line_uid=UID, today=TODAY) == members.Extracted({}, {})
