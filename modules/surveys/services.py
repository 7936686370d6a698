"""Creates and changes surveys and their questions. Submissions are in `submissions`."""

import secrets
import string
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from modules.deletion import delete_whole
from modules.surveys import rules
from modules.surveys.errors import InvalidQuestion, InvalidSurvey
from modules.surveys.models import Question, Survey
from modules.validation import refuse

QUESTION_FIELDS = (
    "type", "subject", "alias", "label", "choices", "has_other", "is_required", "minimum", "maximum", "default",
    "is_hidden",
)  # fmt: skip


def create(
    *,
    account: Account,
    title: str,
    now: datetime,
    svid: str = "",
    status: str = rules.OPEN,
    is_once: bool = False,
    questions: Sequence[Mapping[str, Any]] = (),
) -> Survey:
    """Create a survey with its questions; with any fault nothing is created. `svid` is random by default."""
    survey = Survey(account=account, svid=svid or new_svid(), status=status, is_once=is_once, created_at=now)
    with transaction.atomic():
        _stored(survey, title=title)
        for place, fields in enumerate(questions):
            _add(survey, fields, prefix=f"questions[{place}].")
        survey.save(update_fields=["next_sn"])
    return survey


def edit(*, survey: Survey, **fields: Any) -> Survey:
    """Change title, svid, status or whether a contact may submit once only."""
    with transaction.atomic():
        return _stored(_locked(survey), **fields)


def delete(*, survey: Survey) -> None:
    """Delete the survey and its submissions. Their events stay in the log."""
    delete_whole(survey)


def add_question(*, survey: Survey, **fields: Any) -> Question:
    """Append a question."""
    with transaction.atomic():
        fresh = _locked(survey)
        question = _add(fresh, fields)
        fresh.save(update_fields=["next_sn"])
    return question


def edit_question(*, question: Question, **fields: Any) -> Question:
    """Change a question; its number does not change."""
    with transaction.atomic():
        fresh = _locked(question.survey).questions.get(pk=question.pk)
        return _question_stored(fresh, fields)


def delete_question(*, question: Question) -> None:
    """Delete a question. The others keep their numbers, so there is a gap."""
    with transaction.atomic():
        survey = _locked(question.survey)
        question.delete()
        _check_order(survey)


def reorder(*, survey: Survey, sns: Sequence[int]) -> None:
    """Put the questions into this order of their numbers."""
    with transaction.atomic():
        fresh = _locked(survey)
        questions = {question.sn: question for question in fresh.questions.all()}
        if sorted(sns) != sorted(questions):
            raise InvalidQuestion(_("Name the number of each question once."), {"order": [_("Name each one once.")]})
        for place, sn in enumerate(sns):
            questions[sn].place = place
        Question.objects.bulk_update(questions.values(), ["place"])
        _check_order(fresh)


def new_svid() -> str:
    letters = string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _place in range(5))


def _locked(survey: Survey) -> Survey:
    return Survey.objects.select_for_update(no_key=True).get(pk=survey.pk)


def _stored(survey: Survey, **fields: Any) -> Survey:
    for name, value in fields.items():
        setattr(survey, name, value.strip() if isinstance(value, str) else value)
    refuse(rules.survey_faults(title=survey.title, svid=survey.svid, status=survey.status), InvalidSurvey)
    try:
        with transaction.atomic():
            survey.save()
    except IntegrityError as error:
        message = _("Another survey of this account has this id.")
        raise InvalidSurvey(f"svid: {message}", {"svid": [message]}) from error
    return survey


def _add(survey: Survey, fields: Mapping[str, Any], prefix: str = "") -> Question:
    if survey.questions.count() >= rules.QUESTION_LIMIT:
        raise InvalidSurvey(_("A survey holds at most %(limit)s questions.") % {"limit": rules.QUESTION_LIMIT})
    last = survey.questions.order_by("place").last()
    question = Question(survey=survey, sn=survey.next_sn, place=last.place + 1 if last else 0)
    survey.next_sn += 1
    return _question_stored(question, fields, prefix)


def _question_stored(question: Question, fields: Mapping[str, Any], prefix: str = "") -> Question:
    unknown = set(fields) - set(QUESTION_FIELDS)
    if unknown:
        raise TypeError(f"A question has no {', '.join(sorted(unknown))}")
    for name, value in fields.items():
        setattr(question, name, value.strip() if isinstance(value, str) else value)
    question.choices = [rules.Choice(**choice)._asdict() for choice in question.choices]
    faults = rules.question_faults(question.asked())
    refuse({f"{prefix}{name}": fault for name, fault in faults.items()}, InvalidQuestion)
    try:
        with transaction.atomic():
            question.save()
    except IntegrityError as error:
        message = _("Another question of this survey has this alias.")
        raise InvalidQuestion(f"{prefix}alias: {message}", {f"{prefix}alias": [message]}) from error
    _check_order(question.survey, f"{prefix}type")
    return question


def _check_order(survey: Survey, field: str = "order") -> None:
    types = Question.objects.filter(survey=survey).order_by("place").values_list("type", flat=True)
    if fault := rules.order_fault(list(types)):
        raise InvalidQuestion(_(fault), {field: [_(fault)]})
