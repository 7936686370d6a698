"""The modules' calls, below /api/v1/modules/."""

from django.urls import include, path

urlpatterns = [
    path("contacts/", include("modules.contacts.api_urls")),
    path("messages/", include("modules.messages.api_urls")),
    path("notifications/", include("modules.notifications.api_urls")),
    path("points/", include("modules.points.api_urls")),
    path("receipts/", include("modules.receipts.api_urls")),
    path("surveys/", include("modules.surveys.api_urls")),
    path("traffic/", include("modules.traffic.api_urls")),
]
