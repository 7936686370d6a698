"""The REST API below /api/v1/modules/surveys/ for surveys and questions."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from maac_contract.payloads import SURVEY_QUESTION_TYPES
from modules.surveys import demo, rules, selectors, services
from modules.surveys.models import Question, Survey
from rest.base.fields import StrictSerializer, Text, TrueOrFalse
from rest.base.views import AccountViewSet


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


@extend_schema_view(
    list=extend_schema(description="List surveys with their questions, newest first."),
    retrieve=extend_schema(description="Show a survey."),
)
class SurveyViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Survey]):
    """Surveys: SurveyCake forms."""

    serializer_class = SurveyOut
    lookup_url_kwarg = "survey_id"

    def get_queryset(self) -> QuerySet[Survey]:
        return selectors.surveys(account=self.account)

    @extend_schema(request=NewSurveyIn, responses={201: SurveyOut})
    def create(self, _request: Request) -> Response:
        """Create a survey, with or without questions."""
        made = services.create(account=self.account, now=self.now, **self.given(NewSurveyIn))
        return self.shown(made, status=201)

    @extend_schema(request=SurveyIn(partial=True))
    def partial_update(self, _request: Request, **_: int) -> Response:
        """Change a survey; omitted fields stay."""
        survey, fields = self.get_object(), self.given(SurveyIn, partial=True)
        return self.shown(services.edit(survey=survey, **fields))

    def destroy(self, _request: Request, **_: int) -> Response:
        """Delete a survey and its submissions. Their events stay in the log."""
        services.delete(survey=self.get_object())
        return Response(status=204)

    @extend_schema(request=OrderIn)
    @action(detail=True, methods=["post"])
    def order(self, _request: Request, **_: int) -> Response:
        """Reorder the questions. Their numbers do not change."""
        survey, fields = self.get_object(), self.given(OrderIn)
        services.reorder(survey=survey, sns=fields["order"])
        return self.shown(self.get_object())

    @extend_schema(request=None, responses={201: SurveyOut})
    @action(detail=False, methods=["post"])
    def demo(self, _request: Request) -> Response:
        """Create a realistic survey with questions of every type."""
        self.expect_nothing()
        return self.shown(demo.seed_demo(account=self.account, now=self.now), status=201)


class QuestionViewSet(AccountViewSet[Question]):
    serializer_class = QuestionOut
    lookup_field = "sn"

    def get_queryset(self) -> QuerySet[Question]:
        return survey_of(self.account, self.kwargs["survey_id"]).questions.all()

    @extend_schema(request=QuestionIn, responses={201: QuestionOut})
    def create(self, _request: Request, survey_id: int) -> Response:
        """Append a question. It gets the next number, which never changes."""
        survey = survey_of(self.account, survey_id)
        return self.shown(services.add_question(survey=survey, **self.given(QuestionIn)), status=201)

    @extend_schema(request=QuestionIn(partial=True))
    def partial_update(self, _request: Request, **_: int) -> Response:
        """Change a question; omitted fields and its number stay."""
        question, fields = self.get_object(), self.given(QuestionIn, partial=True)
        return self.shown(services.edit_question(question=question, **fields))

    def destroy(self, _request: Request, **_: int) -> Response:
        """Delete a question. The others keep their numbers."""
        services.delete_question(question=self.get_object())
        return Response(status=204)


def survey_of(account: Account, survey_id: int) -> Survey:
    """The account's survey with this id, or 404."""
    return get_object_or_404(selectors.surveys(account=account), pk=survey_id)
