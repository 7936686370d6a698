"""The API below /api/v1/modules/traffic/ and the pages below /console/modules/traffic/."""

from django.urls import path

from modules.traffic import api, pages
from rest.base.views import Router

router = Router()
router.register("plays", api.PlayViewSet)
api_urlpatterns = [
    *router.urls,
    path("scenarios/", api.ScenariosView.as_view()),
]

app_name = "traffic"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("<int:pk>/", pages.play, name="play"),
    path("<int:pk>/progress/", pages.progress, name="progress"),
    path("<int:pk>/stop/", pages.stop, name="stop"),
]
