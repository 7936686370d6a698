"""The calls below /api/v1/modules/traffic/."""

from django.urls import path

from modules.traffic import api

urlpatterns = [
    path("scenarios/", api.ScenariosView.as_view()),
    path("plays/", api.PlaysView.as_view()),
    path("plays/<int:play_id>/", api.PlayView.as_view()),
    path("plays/<int:play_id>/stop/", api.StopView.as_view()),
]
