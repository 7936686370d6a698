"""Surveys: through REST, through the console, and what an answer does to the receiver and the contact."""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.errors import Refusal
from accounts.models import Account
from events.models import Event
from maac_contract.payloads import SURVEY_QUESTION_TYPES
from modules.contacts import services as contacts
from modules.contacts.models import Contact
from modules.surveys import demo, services, submissions
from modules.surveys.models import Question, Submission, Survey
from modules.surveys.rules import Given
from tests.brands import NOW, client_of, error_of, race, refusal

PATH = "/api/v1/modules/surveys/"
PAGE = "/console/modules/surveys/"
STORES = [{"text": "新宿店", "alias": "shinjuku", "label": "store,visit"}, {"text": "渋谷店"}]
QUESTIONS: list[dict[str, Any]] = [
    {"type": "TXTSHORT", "subject": "お名前", "alias": "maac_member_name", "is_required": True},
    {"type": "CHOICEONE", "subject": "店舗", "alias": "preferred_store", "label": "store", "choices": STORES},
    {"type": "CHOICEMULTI", "subject": "他の店舗", "choices": STORES, "has_other": True},
    {"type": "QUOTE", "subject": "ありがとうございます。"},
]


@pytest.fixture
def survey(alice: Account) -> Survey:
    return make_survey(alice)


@pytest.fixture
def hanako(alice: Account) -> Contact:
    return contacts.create(account=alice, now=NOW, display_name="花子")


def make_survey(account: Account, **changes: Any) -> Survey:
    fields: dict[str, Any] = {"title": "ご来店アンケート", "svid": "yPZQe", "questions": QUESTIONS, **changes}
    return services.create(account=account, now=NOW, **fields)


def output() -> list[dict[str, Any]]:
    """The data of every event so far, the oldest first."""
    return [json.loads(body)["data"] for body in Event.objects.order_by("id").values_list("body", flat=True)]


def sns(survey: Survey) -> list[int]:
    return list(survey.questions.order_by("place").values_list("sn", flat=True))


# Surveys and questions


def test_a_survey_is_made_with_its_questions_changed_and_deleted(api: APIClient) -> None:
    made = api.post(PATH, {"title": "アンケート", "svid": "yPZQe", "questions": QUESTIONS})
    assert made.status_code == 201
    survey = made.json()
    assert [question["sn"] for question in survey["questions"]] == [0, 1, 2, 3]
    assert survey["questions"][1]["choices"] == [STORES[0], {"text": "渋谷店", "alias": "", "label": ""}]
    path = f"{PATH}{survey['id']}/"
    assert api.patch(path, {"status": "closed"}).json() == {**survey, "status": "closed"}
    assert [row["id"] for row in api.get(PATH).json()["results"]] == [survey["id"]]
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_a_survey_without_an_id_gets_one(api: APIClient) -> None:
    assert re.fullmatch("[A-Za-z0-9]{5}", api.post(PATH, {"title": "アンケート"}).json()["svid"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": "x", "svid": "abc"}, "svid"),
        ({"title": "x", "svid": "taken"}, "svid"),
        ({"title": "x", "status": "asleep"}, "status"),
        ({"title": "x", "is_once": "yes"}, "is_once"),
        ({"title": "x", "name": "y"}, "name"),
        ({"title": "x", "questions": [{"type": "POEM", "subject": "?"}]}, "questions[0].type"),
        ({"title": "x", "questions": [QUESTIONS[0], QUESTIONS[0]]}, "questions[1].alias"),
        ({"title": "x", "questions": [QUESTIONS[0], {"type": "CHOICEONE", "subject": "?"}]}, "questions[1].choices"),
        ({"title": "x", "questions": [{**QUESTIONS[1], "choices": [{"alias": "x"}]}]}, "questions[0].choices[0].text"),
        ({"title": "x", "questions": [{**QUESTIONS[1], "type": "NESTCHILD"}]}, "questions[0].type"),
    ],
)
def test_a_survey_that_is_not_right_is_refused_by_field_and_nothing_is_stored(
    api: APIClient, alice: Account, body: Any, field: str
) -> None:
    make_survey(alice, svid="taken", questions=[])
    answer = api.post(PATH, body)
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [field]
    assert Survey.objects.count() == 1
    assert not Question.objects.exists()


def test_the_number_of_a_question_survives_a_new_order_and_leaves_a_gap_when_it_goes(
    api: APIClient, survey: Survey
) -> None:
    path = f"{PATH}{survey.pk}/"
    assert api.delete(f"{path}questions/2/").status_code == 204
    assert api.delete(f"{path}questions/3/").status_code == 204
    assert api.post(f"{path}questions/", {"type": "RATINGBAR", "subject": "満足度"}).json()["sn"] == 4
    ordered = api.post(f"{path}order/", {"order": [4, 0, 1]}).json()
    assert [question["sn"] for question in ordered["questions"]] == [4, 0, 1]
    changed = api.patch(f"{path}questions/4/", {"subject": "満足度は", "alias": "rating"}).json()
    assert (changed["sn"], changed["subject"], changed["alias"]) == (4, "満足度は", "rating")
    assert sns(survey) == [4, 0, 1]


@pytest.mark.parametrize("order", [[], [0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 9], "all"])
def test_an_order_names_each_question_once(api: APIClient, survey: Survey, order: Any) -> None:
    answer = api.post(f"{PATH}{survey.pk}/order/", {"order": order})
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == ["order"]
    assert sns(survey) == [0, 1, 2, 3]


def test_a_row_of_a_table_is_not_left_without_its_heading(api: APIClient, alice: Account) -> None:
    nested = [{"type": "NEST", "subject": "評価"}, {"type": "NESTCHILD", "subject": "清潔さ", "choices": STORES}]
    survey = make_survey(alice, questions=nested)
    assert api.post(f"{PATH}{survey.pk}/order/", {"order": [1, 0]}).status_code == 400
    assert api.delete(f"{PATH}{survey.pk}/questions/0/").status_code == 400
    assert sns(survey) == [0, 1]


def test_two_questions_added_at_once_get_two_numbers(alice: Account, db: None) -> None:
    survey = make_survey(alice)
    first = services.add_question(survey=survey, type="DIVIDER", subject="—")
    stale = Survey.objects.get(pk=survey.pk)
    second = services.add_question(survey=survey, type="DIVIDER", subject="—")
    third = services.add_question(survey=stale, type="DIVIDER", subject="—")
    assert [first.sn, second.sn, third.sn] == [4, 5, 6]


# Answers


def test_an_answer_is_reported_with_aliases_numbers_and_the_present_order(
    api: APIClient, survey: Survey, hanako: Contact
) -> None:
    services.reorder(survey=survey, sns=[0, 2, 1, 3])
    body = {
        "line_uid": hanako.line_uid,
        "answers": {
            "maac_member_name": "山田 花子",
            "1": "shinjuku",
            "2": {"answer": ["渋谷店", "新宿店"], "other": "横浜店"},
        },
    }
    made = api.post(f"{PATH}{survey.pk}/submissions/", body)
    assert made.status_code == 201
    (data,) = output()
    answer = data.pop("answer")
    assert data == {
        "line_uid": hanako.line_uid,
        "customer_id": None,
        "survey_name": "ご来店アンケート",
        "answer_hash": made.json()["answer_hash"],
    }
    assert re.fullmatch("[0-9a-f]{32}", data["answer_hash"])
    result = answer.pop("result")
    submitted_at = Submission.objects.get().submitted_at.astimezone(survey.account.zone_info)
    assert answer == {
        "id": made.json()["id"],
        "svid": "yPZQe",
        "title": "ご来店アンケート",
        "status": "FINISH",
        "submitTime": f"{submitted_at:%Y-%m-%d %H:%M:%S}",
        "mbunq": None,
        "meta": {"isolated": {"status": False, "type": None}},
        "mbrid": None,
        "alias": {"maac_member_name": ["山田 花子"], "preferred_store": ["shinjuku"]},
    }
    assert [entry["sn"] for entry in result] == [0, 2, 1, 3]
    assert result[1] == {
        "subject": "他の店舗",
        "type": "CHOICEMULTI",
        "sn": 2,
        "label": "",
        "alias": "",
        "answer": ["渋谷店", "新宿店"],
        "otherAnswer": ["横浜店"],
        "answerLabel": ["", "store,visit"],
        "answerAlias": ["", "shinjuku"],
    }
    assert result[3]["answer"] == []
    assert made.json()["event_id"] == Event.objects.get().pk
    path = f"{PATH}{survey.pk}/submissions/"
    assert api.get(f"{path}{made.json()['id']}/").json() == made.json()
    assert [row["id"] for row in api.get(path).json()["results"]] == [made.json()["id"]]


def test_maacs_own_aliases_update_the_contact_before_it_is_reported(alice: Account, hanako: Contact) -> None:
    survey = demo.seed_demo(account=alice, now=NOW)
    services.add_question(survey=survey, type="TXTSHORT", subject="會員編號", alias="maac_member_customer_id")
    answers = {
        "maac_member_name": Given(["山田 花子"]),
        "maac_member_mobile": Given(["0912345678"]),
        "maac_member_birthday": Given(["1990-04-12"]),
        "maac_member_gender": Given(["female"]),
        "maac_member_email": Given(["hanako@example.com"]),
        "maac_member_customer_id": Given(["M-7"]),
        "rating": Given(["5"]),
    }
    made = submissions.submit(survey=survey, contact=hanako, answers=answers, now=NOW)
    hanako.refresh_from_db()
    assert (hanako.display_name, hanako.mobile, hanako.email) == ("山田 花子", "+886912345678", "hanako@example.com")
    assert (hanako.birthday, hanako.gender, hanako.customer_id) == (date(1990, 4, 12), "female", "M-7")
    assert hanako.status == "follow"
    assert made.not_taken == {}
    assert output()[0]["customer_id"] == "M-7"
    assert output()[0]["answer"]["submitTime"] == "2026-03-05 09:00:00"


def test_what_maacs_own_aliases_say_wrong_changes_nothing_and_is_reported(
    api: APIClient, alice: Account, hanako: Contact
) -> None:
    contacts.create(account=alice, now=NOW, customer_id="M-7")
    names = ("line_uid", "name", "mobile", "birthday", "customer_id", "email", "gender")
    questions = [{"type": "TXTSHORT", "subject": name, "alias": f"maac_member_{name}"} for name in names]
    survey = make_survey(alice, questions=questions)
    wrong = {
        "line_uid": "U" + "00" * 16, "name": "山田 花子", "mobile": "12", "birthday": "soon", "customer_id": "M-7",
        "email": "nobody", "gender": "女性",
    }  # fmt: skip
    body = {"contact": hanako.pk, "answers": {f"maac_member_{name}": text for name, text in wrong.items()}}
    made = api.post(f"{PATH}{survey.pk}/submissions/", body).json()
    assert set(made["not_taken"]) == {f"maac_member_{name}" for name in names} - {"maac_member_name"}
    hanako.refresh_from_db()
    assert (hanako.display_name, hanako.mobile, hanako.customer_id) == ("山田 花子", "", None)
    assert output()[0]["answer"]["alias"]["maac_member_mobile"] == ["12"]


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({}, "answers.0"),
        ({"0": ""}, "answers.0"),
        ({"0": ["a", "b"]}, "answers.0"),
        ({"0": "花子", "1": "nowhere"}, "answers.1"),
        ({"0": "花子", "preferred_store": ["新宿店", "渋谷店"]}, "answers.1"),
        ({"0": "花子", "1": {"answer": "新宿店", "other": "横浜店"}}, "answers.1"),
        ({"0": "花子", "3": "どういたしまして"}, "answers.3"),
        ({"0": "花子", "9": "x"}, "answers.9"),
        ({"0": "花子", "colour": "red"}, "answers.colour"),
        ({"0": "花子", "maac_member_name": "花子"}, "answers.maac_member_name"),
        ({"0": None}, "answers.0"),
        ({"0": True}, "answers.0"),
        ({"0": {"text": "花子"}}, "answers.0"),
        ({"0": [["花子"]]}, "answers.0"),
        ({"0": "a\x00b"}, "answers.0"),
        ({"0": "花子", "x" * 200: "x"}, f"answers.{'x' * 100}"),
        ([], "answers"),
    ],
)
def test_answers_that_are_not_right_are_refused_by_question_and_nothing_is_stored(
    api: APIClient, survey: Survey, hanako: Contact, answers: Any, field: str
) -> None:
    answer = api.post(f"{PATH}{survey.pk}/submissions/", {"contact": hanako.pk, "answers": answers})
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [field]
    assert not Submission.objects.exists()
    assert not Event.objects.exists()
    hanako.refresh_from_db()
    assert hanako.display_name == "花子"


@pytest.mark.parametrize("answers", [r'{"0": "\ud800"}', r'{"0": "x", "\ud800": "x"}', r'{"\ud800": null}'])
def test_half_a_character_is_refused(api: APIClient, survey: Survey, hanako: Contact, answers: str) -> None:
    body = f'{{"contact": {hanako.pk}, "answers": {answers}}}'
    answer = api.generic("POST", f"{PATH}{survey.pk}/submissions/", body, content_type="application/json")
    assert answer.status_code == 400
    assert error_of(answer)["fields"]
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"answers": {}}, "line_uid"),
        ({"line_uid": "U" + "ff" * 16, "answers": {}}, "line_uid"),
        ({"contact": 0, "answers": {}}, "contact"),
        ({"contact": 2**70, "answers": {}}, "contact"),
        ({"contact": 1, "line_uid": "x", "answers": {}}, "line_uid"),
        ({"contact": 1}, "answers"),
        ({"contact": 1, "generate": True, "answers": {}}, "answers"),
        ({"contact": 1, "answers": {}, "seed": "1"}, "seed"),
    ],
)
def test_a_submission_needs_one_contact_and_answers_or_generate(
    api: APIClient, survey: Survey, body: Any, field: str
) -> None:
    answer = api.post(f"{PATH}{survey.pk}/submissions/", body)
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [field]


def test_a_survey_that_takes_one_answer_each_refuses_the_second(
    api: APIClient, alice: Account, hanako: Contact
) -> None:
    survey = make_survey(alice, is_once=True)
    body = {"contact": hanako.pk, "answers": {"0": "花子"}}
    assert api.post(f"{PATH}{survey.pk}/submissions/", body).status_code == 201
    assert refusal(api.post(f"{PATH}{survey.pk}/submissions/", body)) == (409, "already_submitted")
    other = contacts.create(account=alice, now=NOW)
    assert api.post(f"{PATH}{survey.pk}/submissions/", {**body, "contact": other.pk}).status_code == 201
    assert len(output()) == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_a_survey_that_takes_one_takes_one(alice: Account, hanako: Contact) -> None:
    survey = make_survey(alice, is_once=True)

    def submit() -> bool:
        try:
            submissions.submit(survey=survey, contact=hanako, answers={"0": Given(["花子"])}, now=NOW)
        except Refusal:
            return False
        return True

    assert sorted(race(4, submit)) == [False, False, False, True]
    assert len(output()) == 1


def test_a_closed_survey_takes_no_answer(api: APIClient, alice: Account, hanako: Contact) -> None:
    survey = make_survey(alice, status="closed")
    answer = api.post(f"{PATH}{survey.pk}/submissions/", {"contact": hanako.pk, "answers": {"0": "花子"}})
    assert refusal(answer) == (409, "survey_closed")
    assert not Event.objects.exists()


def test_generated_answers_are_the_same_for_the_same_seed(api: APIClient, alice: Account, hanako: Contact) -> None:
    survey = api.post(f"{PATH}demo/").json()
    assert {question["type"] for question in survey["questions"]} == set(SURVEY_QUESTION_TYPES)
    body = {"contact": hanako.pk, "generate": True, "seed": "spring"}
    first, second = (api.post(f"{PATH}{survey['id']}/submissions/", body).json() for _time in range(2))
    assert first["result"] == second["result"]
    assert first["answer_hash"] != second["answer_hash"]
    other = api.post(f"{PATH}{survey['id']}/submissions/", {**body, "seed": "autumn"}).json()
    assert other["result"] != first["result"]
    assert api.post(f"{PATH}{survey['id']}/submissions/", {"contact": hanako.pk, "generate": True}).status_code == 201


def test_another_brands_survey_does_not_exist(api: APIClient, alice: Account, bob: Account, hanako: Contact) -> None:
    theirs = make_survey(bob)
    body = {"contact": hanako.pk, "answers": {"0": "花子"}}
    for answer in (
        api.get(f"{PATH}{theirs.pk}/"),
        api.patch(f"{PATH}{theirs.pk}/", {"title": "x"}),
        api.delete(f"{PATH}{theirs.pk}/"),
        api.post(f"{PATH}{theirs.pk}/questions/", QUESTIONS[3]),
        api.post(f"{PATH}{theirs.pk}/order/", {"order": [3, 2, 1, 0]}),
        api.delete(f"{PATH}{theirs.pk}/questions/0/"),
        api.post(f"{PATH}{theirs.pk}/submissions/", body),
        api.get(f"{PATH}{theirs.pk}/submissions/"),
    ):
        assert answer.status_code == 404
    # Nor can a contact of another brand answer.
    assert client_of(bob).post(f"{PATH}{theirs.pk}/submissions/", body).status_code == 400
    assert sns(theirs) == [0, 1, 2, 3]


# The console


def test_the_pages_from_empty_to_an_answer(console: Client, alice: Account, hanako: Contact) -> None:
    assert "No survey yet" in console.get(PAGE).content.decode()
    console.post(f"{PAGE}new/", {"title": "アンケート", "svid": "", "status": "open"})
    survey = Survey.objects.get()
    page = f"{PAGE}{survey.pk}/"
    form = {
        "type": "CHOICEONE",
        "subject": "店舗",
        "alias": "store",
        "choices": "新宿店 | shinjuku | store,visit\n渋谷店\n",
    }
    refused = console.post(f"{page}questions/new/", {**form, "choices": ""})
    assert "1 to 100 different choices" in refused.content.decode()
    console.post(f"{page}questions/new/", form)
    console.post(f"{page}questions/new/", {"type": "TXTSHORT", "subject": "お名前", "alias": "maac_member_name"})
    assert survey.questions.first().choices == [STORES[0], {"text": "渋谷店", "alias": "", "label": ""}]  # type: ignore[union-attr]
    console.post(f"{page}questions/1/move/", {"to": "up"})
    assert sns(survey) == [1, 0]
    shown = console.get(f"{page}answer/").content.decode()
    assert shown.index("お名前") < shown.index("新宿店")
    nobody = console.post(f"{page}answer/", {"line_uid": "U1", "0": "新宿店"}).content.decode()
    assert "no such contact" in nobody
    sent = console.post(f"{page}answer/", {"line_uid": hanako.line_uid, "0": "新宿店", "1": "山田 花子"}, follow=True)
    assert "shinjuku" in sent.content.decode()
    assert output()[0]["answer"]["alias"] == {"maac_member_name": ["山田 花子"], "store": ["shinjuku"]}
    assert "Deliveries of event" in console.get(page).content.decode()
    console.post(f"{page}questions/1/delete/")
    assert sns(survey) == [0]
    console.post(f"{page}delete/")
    assert not Survey.objects.exists()


def test_a_survey_of_every_type_is_answered_by_its_form(console: Client, alice: Account, hanako: Contact) -> None:
    console.post(f"{PAGE}demo/")
    survey = Survey.objects.get()
    page = f"{PAGE}{survey.pk}/answer/"
    questions = {question.type: question for question in survey.questions.all()}
    sort, multi = questions["ITEMSORT"], questions["CHOICEMULTI"]
    order = [choice["text"] for choice in sort.choices]
    filled: dict[str, Any] = {
        "line_uid": hanako.line_uid,
        "1": "花子",
        str(questions["RATINGBAR"].sn): "6",
        str(questions["PICKFROM"].sn): questions["PICKFROM"].choices[1]["text"],
        str(questions["NESTCHILD"].sn): questions["NESTCHILD"].choices[0]["text"],
        str(questions["DATEPICKER"].sn): "1990-04-12",
        str(multi.sn): [choice["text"] for choice in multi.choices[:2]],
        f"{multi.sn}.other": "その他",
        **{f"{sort.sn}.{place}": text for place, text in enumerate(order[:2])},
    }
    refused = console.post(page, filled).content.decode()
    assert "at most 5" in refused
    assert "each once" in refused
    assert not Submission.objects.exists()
    filled[str(questions["RATINGBAR"].sn)] = "4"
    filled |= {f"{sort.sn}.{place}": text for place, text in enumerate(reversed(order))}
    answer = console.post(page, filled, follow=True)
    assert answer.status_code == 200
    (data,) = output()
    result = {entry["sn"]: entry for entry in data["answer"]["result"]}
    assert result[sort.sn]["answer"] == order[::-1]
    assert result[multi.sn]["otherAnswer"] == ["その他"]
    assert len(result) == survey.questions.count()


def test_one_click_answers_believably(console: Client, alice: Account, hanako: Contact) -> None:
    survey = demo.seed_demo(account=alice, now=NOW)
    form = {"line_uid": hanako.line_uid, "generate": "1"}
    assert console.post(f"{PAGE}{survey.pk}/answer/", form, follow=True).status_code == 200
    assert Submission.objects.count() == 1


def test_a_refusal_is_shown_above_the_form(console: Client, alice: Account, hanako: Contact) -> None:
    survey = make_survey(alice, status="closed")
    answer = console.post(f"{PAGE}{survey.pk}/answer/", {"line_uid": hanako.line_uid, "0": "花子"})
    assert "is closed" in answer.content.decode()


def test_a_survey_and_a_question_are_changed_by_their_forms(console: Client, survey: Survey) -> None:
    page = f"{PAGE}{survey.pk}/"
    assert "yPZQe" in console.get(f"{page}edit/").content.decode()
    console.post(f"{page}edit/", {"title": "新しい", "svid": "", "status": "closed", "is_once": "on"})
    survey.refresh_from_db()
    assert (survey.title, survey.svid, survey.status, survey.is_once) == ("新しい", "yPZQe", "closed", True)
    shown = console.get(f"{page}questions/1/").content.decode()
    assert "新宿店 | shinjuku | store,visit" in shown
    console.post(f"{page}questions/1/", {"type": "PICKFROM", "subject": "お店", "choices": "新宿店"})
    question = survey.questions.get(sn=1)
    assert (question.type, question.subject, question.alias) == ("PICKFROM", "お店", "")


def test_the_list_is_read_in_few_queries(
    console: Client, alice: Account, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for svid in ("aaaaa", "bbbbb", "ccccc"):
        make_survey(alice, svid=svid)
    with django_assert_max_num_queries(12):
        assert console.get(PAGE).status_code == 200


def test_another_brands_survey_has_no_page(console: Client, bob: Account) -> None:
    theirs = make_survey(bob)
    for path in ("", "edit/", "answer/", "questions/new/", "questions/0/"):
        assert console.get(f"{PAGE}{theirs.pk}/{path}").status_code == 404
    for path in ("delete/", "questions/0/delete/", "questions/0/move/"):
        assert console.post(f"{PAGE}{theirs.pk}/{path}").status_code == 404
    assert Survey.objects.filter(pk=theirs.pk).exists()
