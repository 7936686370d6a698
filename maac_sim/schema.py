"""/api/schema/: generated once per process, since it takes a second of CPU and is public."""

from threading import Lock
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

_lock = Lock()
"""drf-spectacular also fails if two threads generate its first schema at once."""
_made: dict[str, tuple[bytes, dict[str, str]]] = {}
"""Text and headers by media type."""


class SchemaView(SpectacularAPIView):
    authentication_classes = []
    permission_classes = []

    @extend_schema(exclude=True)
    def get(self, request: Request, *_args: Any, **_kwargs: Any) -> HttpResponse:
        media_type = request.accepted_media_type or ""
        with _lock:
            if media_type not in _made:
                _made[media_type] = self._make(request)
        text, headers = _made[media_type]
        return HttpResponse(text, headers=headers)

    def _make(self, request: Request) -> tuple[bytes, dict[str, str]]:
        renderer: Any = request.accepted_renderer
        response = super()._get_schema_response(request)  # type: ignore[no-untyped-call]
        response.accepted_renderer, response.accepted_media_type = renderer, request.accepted_media_type
        response.renderer_context = self.get_renderer_context()
        return response.render().content, dict(response.items())
