"""The calls below /api/v1/modules/surveys/."""

from django.urls import path

from modules.surveys import api, submission_api

urlpatterns = [
    path("", api.SurveysView.as_view()),
    path("demo/", api.DemoSurveyView.as_view()),
    path("<int:survey_id>/", api.SurveyView.as_view()),
    path("<int:survey_id>/questions/", api.QuestionsView.as_view()),
    path("<int:survey_id>/questions/<int:sn>/", api.QuestionView.as_view()),
    path("<int:survey_id>/order/", api.OrderView.as_view()),
    path("<int:survey_id>/submissions/", submission_api.SubmissionsView.as_view()),
    path("<int:survey_id>/submissions/<int:submission_id>/", submission_api.SubmissionView.as_view()),
]
