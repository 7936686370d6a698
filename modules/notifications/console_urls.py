"""The pages below /console/modules/notifications/."""

from django.urls import path

from modules.notifications import console

app_name = "notifications"
urlpatterns = [
    path("", console.listing, name="list"),
    path("live/", console.live, name="live"),
    path("conditions/", console.conditions, name="conditions"),
    path("templates/new/", console.template_new, name="template_new"),
    path("templates/<int:pk>/", console.template, name="template"),
    path("templates/<int:pk>/edit/", console.template_edit, name="template_edit"),
    path("messages/<int:pk>/", console.message, name="message"),
    path("messages/<int:pk>/live/", console.message_live, name="message_live"),
    path("messages/<int:pk>/advance/", console.advance, name="advance"),
    path("messages/<int:pk>/bind/", console.bind, name="bind"),
]
