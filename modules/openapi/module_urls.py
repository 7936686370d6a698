"""The API below /api/v1/modules/openapi/ and the pages below /console/modules/openapi/."""

from django.urls import path

from modules.openapi import api, pages

api_urlpatterns = [
    path("calls/", api.CallsView.as_view()),
    path("calls/<int:call_id>/", api.CallView.as_view()),
    path("failures/", api.FailuresView.as_view()),
    path("failures/<int:failure_id>/", api.FailureView.as_view()),
]

app_name = "openapi"
urlpatterns = [
    path("", pages.calls_page, name="calls"),
    path("live/", pages.live, name="live"),
    path("calls/<int:pk>/", pages.call_page, name="call"),
    path("failures/", pages.failures_page, name="failures"),
    path("failures/<int:pk>/remove/", pages.failure_remove, name="failure_remove"),
]
