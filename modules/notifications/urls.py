"""The API below /api/v1/modules/notifications/ and the pages below /console/modules/notifications/."""

from django.urls import path

from modules.notifications import api, message_api, pages

api_urlpatterns = [
    path("templates/", api.TemplatesView.as_view()),
    path("templates/<int:template_id>/", api.TemplateView.as_view()),
    path("conditions/", api.ConditionsView.as_view()),
    path("magic-numbers/", api.MagicNumbersView.as_view()),
    path("messages/", message_api.MessagesView.as_view()),
    path("messages/<int:message_id>/", message_api.MessageView.as_view()),
    path("messages/<int:message_id>/advance/", message_api.AdvanceView.as_view()),
    path("bindings/", api.BindingsView.as_view()),
]

app_name = "notifications"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("live/", pages.live, name="live"),
    path("conditions/", pages.conditions, name="conditions"),
    path("templates/new/", pages.template_new, name="template_new"),
    path("templates/<int:pk>/", pages.template, name="template"),
    path("templates/<int:pk>/edit/", pages.template_edit, name="template_edit"),
    path("messages/<int:pk>/", pages.message, name="message"),
    path("messages/<int:pk>/live/", pages.message_live, name="message_live"),
    path("messages/<int:pk>/advance/", pages.advance, name="advance"),
    path("messages/<int:pk>/bind/", pages.bind, name="bind"),
]
