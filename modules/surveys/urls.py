"""The API below /api/v1/modules/surveys/ and the pages below /console/modules/surveys/."""

from django.urls import path

from modules.surveys import api, pages, submission_api, submission_pages
from rest.base.views import Router

router = Router()
router.register("", api.SurveyViewSet)
router.register("<int:survey_id>/questions", api.QuestionViewSet)
router.register("<int:survey_id>/submissions", submission_api.SubmissionViewSet)
api_urlpatterns = router.urls

app_name = "surveys"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("new/", pages.new, name="new"),
    path("demo/", pages.seed_demo, name="seed_demo"),
    path("<int:pk>/", pages.survey, name="survey"),
    path("<int:pk>/edit/", pages.edit, name="edit"),
    path("<int:pk>/delete/", pages.delete, name="delete"),
    path("<int:pk>/questions/new/", pages.question_new, name="question_new"),
    path("<int:pk>/questions/<int:sn>/", pages.question_edit, name="question_edit"),
    path("<int:pk>/questions/<int:sn>/delete/", pages.question_delete, name="question_delete"),
    path("<int:pk>/questions/<int:sn>/move/", pages.question_move, name="question_move"),
    path("<int:pk>/answer/", submission_pages.answer, name="answer"),
    path("<int:pk>/submissions/<int:submission_pk>/", submission_pages.submission, name="submission"),
]
