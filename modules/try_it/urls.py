"""The pages below /console/modules/try-it/. The receiver itself is at /try/TOKEN/ (maac_sim/urls.py)."""

from django.urls import URLPattern, path

from modules.try_it import pages

api_urlpatterns: list[URLPattern] = []

app_name = "try_it"
urlpatterns = [
    path("", pages.show, name="show"),
    path("live/", pages.live, name="live"),
    path("start/", pages.start, name="start"),
    path("demo/", pages.demo, name="demo"),
    path("send/", pages.send, name="send"),
    path("answer/", pages.answer, name="answer"),
]
