"""The modules' pages, below /console/modules/."""

from django.urls import include, path

urlpatterns = [
    path("contacts/", include("modules.contacts.console_urls")),
]
