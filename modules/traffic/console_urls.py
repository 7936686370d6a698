"""The pages below /console/modules/traffic/."""

from django.urls import path

from modules.traffic import console

app_name = "traffic"
urlpatterns = [
    path("", console.listing, name="list"),
    path("<int:pk>/", console.play, name="play"),
    path("<int:pk>/progress/", console.progress, name="progress"),
    path("<int:pk>/stop/", console.stop, name="stop"),
]
