"""The root URLconf."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerSplitView

from maac_sim import health, metrics
from maac_sim.schema import SchemaView
from modules.openapi import import_views
from modules.urls import api_urlpatterns

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="console:home")),
    path("console/", include("console.urls")),
    path("console/modules/", include("modules.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("rest.v1.urls")),
    path("api/v1/modules/", include(api_urlpatterns)),
    path("openapi/v1/", include("modules.openapi.urls")),
    path("files/mismatches/<str:signed>.csv", import_views.mismatches, name="mismatches"),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(
            authentication_classes=[], permission_classes=[], url_name="schema", template_name="api_docs.html"
        ),
        name="docs",
    ),
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", metrics.metrics),
]
handler400 = "maac_sim.error_pages.bad_request"
handler404 = "maac_sim.error_pages.not_found"
handler500 = "maac_sim.error_pages.server_error"
