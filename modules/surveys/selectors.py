"""Queries of surveys and submissions."""

from django.db.models import Count, QuerySet

from accounts.models import Account
from modules.surveys import rules
from modules.surveys.models import Submission, Survey


def surveys(*, account: Account) -> QuerySet[Survey]:
    return Survey.objects.filter(account=account).order_by("-id").prefetch_related("questions")


def counted(*, account: Account) -> QuerySet[Survey]:
    """Surveys with `submission_count`."""
    return surveys(account=account).annotate(submission_count=Count("submissions"))


def submissions(*, account: Account, survey: Survey | None = None) -> QuerySet[Submission]:
    found = Submission.objects.filter(account=account).select_related("contact", "survey").order_by("-id")
    return found.filter(survey=survey) if survey else found


def asked(*, survey: Survey) -> list[rules.Question]:
    """The questions in order, as the rules' type."""
    return [question.asked() for question in survey.questions.all()]
