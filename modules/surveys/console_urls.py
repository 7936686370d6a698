"""The pages below /console/modules/surveys/."""

from django.urls import path

from modules.surveys import console, submission_console

app_name = "surveys"
urlpatterns = [
    path("", console.listing, name="list"),
    path("new/", console.new, name="new"),
    path("demo/", console.seed_demo, name="seed_demo"),
    path("<int:pk>/", console.survey, name="survey"),
    path("<int:pk>/edit/", console.edit, name="edit"),
    path("<int:pk>/delete/", console.delete, name="delete"),
    path("<int:pk>/questions/new/", console.question_new, name="question_new"),
    path("<int:pk>/questions/<int:sn>/", console.question_edit, name="question_edit"),
    path("<int:pk>/questions/<int:sn>/delete/", console.question_delete, name="question_delete"),
    path("<int:pk>/questions/<int:sn>/move/", console.question_move, name="question_move"),
    path("<int:pk>/answer/", submission_console.answer, name="answer"),
    path("<int:pk>/submissions/<int:submission_pk>/", submission_console.submission, name="submission"),
]
