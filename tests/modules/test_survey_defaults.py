"""Default values of questions and hidden fields, as SurveyCake's “alias or default value” setting has them."""

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Account
from events.models import Event
from modules.contacts import services as contacts
from modules.contacts.models import Contact
from modules.surveys import services, submissions
from modules.surveys.models import Survey
from modules.surveys.rules import Choice, Given, Question, answered, question_faults
from tests.brands import NOW, error_of

PATH = "/api/v1/modules/surveys/"
COLOURS = (Choice("Red", "red"), Choice("Blue", "blue"))

pytestmark = pytest.mark.django_db


@pytest.fixture
def hanako(alice: Account) -> Contact:
    return contacts.create(account=alice, now=NOW, display_name="花子", email="hanako@example.com")


def survey_of(account: Account, *questions: dict[str, Any]) -> Survey:
    return services.create(account=account, title="アンケート", questions=questions, now=NOW)


def sent() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(Event.objects.get().body)["data"]
    return data


def test_a_default_fills_the_answer_that_the_contact_does_not_give(alice: Account, hanako: Contact) -> None:
    survey = survey_of(
        alice,
        {"type": "TXTSHORT", "subject": "Source", "alias": "source", "default": "shop", "is_required": True},
        {"type": "TXTSHORT", "subject": "Note", "alias": "note", "default": "none"},
    )
    submissions.submit(survey=survey, contact=hanako, answers={"note": Given(["a note"])}, now=NOW)
    assert sent()["answer"]["alias"] == {"source": ["shop"], "note": ["a note"]}


def test_a_default_of_a_choice_is_sent_with_its_alias(alice: Account, hanako: Contact) -> None:
    choices = [choice._asdict() for choice in COLOURS]
    survey = survey_of(
        alice, {"type": "CHOICEONE", "subject": "Colour", "alias": "colour", "choices": choices, "default": "blue"}
    )
    submissions.submit(survey=survey, contact=hanako, answers={}, now=NOW)
    (result,) = sent()["answer"]["result"]
    assert (result["answer"], result["answerAlias"], sent()["answer"]["alias"]) == (
        ["Blue"],
        ["blue"],
        {"colour": ["blue"]},
    )


def test_hidden_fields_under_maacs_aliases_get_the_contacts_line_uid_and_details(
    alice: Account, hanako: Contact
) -> None:
    names = ("line_uid", "name", "email", "customer_id")
    survey = survey_of(
        alice,
        *({"type": "TXTSHORT", "subject": name, "alias": f"maac_member_{name}", "is_hidden": True} for name in names),
        {"type": "TXTSHORT", "subject": "campaign", "alias": "campaign", "is_hidden": True, "default": "spring"},
    )
    submission = submissions.submit(survey=survey, contact=hanako, answers={}, now=NOW)
    assert sent()["answer"]["alias"] == {
        "maac_member_line_uid": [hanako.line_uid],
        "maac_member_name": ["花子"],
        "maac_member_email": ["hanako@example.com"],
        "maac_member_customer_id": [],
        "campaign": ["spring"],
    }
    assert submission.not_taken == {}


def test_a_visible_line_uid_is_not_filled(alice: Account, hanako: Contact) -> None:
    survey = survey_of(alice, {"type": "TXTSHORT", "subject": "UID", "alias": "maac_member_line_uid"})
    submissions.submit(survey=survey, contact=hanako, answers={}, now=NOW)
    assert sent()["answer"]["alias"] == {"maac_member_line_uid": []}


def test_a_hidden_birthday_is_written_as_a_day(alice: Account, hanako: Contact) -> None:
    hanako = contacts.edit(contact=hanako, birthday=date(1990, 4, 12), now=NOW)
    survey = survey_of(
        alice, {"type": "DATEPICKER", "subject": "Birthday", "alias": "maac_member_birthday", "is_hidden": True}
    )
    submissions.submit(survey=survey, contact=hanako, answers={}, now=NOW)
    assert sent()["answer"]["alias"] == {"maac_member_birthday": ["1990-04-12"]}


@pytest.mark.parametrize(
    "question",
    [
        Question(0, "DIGITINPUT", "Number", default="many"),
        Question(0, "RATINGBAR", "Stars", default="9"),
        Question(0, "DATEPICKER", "Day", default="today"),
        Question(0, "CHOICEONE", "Colour", choices=COLOURS, default="green"),
        Question(0, "STATEMENT", "Hello", default="x"),
        Question(0, "TXTSHORT", "Text", default="x" * 201),
    ],
)
def test_a_default_that_is_no_answer_is_refused(question: Question) -> None:
    assert list(question_faults(question)) == ["default"]


def test_a_given_answer_is_judged_as_before() -> None:
    question = Question(0, "DIGITINPUT", "Number", default="3")
    assert answered(question, Given(["many"])) == "Write a number."


def test_defaults_are_set_and_shown_by_rest(api: APIClient) -> None:
    question = {"type": "TXTSHORT", "subject": "Source", "default": "shop", "is_hidden": True}
    made = api.post(PATH, {"title": "Survey", "questions": [question]}).json()
    assert (made["questions"][0]["default"], made["questions"][0]["is_hidden"]) == ("shop", True)
    bad = api.patch(f"{PATH}{made['id']}/questions/0/", {"type": "DIGITINPUT"})
    assert "default" in error_of(bad)["fields"]


def test_a_hidden_field_is_not_on_the_form(console: Client, alice: Account, hanako: Contact) -> None:
    survey = survey_of(
        alice,
        {"type": "TXTSHORT", "subject": "Seen"},
        {"type": "TXTSHORT", "subject": "Not seen", "is_hidden": True, "is_required": True, "default": "x"},
    )
    page = console.get(f"/console/modules/surveys/{survey.pk}/answer/", {"line_uid": hanako.line_uid}).content.decode()
    assert ("Seen" in page, "Not seen" in page) == (True, False)
