"""The REST API below /api/v1/modules/surveys/{id}/submissions/."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from modules.contacts.contact_fields import ContactReference, pop_contact
from modules.surveys import selectors, submissions
from modules.surveys.api import survey_of
from modules.surveys.models import Submission
from modules.surveys.rules import LONG_LIMIT, Given
from rest.base.fields import Text, TrueOrFalse
from rest.base.views import AccountViewSet

ANSWERS_HELP = (
    'By the question\'s number or alias: a text, a number, a list of texts, or `{"answer": …, "other": "…"}`. '
    "A choice is named by its text or its alias."
)

NOT_AN_ANSWER = "Give a text, a number, a list of texts, or an object with answer and other."


class SubmissionIn(ContactReference):
    answers = serializers.DictField(required=False, help_text=ANSWERS_HELP)
    generate = TrueOrFalse(required=False, help_text="Generate realistic answers instead of giving `answers`.")
    seed = Text(required=False, max_length=100, help_text="With `generate`: the same seed gives the same answers.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        generate = attrs.get("generate", False)
        if generate == ("answers" in attrs):
            raise serializers.ValidationError({"answers": ['Give either answers or "generate": true.']})
        if "seed" in attrs and not generate:
            raise serializers.ValidationError({"seed": ['A seed needs "generate": true.']})
        return attrs

    def validate_answers(self, answers: dict[str, Any]) -> dict[str, Given]:
        given = {key: _given(value) for key, value in answers.items()}
        unread = [submissions.shown(key) for key, value in given.items() if value is None]
        if unread:
            raise serializers.ValidationError({key: [NOT_AN_ANSWER] for key in unread})
        return {key: value for key, value in given.items() if value}


class SubmissionOut(serializers.ModelSerializer[Submission]):
    line_uid = serializers.CharField(source="contact.line_uid")
    event_id = serializers.IntegerField(source="webhook_event_id", help_text="The webhook event.")
    not_taken = serializers.DictField(
        child=serializers.CharField(), help_text="MAAC's own aliases that did not update the contact, and why."
    )

    class Meta:
        model = Submission
        fields = [
            "id", "survey", "contact", "line_uid", "answer_hash", "result", "not_taken", "submitted_at", "event_id",
        ]  # fmt: skip


@extend_schema_view(
    list=extend_schema(description="List submissions of a survey, newest first."),
    retrieve=extend_schema(description="Show a submission."),
)
class SubmissionViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Submission]):
    """Submissions of contacts."""

    serializer_class = SubmissionOut
    lookup_url_kwarg = "submission_id"

    def get_queryset(self) -> QuerySet[Submission]:
        survey = survey_of(self.account, self.kwargs["survey_id"])
        return selectors.submissions(account=self.account, survey=survey)

    @extend_schema(request=SubmissionIn, responses={201: SubmissionOut})
    def create(self, _request: Request, survey_id: int) -> Response:
        """Answer a survey as a contact. `form.surveycake_submitted` is sent."""
        survey = survey_of(self.account, survey_id)
        fields = self.given(SubmissionIn)
        contact = pop_contact(account=self.account, fields=fields)
        if fields.get("generate"):
            seed = fields.get("seed", self.now.isoformat())
            made = submissions.submit_generated(survey=survey, contact=contact, seed=seed, now=self.now)
        else:
            made = submissions.submit(survey=survey, contact=contact, answers=fields["answers"], now=self.now)
        return self.shown(made, status=201)


def _given(value: Any) -> Given | None:
    """The accepted JSON forms of an answer."""
    other = ""
    if isinstance(value, dict) and set(value) <= {"answer", "other"} and isinstance(value.get("other", ""), str):
        other, value = value.get("other", ""), value.get("answer", [])
    texts = [_text(each) for each in (value if isinstance(value, list) else [value])]
    if any(text is None for text in texts):
        return None
    return Given([text for text in texts if text], other.strip())


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    return text if len(text) <= LONG_LIMIT + 1 else None
