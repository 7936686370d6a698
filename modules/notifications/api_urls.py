"""The calls below /api/v1/modules/notifications/."""

from django.urls import path

from modules.notifications import api, message_api

urlpatterns = [
    path("templates/", api.TemplatesView.as_view()),
    path("templates/<int:template_id>/", api.TemplateView.as_view()),
    path("conditions/", api.ConditionsView.as_view()),
    path("magic-numbers/", api.MagicNumbersView.as_view()),
    path("messages/", message_api.MessagesView.as_view()),
    path("messages/<int:message_id>/", message_api.MessageView.as_view()),
    path("messages/<int:message_id>/advance/", message_api.AdvanceView.as_view()),
    path("bindings/", api.BindingsView.as_view()),
]
