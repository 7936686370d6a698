"""Submits answers: validates, stores and publishes them and updates the contact, in one transaction."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from maac_contract.samples import brand
from maac_contract.samples import contact as person
from maac_contract.sentences import Sentence, gettext_noop
from modules.contacts import services as contact_services
from modules.contacts.errors import ContactTaken
from modules.contacts.models import Contact
from modules.surveys import generated, members, rules, selectors
from modules.surveys.errors import AlreadySubmitted, InvalidAnswers, SurveyClosed
from modules.surveys.models import Submission, Survey
from modules.surveys.rules import Answer, Given, Question
from webhooks.services.publish import EventRequest, publish

UNKNOWN_QUESTION = gettext_noop("The survey has no question with this number or alias.")
KEY_SHOWN = 100
TOPIC = "form.surveycake_submitted"
ByAlias = Mapping[str, list[str]]
TWICE = gettext_noop("This question is answered twice: by its number and by its alias.")


def submit(*, survey: Survey, contact: Contact, answers: Mapping[str, Given], now: datetime) -> Submission:
    """Submit the contact's answers by number or alias of the question."""
    with transaction.atomic():
        # The lock prevents two concurrent submissions of a contact where only one is allowed.
        contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
        check_welcome(survey, contact)
        questions = selectors.asked(survey=survey)
        submission, by_alias = drafted(survey=survey, questions=questions, contact=contact, answers=answers, now=now)
        submission.save()
        event_request = event_request_of(submission, by_alias)
        (published,) = publish(account=survey.account, event_requests=[event_request], now=now)
        submission.webhook_event_id = published.event.pk
        submission.save(update_fields=["webhook_event_id"])
    return submission


def submit_generated(*, survey: Survey, contact: Contact, seed: int | str, now: datetime) -> Submission:
    """Submit realistic generated answers; the same seed gives the same answers."""
    answers = generated.answers(
        selectors.asked(survey=survey), person=said_by(contact, seed), brand=brand(seed), seed=seed
    )
    return submit(survey=survey, contact=contact, answers=answers, now=now)


def drafted(
    *,
    survey: Survey,
    questions: Sequence[Question],
    contact: Contact,
    answers: Mapping[str, Given],
    now: datetime,
    answer_hash: str = "",
) -> tuple[Submission, ByAlias]:
    """An unsaved submission, and the answers by alias. Updates the contact from them."""
    checked = _checked(questions, answers, members.known_of(contact))
    by_alias = {each.alias: rules.aliased(checked[each.sn]) for each in questions if each.alias}
    contact, not_taken = _noted(contact, by_alias, now)
    submission = Submission(
        account=survey.account,
        survey=survey,
        contact=contact,
        answer_hash=answer_hash or secrets.token_hex(16),
        result=[rules.result_of(each, checked[each.sn]) for each in questions],
        not_taken=not_taken,
        submitted_at=now,
    )
    return submission, by_alias


def event_request_of(submission: Submission, by_alias: ByAlias) -> EventRequest:
    return EventRequest(TOPIC, data_of(submission, by_alias), timestamp=submission.submitted_at)


def data_of(submission: Submission, by_alias: ByAlias) -> dict[str, Any]:
    """The `data` of form.surveycake_submitted."""
    survey = submission.survey
    local = submission.submitted_at.astimezone(survey.account.zone_info)
    return {
        "line_uid": submission.contact.line_uid,
        "customer_id": submission.contact.customer_id,
        "survey_name": survey.title,
        "answer_hash": submission.answer_hash,
        "answer": {
            "id": submission.pk,
            "svid": survey.svid,
            "title": survey.title,
            "status": "FINISH",
            "submitTime": f"{local:%Y-%m-%d %H:%M:%S}",
            "mbunq": None,
            "meta": {"isolated": {"status": False, "type": None}},
            "mbrid": None,
            "alias": dict(by_alias),
            "result": submission.result,
        },
    }


def check_welcome(survey: Survey, contact: Contact) -> None:
    if survey.status != rules.OPEN:
        raise SurveyClosed(_("The survey %(title)s is closed.") % {"title": survey.title})
    if survey.is_once and survey.submissions.filter(contact=contact).exists():
        raise AlreadySubmitted(_("%(name)s has answered this survey, which takes one answer each.") % {"name": contact})


def _checked(
    questions: Sequence[Question], answers: Mapping[str, Given], known: Mapping[str, str]
) -> dict[int, Answer]:
    """The valid answers by number. InvalidAnswers names every invalid one.

    A hidden question that is not answered gets the value of its alias in `known`.
    """
    sns = {each.alias: each.sn for each in questions if each.alias} | {str(each.sn): each.sn for each in questions}
    faults: dict[str, str] = {}
    given: dict[int, Given] = {}
    for key, answer in answers.items():
        if key not in sns:
            faults[shown(key)] = UNKNOWN_QUESTION
        elif sns[key] in given:
            faults[key] = TWICE
        else:
            given[sns[key]] = answer
    for each in questions:
        if each.is_hidden and each.sn not in given and each.alias in known:
            given[each.sn] = Given([known[each.alias]])
    outcomes = {each.sn: rules.answered(each, given.get(each.sn)) for each in questions}
    faults |= {str(sn): outcome for sn, outcome in outcomes.items() if isinstance(outcome, str)}
    if faults:
        messages = {f"answers.{key}": [_translated(fault)] for key, fault in faults.items()}
        field, (message,) = next(iter(messages.items()))
        raise InvalidAnswers(f"{field}: {message}", messages)
    return {sn: outcome for sn, outcome in outcomes.items() if isinstance(outcome, Answer)}


def shown(key: str) -> str:
    """A key of the request in a form that can be encoded: a lone surrogate has no UTF-8 form."""
    return key[:KEY_SHOWN].encode(errors="backslashreplace").decode()


def _translated(fault: str) -> str:
    return _(fault.template) % fault.values if isinstance(fault, Sentence) else _(fault)


def _noted(contact: Contact, by_alias: ByAlias, now: datetime) -> tuple[Contact, dict[str, str]]:
    """Update the contact from answers under MAAC's own aliases; invalid values are not stored."""
    today = now.astimezone(contact.account.zone_info).date()
    details, not_taken = members.details_of(by_alias, line_uid=contact.line_uid, today=today)
    details = {name: value for name, value in details.items() if getattr(contact, name) != value}
    try:
        return (contact_services.edit(contact=contact, now=now, **details) if details else contact), not_taken
    except ContactTaken:
        del details["customer_id"]
        not_taken["maac_member_customer_id"] = members.TAKEN
        return (contact_services.edit(contact=contact, now=now, **details) if details else contact), not_taken


def said_by(contact: Contact, seed: int | str) -> dict[str, str]:
    """The contact's answers under MAAC's own aliases; generated where the contact has no value."""
    made_up = person(seed)
    return {
        "maac_member_line_uid": contact.line_uid,
        "maac_member_name": str(contact.display_name or made_up.name),
        "maac_member_mobile": contact.mobile or made_up.mobile,
        "maac_member_birthday": contact.birthday.isoformat() if contact.birthday else made_up.birthday,
        "maac_member_customer_id": contact.customer_id or made_up.customer_id,
        "maac_member_email": contact.email or made_up.email,
        "maac_member_gender": contact.gender,
    }
