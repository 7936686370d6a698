"""What a contact's details must look like."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.contacts import rules

TODAY = date(2026, 3, 5)


def faults(**fields: object) -> dict[str, str]:
    return rules.faults_of(rules.normalised(fields), today=TODAY)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("0912345678", "+886912345678"),
        ("0912-345-678", "+886912345678"),
        ("+81 90 1234 5678", "+819012345678"),
        ("", ""),
    ],
)
def test_a_mobile_number_is_stored_in_international_form(written: str, stored: str) -> None:
    assert rules.normalised({"mobile": written}) == {"mobile": stored}
    assert not faults(mobile=written)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("line_uid", "U123"),
        ("line_uid", "U" + "A" * 32),
        ("mobile", "1234"),
        ("mobile", "+0912345678"),
        ("email", "hanako"),
        ("gender", "other"),
        ("status", "gone"),
        ("birthday", date(2026, 3, 6)),
        ("birthday", date(1899, 12, 31)),
        ("tags", ["x" * 256]),
        ("tags", [str(number) for number in range(101)]),
        ("display_name", "a\x00b"),
        ("customer_id", "x" * 256),
    ],
)
def test_what_is_not_right_is_reported_by_field(field: str, value: object) -> None:
    assert list(faults(**{field: value})) == [field]


def test_text_is_stripped_and_each_tag_kept_once() -> None:
    clean = rules.normalised({"display_name": " Hanako ", "customer_id": " ", "tags": [" a", "b", "a ", ""]})
    assert clean == {"display_name": "Hanako", "customer_id": None, "tags": ["a", "b"]}


@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = rules.normalised({"mobile": text, "display_name": text, "tags": [text]})
    assert rules.normalised(once) == once


@pytest.mark.parametrize(
    ("time_zone", "written", "stored"),
    [
        ("Asia/Taipei", "0912345678", "+886912345678"),
        ("Asia/Tokyo", "090-1234-5678", "+819012345678"),
        ("Asia/Bangkok", "0812345678", "+66812345678"),
        ("Asia/Tokyo", "0912345678", "0912345678"),
        ("Europe/Berlin", "0912345678", "+886912345678"),
    ],
)
def test_a_national_number_is_one_of_the_accounts_country(time_zone: str, written: str, stored: str) -> None:
    assert rules.normalised({"mobile": written}, time_zone=time_zone) == {"mobile": stored}
