"""The API below /api/v1/modules/traffic/ and the pages below /console/modules/traffic/."""

from django.urls import path

from modules.traffic import api, pages

api_urlpatterns = [
    path("scenarios/", api.ScenariosView.as_view()),
    path("plays/", api.PlaysView.as_view()),
    path("plays/<int:play_id>/", api.PlayView.as_view()),
    path("plays/<int:play_id>/stop/", api.StopView.as_view()),
]

app_name = "traffic"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("<int:pk>/", pages.play, name="play"),
    path("<int:pk>/progress/", pages.progress, name="progress"),
    path("<int:pk>/stop/", pages.stop, name="stop"),
]
