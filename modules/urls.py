"""Every module's API, below /api/v1/modules/, and pages, below /console/modules/."""

from django.urls import include, path

from modules.binding import urls as binding
from modules.contacts import urls as contacts
from modules.links import urls as links
from modules.messages import urls as messages
from modules.notifications import urls as notifications
from modules.openapi import module_urls as openapi
from modules.points import urls as points
from modules.receipts import urls as receipts
from modules.surveys import urls as surveys
from modules.traffic import urls as traffic
from modules.try_it import urls as try_it

MODULES = {
    "binding/": binding,
    "contacts/": contacts,
    "links/": links,
    "messages/": messages,
    "notifications/": notifications,
    "openapi/": openapi,
    "points/": points,
    "receipts/": receipts,
    "surveys/": surveys,
    "traffic/": traffic,
    "try-it/": try_it,
}

api_urlpatterns = [path(prefix, include(module.api_urlpatterns)) for prefix, module in MODULES.items()]
urlpatterns = [path(prefix, include(module)) for prefix, module in MODULES.items()]
