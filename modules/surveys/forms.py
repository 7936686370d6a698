"""The console's forms of surveys."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from maac_contract.payloads import SURVEY_QUESTION_TYPES
from modules.surveys import rules
from modules.surveys.labels import TYPES
from modules.surveys.models import Question, Survey

SEPARATOR = "|"
STATUSES = [(rules.OPEN, _("Open")), (rules.CLOSED, _("Closed"))]


class SurveyForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=rules.TITLE_LIMIT)
    svid = forms.CharField(
        label=_("SurveyCake's id (svid)"),
        max_length=5,
        required=False,
        help_text=_("Five letters or digits. Left empty, it is made up."),
    )
    status = forms.ChoiceField(label=_("Status"), choices=STATUSES, initial=rules.OPEN)
    is_once = forms.BooleanField(label=_("Each contact may answer once only"), required=False)

    @staticmethod
    def initial_of(survey: Survey) -> dict[str, Any]:
        return {name: getattr(survey, name) for name in SurveyForm.base_fields}


class QuestionForm(forms.Form):
    type = forms.ChoiceField(label=_("Type"), choices=[(each, TYPES[each]) for each in SURVEY_QUESTION_TYPES])
    subject = forms.CharField(
        label=_("Question"), max_length=rules.SUBJECT_LIMIT, widget=forms.Textarea(attrs={"rows": 2})
    )
    alias = forms.CharField(
        label=_("Alias"),
        max_length=50,
        required=False,
        help_text=_("Receivers tell questions apart by it. MAAC's own, such as maac_member_email, update the contact."),
    )
    label = forms.CharField(
        label=_("Tags"), max_length=rules.LABEL_LIMIT, required=False, help_text=_("Separated by commas.")
    )
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("One a line: text | alias | tags. Alias and tags may be left out."),
    )
    has_other = forms.BooleanField(label=_("With an “other” choice to type into"), required=False)
    is_required = forms.BooleanField(label=_("Needs an answer"), required=False)
    default = forms.CharField(
        label=_("Default value"),
        max_length=rules.DEFAULT_LIMIT,
        required=False,
        help_text=_("The answer when the contact gives none; of a choice, its text or alias."),
    )
    is_hidden = forms.BooleanField(
        label=_("Hidden field"),
        required=False,
        help_text=_(
            "The form does not show it. Under MAAC's own aliases the contact's value is sent, such as the LINE UID for "
            "maac_member_line_uid; otherwise the default value."
        ),
    )
    minimum = forms.IntegerField(
        label=_("Smallest number"), required=False, min_value=-rules.LARGEST, max_value=rules.LARGEST
    )
    maximum = forms.IntegerField(
        label=_("Largest number"), required=False, min_value=-rules.LARGEST, max_value=rules.LARGEST
    )

    def fields_given(self) -> dict[str, Any]:
        lines = [line for line in self.cleaned_data["choices"].splitlines() if line.strip()]
        return {**self.cleaned_data, "choices": [_choice(line) for line in lines]}

    @staticmethod
    def initial_of(question: Question) -> dict[str, Any]:
        fields = {name: getattr(question, name) for name in QuestionForm.base_fields}
        return {**fields, "choices": "\n".join(_line(**choice) for choice in question.choices)}


class ContactForm(forms.Form):
    """The contact who answers."""

    line_uid = forms.CharField(label=_("LINE UID of the contact"), max_length=33)


def _choice(line: str) -> dict[str, str]:
    text, alias, label = [*(part.strip() for part in line.split(SEPARATOR, 2)), "", ""][:3]
    return {"text": text, "alias": alias, "label": label}


def _line(*, text: str, alias: str, label: str) -> str:
    return f" {SEPARATOR} ".join([text, alias, label]).rstrip(f" {SEPARATOR}")
