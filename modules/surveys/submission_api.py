"""The REST API below /api/v1/modules/surveys/{id}/submissions/."""

from datetime import UTC, datetime
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modules.contacts.contact_fields import ContactReference, pop_contact
from modules.surveys import selectors, submissions
from modules.surveys.api import survey_of
from modules.surveys.models import Submission
from modules.surveys.rules import LONG_LIMIT, Given
from rest.base.fields import Text, TrueOrFalse
from rest.base.paging import NewestFirst
from rest.base.request import account_of

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


class SubmissionsView(APIView):
    """Submissions of contacts."""

    pagination_class = NewestFirst

    @extend_schema(responses=SubmissionOut(many=True))
    def get(self, request: Request, survey_id: int) -> Response:
        """List submissions of a survey, newest first."""
        survey = survey_of(request, survey_id)
        pages = NewestFirst()
        found = selectors.submissions(account=account_of(request), survey=survey)
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(SubmissionOut(page, many=True).data)

    @extend_schema(request=SubmissionIn, responses={201: SubmissionOut})
    def post(self, request: Request, survey_id: int) -> Response:
        """Answer a survey as a contact. `form.surveycake_submitted` is sent."""
        survey = survey_of(request, survey_id)
        parsed = SubmissionIn(data=request.data)
        parsed.is_valid(raise_exception=True)
        fields, now = dict(parsed.validated_data), datetime.now(UTC)
        contact = pop_contact(account=account_of(request), fields=fields)
        if fields.get("generate"):
            seed = fields.get("seed", now.isoformat())
            made = submissions.submit_generated(survey=survey, contact=contact, seed=seed, now=now)
        else:
            made = submissions.submit(survey=survey, contact=contact, answers=fields["answers"], now=now)
        return Response(SubmissionOut(made).data, status=status.HTTP_201_CREATED)


class SubmissionView(APIView):
    @extend_schema(responses=SubmissionOut)
    def get(self, request: Request, survey_id: int, submission_id: int) -> Response:
        """Show a submission."""
        found = selectors.submissions(account=account_of(request), survey=survey_of(request, survey_id))
        return Response(SubmissionOut(get_object_or_404(found, pk=submission_id)).data)


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
