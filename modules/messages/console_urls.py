"""The pages below /console/modules/messages/."""

from django.urls import path

from modules.messages import console, template_console

app_name = "messages"
urlpatterns = [
    path("", console.listing, name="list"),
    path("broadcasts/new/", console.broadcast_new, name="broadcast_new"),
    path("broadcasts/<int:pk>/", console.broadcast, name="broadcast"),
    path("broadcasts/<int:pk>/open/", console.broadcast_open, name="broadcast_open"),
    path("direct/", console.direct_messages, name="direct_messages"),
    path("direct/<int:pk>/", console.direct_message, name="direct_message"),
    path("direct/<int:pk>/open/", console.direct_message_open, name="direct_message_open"),
    path("opens/", console.opens, name="opens"),
    path("templates/", template_console.templates, name="templates"),
    path("templates/new/", template_console.template_new, name="template_new"),
    path("templates/<int:pk>/", template_console.template, name="template"),
    path("templates/<int:pk>/edit/", template_console.template_edit, name="template_edit"),
    path("events/", template_console.events, name="events"),
    path("events/<int:pk>/archive/", template_console.event_archive, name="event_archive"),
]
