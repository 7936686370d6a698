"""The REST API below /api/v1/modules/surveys/ for surveys and questions."""

from datetime import UTC, datetime

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from maac_contract.payloads import SURVEY_QUESTION_TYPES
from modules.surveys import demo, rules, selectors, services
from modules.surveys.models import Question, Survey
from rest.base.fields import Nothing, StrictSerializer, Text, TrueOrFalse
from rest.base.paging import NewestFirst
from rest.base.request import account_of


class ChoiceFields(StrictSerializer):
    text = Text(max_length=rules.LABEL_LIMIT)
    alias = Text(required=False, allow_blank=True, max_length=50)
    label = Text(required=False, allow_blank=True, max_length=rules.LABEL_LIMIT)  # type: ignore[assignment]


class QuestionIn(StrictSerializer):
    type = Text(help_text=", ".join(SURVEY_QUESTION_TYPES))
    subject = Text(max_length=rules.SUBJECT_LIMIT)
    alias = Text(required=False, allow_blank=True, max_length=50)
    label = Text(required=False, allow_blank=True, max_length=rules.LABEL_LIMIT)  # type: ignore[assignment]
    choices = ChoiceFields(many=True, required=False)
    has_other = TrueOrFalse(required=False)
    is_required = TrueOrFalse(required=False)
    minimum = serializers.IntegerField(
        required=False, allow_null=True, min_value=-rules.LARGEST, max_value=rules.LARGEST
    )
    maximum = serializers.IntegerField(
        required=False, allow_null=True, min_value=-rules.LARGEST, max_value=rules.LARGEST
    )
    default = Text(
        required=False, allow_blank=True, max_length=rules.DEFAULT_LIMIT, help_text="The answer when none is given."
    )
    is_hidden = TrueOrFalse(
        required=False, help_text="The form does not show it: its default, or what is known of the contact, is sent."
    )


class QuestionOut(serializers.ModelSerializer[Question]):
    choices = ChoiceFields(many=True)

    class Meta:
        model = Question
        fields = ["sn", *services.QUESTION_FIELDS]


class SurveyIn(StrictSerializer):
    title = Text(max_length=rules.TITLE_LIMIT)
    svid = Text(required=False, help_text="Five letters or digits. Default: random.")
    status = Text(required=False, help_text=", ".join(rules.SURVEY_STATUSES))
    is_once = TrueOrFalse(required=False, help_text="Accept only one submission per contact.")


class NewSurveyIn(SurveyIn):
    questions = QuestionIn(many=True, required=False, help_text="In order; their numbers start at 0.")


class SurveyOut(serializers.ModelSerializer[Survey]):
    status = serializers.CharField()
    questions = QuestionOut(many=True)

    class Meta:
        model = Survey
        fields = ["id", "title", "svid", "status", "is_once", "questions", "created_at"]


class OrderIn(StrictSerializer):
    order = serializers.ListField(child=serializers.IntegerField(), help_text="The number of each question once.")


class SurveysView(APIView):
    """Surveys: SurveyCake forms."""

    pagination_class = NewestFirst

    @extend_schema(responses=SurveyOut(many=True))
    def get(self, request: Request) -> Response:
        """List surveys with their questions, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(selectors.surveys(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(SurveyOut(page, many=True).data)

    @extend_schema(request=NewSurveyIn, responses={201: SurveyOut})
    def post(self, request: Request) -> Response:
        """Create a survey, with or without questions."""
        fields = NewSurveyIn(data=request.data)
        fields.is_valid(raise_exception=True)
        made = services.create(account=account_of(request), now=datetime.now(UTC), **fields.validated_data)
        return Response(SurveyOut(made).data, status=status.HTTP_201_CREATED)


class SurveyView(APIView):
    """One survey."""

    @extend_schema(responses=SurveyOut)
    def get(self, request: Request, survey_id: int) -> Response:
        """Show a survey."""
        return Response(SurveyOut(survey_of(request, survey_id)).data)

    @extend_schema(request=SurveyIn(partial=True), responses=SurveyOut)
    def patch(self, request: Request, survey_id: int) -> Response:
        """Change a survey; omitted fields stay."""
        found = survey_of(request, survey_id)
        fields = SurveyIn(data=request.data, partial=True)
        fields.is_valid(raise_exception=True)
        return Response(SurveyOut(services.edit(survey=found, **fields.validated_data)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, survey_id: int) -> Response:
        """Delete a survey and its submissions. Their events stay in the log."""
        services.delete(survey=survey_of(request, survey_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class QuestionsView(APIView):
    @extend_schema(request=QuestionIn, responses={201: QuestionOut})
    def post(self, request: Request, survey_id: int) -> Response:
        """Append a question. It gets the next number, which never changes."""
        survey = survey_of(request, survey_id)
        fields = QuestionIn(data=request.data)
        fields.is_valid(raise_exception=True)
        made = services.add_question(survey=survey, **fields.validated_data)
        return Response(QuestionOut(made).data, status=status.HTTP_201_CREATED)


class QuestionView(APIView):
    @extend_schema(request=QuestionIn(partial=True), responses=QuestionOut)
    def patch(self, request: Request, survey_id: int, sn: int) -> Response:
        """Change a question; omitted fields and its number stay."""
        found = get_object_or_404(survey_of(request, survey_id).questions.all(), sn=sn)
        fields = QuestionIn(data=request.data, partial=True)
        fields.is_valid(raise_exception=True)
        return Response(QuestionOut(services.edit_question(question=found, **fields.validated_data)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, survey_id: int, sn: int) -> Response:
        """Delete a question. The others keep their numbers."""
        services.delete_question(question=get_object_or_404(survey_of(request, survey_id).questions.all(), sn=sn))
        return Response(status=status.HTTP_204_NO_CONTENT)


class OrderView(APIView):
    @extend_schema(request=OrderIn, responses=SurveyOut)
    def post(self, request: Request, survey_id: int) -> Response:
        """Reorder the questions. Their numbers do not change."""
        survey = survey_of(request, survey_id)
        fields = OrderIn(data=request.data)
        fields.is_valid(raise_exception=True)
        services.reorder(survey=survey, sns=fields.validated_data["order"])
        return Response(SurveyOut(survey_of(request, survey_id)).data)


class DemoSurveyView(APIView):
    @extend_schema(request=None, responses={201: SurveyOut})
    def post(self, request: Request) -> Response:
        """Create a realistic survey with questions of every type."""
        Nothing(data=request.data).is_valid(raise_exception=True)
        made = demo.seed_demo(account=account_of(request), now=datetime.now(UTC))
        return Response(SurveyOut(made).data, status=status.HTTP_201_CREATED)


def survey_of(request: Request, survey_id: int) -> Survey:
    """The caller's survey with this id, or 404."""
    return get_object_or_404(selectors.surveys(account=account_of(request)), pk=survey_id)
