"""The modules' pages, below /console/modules/."""

from django.urls import include, path

urlpatterns = [
    path("contacts/", include("modules.contacts.page_urls")),
    path("messages/", include("modules.messages.page_urls")),
    path("notifications/", include("modules.notifications.page_urls")),
    path("points/", include("modules.points.page_urls")),
    path("receipts/", include("modules.receipts.page_urls")),
    path("surveys/", include("modules.surveys.page_urls")),
    path("traffic/", include("modules.traffic.page_urls")),
]
