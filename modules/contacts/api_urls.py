"""The calls below /api/v1/modules/contacts/."""

from django.urls import path

from modules.contacts import api

urlpatterns = [
    path("", api.ContactsView.as_view()),
    path("demo/", api.DemoContactsView.as_view()),
    path("imports/", api.ImportsView.as_view()),
    path("imports/<int:import_id>/", api.ImportView.as_view()),
    path("<int:contact_id>/", api.ContactView.as_view()),
]
