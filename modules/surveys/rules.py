"""Validation of questions, and of the answers to each type of question. Pure.

Documented by MAAC: the types of question, aliases, and that `sn` stays while the order changes. Chosen: what each type
takes as an answer, after SurveyCake's editor.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from maac_contract.payloads import SURVEY_QUESTION_TYPES
from maac_contract.sentences import Sentence
from maac_contract.sentences import gettext_noop as _
from maac_contract.validation import UNSENDABLE

OPEN, CLOSED = "open", "closed"
SURVEY_STATUSES = (OPEN, CLOSED)
SVID = re.compile(r"[A-Za-z0-9]{5}")
ALIAS = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,49}")
TITLE_LIMIT = 100
SUBJECT_LIMIT = 500
LABEL_LIMIT = 200
CHOICE_LIMIT = 100
DEFAULT_LIMIT = 500
QUESTION_LIMIT = 200
SHORT_LIMIT, LONG_LIMIT = 200, 5000
LARGEST = 2**31 - 1

ONE_OF = ("CHOICEONE", "PICKFROM", "NESTCHILD")
WITH_CHOICES = (*ONE_OF, "CHOICEMULTI", "ITEMSORT")
WITH_OTHER = ("CHOICEONE", "CHOICEMULTI")
WITH_RANGE = ("DIGITINPUT", "DIGITSLIDE", "RATINGBAR")
SILENT = ("NEST", "QUOTE", "STATEMENT", "DIVIDER")
"""Types without an answer; a NEST precedes its NESTCHILDs."""
USUAL_RANGE: dict[str, tuple[int | None, int | None]] = {
    "DIGITINPUT": (None, None),
    "DIGITSLIDE": (0, 10),
    "RATINGBAR": (1, 5),
}

Faults = dict[str, str]
"""Error messages by field."""

NOT_A_TITLE = _("Write 1 to 100 printable characters.")
NOT_AN_SVID = _("Write five letters or digits.")
NOT_A_STATUS = _("Choose open or closed.")
NOT_A_TYPE = _("This is no type of question that SurveyCake has.")
NOT_A_SUBJECT = _("Write 1 to 500 characters.")
NOT_AN_ALIAS = _("Write at most 50 letters, digits, dots, dashes or underscores, beginning with no digit.")
NOT_A_LABEL = _("Write at most 200 characters.")
NO_CHOICES = _("Give 1 to 100 different choices, each with a text, and no two with the same alias.")
TAKES_NO_CHOICES = _("A question of this type has no choices.")
TAKES_NO_OTHER = _("Only questions with one or many choices can have an “other” choice.")
NOT_A_RANGE = _("The smallest number must not be above the largest, and neither beyond 2147483647.")
NEVER_ANSWERED = _("This type takes no answer, so it cannot be required.")
ORPHANED = _("A NESTCHILD must stand below its NEST, with nothing but other NESTCHILDs between.")

REQUIRED = _("This question needs an answer.")
NO_ANSWER = _("A question of this type takes no answer.")
NO_OTHER = _("This question has no “other” choice.")
ONE_ANSWER = _("Give one answer.")
NOT_A_TEXT = _("Write at most %(limit)s characters.")
NOT_A_CHOICE = _("Choose one of %(choices)s.")
TWICE = _("Give each answer once.")
NOT_SORTED = _("Put all of %(choices)s in order, each once.")
NOT_A_NUMBER = _("Write a number.")
NOT_WHOLE = _("Write a whole number.")
TOO_SMALL = _("Write a number of at least %(minimum)s.")
TOO_LARGE = _("Write a number of at most %(maximum)s.")
NOT_A_DAY = _("Write a day such as 1990-04-12.")


class Choice(NamedTuple):
    text: str
    alias: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question."""

    sn: int
    type: str
    subject: str
    alias: str = ""
    label: str = ""
    choices: tuple[Choice, ...] = ()
    has_other: bool = False
    is_required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    default: str = ""
    """Fills the answer when none is given."""
    is_hidden: bool = False
    """The form does not show it, so its default, or what is known of the contact, is the answer."""

    @property
    def range(self) -> tuple[int | None, int | None]:
        smallest, largest = USUAL_RANGE.get(self.type, (None, None))
        return (
            smallest if self.minimum is None else self.minimum,
            largest if self.maximum is None else self.maximum,
        )


class Given(NamedTuple):
    """A contact's input: texts (for choices the text or the alias), and the text typed as “other”."""

    answers: Sequence[str] = ()
    other: str = ""


class Answer(NamedTuple):
    """A valid answer: texts, the text typed as “other”, and the tags and aliases of the choices."""

    answers: list[str]
    other: list[str]
    labels: list[str]
    aliases: list[str]


def survey_faults(*, title: str, svid: str, status: str) -> Faults:
    faults = {}
    if not (0 < len(title) <= TITLE_LIMIT and title.isprintable()):
        faults["title"] = NOT_A_TITLE
    if not SVID.fullmatch(svid):
        faults["svid"] = NOT_AN_SVID
    if status not in SURVEY_STATUSES:
        faults["status"] = NOT_A_STATUS
    return faults


def question_faults(question: Question) -> Faults:
    """Faults of a question."""
    faults = {}
    if question.type not in SURVEY_QUESTION_TYPES:
        return {"type": NOT_A_TYPE}
    if not _is_text(question.subject, SUBJECT_LIMIT) or not question.subject:
        faults["subject"] = NOT_A_SUBJECT
    if question.alias and not ALIAS.fullmatch(question.alias):
        faults["alias"] = NOT_AN_ALIAS
    if not _is_text(question.label, LABEL_LIMIT):
        faults["label"] = NOT_A_LABEL
    if question.type in WITH_CHOICES and not _are_choices(question.choices):
        faults["choices"] = NO_CHOICES
    if question.type not in WITH_CHOICES and question.choices:
        faults["choices"] = TAKES_NO_CHOICES
    if question.has_other and question.type not in WITH_OTHER:
        faults["has_other"] = TAKES_NO_OTHER
    if question.is_required and question.type in SILENT:
        faults["is_required"] = NEVER_ANSWERED
    if question.default:
        outcome = answered(question, Given([question.default]))
        faults |= {"default": outcome} if isinstance(outcome, str) else {}
    bounds = [bound for bound in question.range if bound is not None]
    if sorted(bounds) != bounds or any(abs(bound) > LARGEST for bound in bounds):
        faults["minimum"] = NOT_A_RANGE
    return faults


def order_fault(types: Sequence[str]) -> str | None:
    """The fault of the questions' order, if any."""
    before = ""
    for each in types:
        if each == "NESTCHILD" and before not in ("NEST", "NESTCHILD"):
            return ORPHANED
        before = each
    return None


def answered(question: Question, given: Given | None) -> Answer | str:
    """The answer as it is sent, or an error message."""
    given = given or Given()
    given = Given([text for text in given.answers if text], given.other)
    if question.default and not given.answers and not given.other:
        given = Given([question.default])
    if question.type in SILENT:
        return NO_ANSWER if given.answers or given.other else Answer([], [], [], [])
    if given.other and not question.has_other:
        return NO_OTHER
    if not _is_text(given.other, SHORT_LIMIT):
        return Sentence(NOT_A_TEXT, limit=SHORT_LIMIT)
    if not given.answers and not given.other:
        return REQUIRED if question.is_required else Answer([], [], [], [])
    if question.type in WITH_CHOICES:
        return _chosen(question, given)
    return _written(question, given)


def aliased(answer: Answer) -> list[str]:
    """The values under the question's alias: each choice's alias, or its text if it has none."""
    aliases = answer.aliases or answer.answers
    return [*(alias or text for alias, text in zip(aliases, answer.answers, strict=True)), *answer.other]


def _chosen(question: Question, given: Given) -> Answer | str:
    known = {choice.alias: choice for choice in question.choices if choice.alias}
    known |= {choice.text: choice for choice in question.choices}
    if not all(each in known for each in given.answers):
        return Sentence(NOT_A_CHOICE, choices=_named(question.choices))
    chosen = [known[each] for each in given.answers]
    if len(set(chosen)) < len(chosen):
        return TWICE
    if question.type in ONE_OF and len(chosen) + bool(given.other) != 1:
        return ONE_ANSWER
    if question.type == "ITEMSORT" and len(chosen) != len(question.choices):
        return Sentence(NOT_SORTED, choices=_named(question.choices))
    other = [given.other] if given.other else []
    return Answer(
        [each.text for each in chosen], other, [each.label for each in chosen], [each.alias for each in chosen]
    )


def _written(question: Question, given: Given) -> Answer | str:
    if len(given.answers) != 1:
        return ONE_ANSWER
    (text,) = given.answers
    fault = JUDGES[question.type](question, text)
    return fault or Answer([text], [], [], [])


def _text_fault(limit: int) -> Callable[[Question, str], str | None]:
    return lambda _question, text: None if _is_text(text, limit) else Sentence(NOT_A_TEXT, limit=limit)


def _number_fault(question: Question, text: str) -> str | None:
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", text):
        return NOT_A_NUMBER
    if question.type != "DIGITINPUT" and "." in text:
        return NOT_WHOLE
    smallest, largest = question.range
    if smallest is not None and float(text) < smallest:
        return Sentence(TOO_SMALL, minimum=smallest)
    if largest is not None and float(text) > largest:
        return Sentence(TOO_LARGE, maximum=largest)
    return None


def _day_fault(_question: Question, text: str) -> str | None:
    try:
        return None if date.fromisoformat(text).isoformat() == text else NOT_A_DAY
    except ValueError:
        return NOT_A_DAY


JUDGES: Mapping[str, Callable[[Question, str], str | None]] = {
    "TXTSHORT": _text_fault(SHORT_LIMIT),
    "TXTLONG": _text_fault(LONG_LIMIT),
    "DIGITINPUT": _number_fault,
    "DIGITSLIDE": _number_fault,
    "RATINGBAR": _number_fault,
    "DATEPICKER": _day_fault,
}
"""The fault of a text answer, if any."""


def _are_choices(choices: Collection[Choice]) -> bool:
    texts = [choice.text for choice in choices]
    aliases = [choice.alias for choice in choices if choice.alias]
    return (
        0 < len(choices) <= CHOICE_LIMIT
        and len(set(texts)) == len(texts)
        and len(set(aliases)) == len(aliases)
        # An alias equal to another choice's text would make the answer ambiguous.
        and all(choice.text == choice.alias or choice.alias not in texts for choice in choices)
        and all(choice.text and all(_is_text(part, LABEL_LIMIT) for part in choice) for choice in choices)
        and all(ALIAS.fullmatch(alias) for alias in aliases)
    )


def _is_text(value: str, limit: int) -> bool:
    return len(value) <= limit and not UNSENDABLE.search(value)


def _named(choices: Collection[Choice]) -> str:
    return ", ".join(choice.text for choice in choices)


def result_of(question: Question, answer: Answer) -> dict[str, Any]:
    """The question's entry in `result`."""
    return {
        "subject": question.subject,
        "type": question.type,
        "sn": question.sn,
        "label": question.label,
        "alias": question.alias,
        "answer": answer.answers,
        "otherAnswer": answer.other,
        "answerLabel": answer.labels,
        "answerAlias": answer.aliases,
    }
