"""The pages below /console/modules/traffic/."""

from django.urls import path

from modules.traffic import pages

app_name = "traffic"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("<int:pk>/", pages.play, name="play"),
    path("<int:pk>/progress/", pages.progress, name="progress"),
    path("<int:pk>/stop/", pages.stop, name="stop"),
]
