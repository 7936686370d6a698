"""The modules' calls, below /api/v1/modules/."""

from django.urls import include, path

urlpatterns = [
    path("contacts/", include("modules.contacts.api_urls")),
]
