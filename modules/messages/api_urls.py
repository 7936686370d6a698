"""The calls below /api/v1/modules/messages/."""

from django.urls import path

from modules.messages import api

urlpatterns = [
    path("templates/", api.TemplatesView.as_view()),
    path("templates/<int:template_id>/", api.TemplateView.as_view()),
    path("events/", api.EventsView.as_view()),
    path("events/<int:event_id>/", api.EventView.as_view()),
    path("broadcasts/", api.BroadcastsView.as_view()),
    path("broadcasts/<int:broadcast_id>/", api.BroadcastView.as_view()),
    path("direct-messages/", api.DirectMessagesView.as_view()),
    path("opens/", api.OpensView.as_view()),
]
