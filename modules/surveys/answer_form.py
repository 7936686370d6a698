"""The console's form for answering a survey: a control for each question. The rules validate the answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from modules.surveys.rules import LONG_LIMIT, SHORT_LIMIT, SILENT, WITH_CHOICES, WITH_RANGE, Given, Question


@dataclass
class Asked:
    """A question with its controls; a question to sort has one for each position."""

    question: Question
    controls: list[forms.BoundField] = field(default_factory=list)
    other: forms.BoundField | None = None

    @property
    def is_group(self) -> bool:
        return self.question.type in ("CHOICEONE", "NESTCHILD", "CHOICEMULTI", "ITEMSORT")


class AnswerForm(forms.Form):
    def __init__(self, questions: Sequence[Question], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.questions = [question for question in questions if not question.is_hidden]
        for question in self.questions:
            for name, control in _controls(question):
                self.fields[name] = control
            if question.has_other:
                self.fields[f"{question.sn}.other"] = _text(SHORT_LIMIT, _("Other"))

    def asked(self) -> list[Asked]:
        """The questions in order, for the template."""
        return [
            Asked(
                question,
                [self[name] for name, _control in _controls(question)],
                self[f"{question.sn}.other"] if question.has_other else None,
            )
            for question in self.questions
        ]

    def given(self) -> dict[str, Given]:
        """The answers by number of the question."""
        found = {}
        for question in self.questions:
            values = [self.cleaned_data[name] for name, _control in _controls(question)]
            texts = [text for value in values for text in (value if isinstance(value, list) else [value])]
            other = self.cleaned_data.get(f"{question.sn}.other", "")
            if any(texts) or other:
                found[str(question.sn)] = Given([text.strip() for text in texts if text.strip()], other.strip())
        return found

    def add_faults(self, faults: Mapping[str, Sequence[str]]) -> None:
        """Show the fault of `answers.NUMBER` at its question."""
        for path, sentences in faults.items():
            sn = path.removeprefix("answers.")
            name = next((name for name in (sn, f"{sn}.0") if name in self.fields), None)
            self.add_error(name, list(sentences))


def _controls(question: Question) -> list[tuple[str, forms.Field]]:
    name = str(question.sn)
    if question.type in SILENT:
        return []
    if question.type == "ITEMSORT":
        places = range(len(question.choices))
        return [(f"{name}.{place}", _list(question, _place(place))) for place in places]
    if question.type == "PICKFROM":
        return [(name, _list(question, question.subject))]
    if question.type == "CHOICEMULTI":
        multiple = forms.MultipleChoiceField(
            label=question.subject, choices=_options(question), required=False, widget=forms.CheckboxSelectMultiple
        )
        return [(name, multiple)]
    if question.type in WITH_CHOICES:
        radio = forms.ChoiceField(
            label=question.subject, choices=_options(question), required=False, widget=forms.RadioSelect
        )
        return [(name, radio)]
    return [(name, _written(question))]


def _place(place: int) -> str:
    return _("Place %(number)s") % {"number": place + 1}


def _list(question: Question, label: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[("", "–"), *_options(question)], required=False)


def _options(question: Question) -> list[tuple[str, str]]:
    return [(choice.text, choice.text) for choice in question.choices]


def _written(question: Question) -> forms.Field:
    if question.type == "TXTLONG":
        return _text(LONG_LIMIT, question.subject, forms.Textarea(attrs={"rows": 4}))
    if question.type == "DATEPICKER":
        return _text(10, question.subject, forms.DateInput(attrs={"type": "date"}))
    if question.type in WITH_RANGE:
        smallest, largest = question.range
        bounds = {name: bound for name, bound in (("min", smallest), ("max", largest)) if bound is not None}
        return _text(30, question.subject, forms.NumberInput(attrs={"step": "any", **bounds}))
    return _text(SHORT_LIMIT, question.subject)


def _text(limit: int, label: str, widget: forms.Widget | None = None) -> forms.CharField:
    return forms.CharField(label=label, max_length=limit, required=False, widget=widget or forms.TextInput())
