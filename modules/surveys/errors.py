"""Errors of the surveys module."""

from accounts.errors import Refusal
from webhooks.errors import InvalidInput


class InvalidSurvey(InvalidInput):
    code = "invalid_survey"


class InvalidQuestion(InvalidInput):
    code = "invalid_question"


class InvalidAnswers(InvalidInput):
    code = "invalid_answers"


class SurveyClosed(Refusal):
    code = "survey_closed"


class AlreadySubmitted(Refusal):
    """The survey takes one submission of each contact."""

    code = "already_submitted"
