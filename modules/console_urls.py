"""The modules' pages, below /console/modules/."""

from django.urls import include, path

urlpatterns = [
    path("contacts/", include("modules.contacts.console_urls")),
    path("messages/", include("modules.messages.console_urls")),
    path("notifications/", include("modules.notifications.console_urls")),
    path("points/", include("modules.points.console_urls")),
    path("receipts/", include("modules.receipts.console_urls")),
    path("surveys/", include("modules.surveys.console_urls")),
    path("traffic/", include("modules.traffic.console_urls")),
]
