"""What happens to a request on its way to a view, beyond Django's own middlewares."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import resolve
from django.utils import translation

Handler = Callable[[HttpRequest], HttpResponseBase]
API = ("/api/v1/", "/openapi/v1/")

_resolve = lru_cache(maxsize=1024)(resolve)


def complete_api_paths(get_response: Handler) -> Handler:
    """Serve /api/ paths that lack the last slash: a redirect would turn a POST into a GET."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/api/") and not request.path_info.endswith("/"):
            request.path_info += "/"
            request.path += "/"
        return get_response(request)

    return middleware


def serve_api_directly(get_response: Handler) -> Handler:
    """Take API calls to their views past the middlewares that follow, which are for pages: sessions, languages, forms.

    They would cost a call as much as storing its event. A call has its token, and its answers are in English.
    """

    call_view: Any = convert_exception_to_response(_call_view)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(API):
            return get_response(request)
        response: HttpResponseBase = call_view(request)
        if isinstance(response, HttpResponse):
            response.headers["Content-Length"] = str(len(response.content))
        return response

    return middleware


def _call_view(request: HttpRequest) -> HttpResponseBase:
    # This thread may have served a page in another language just now.
    translation.activate(settings.LANGUAGE_CODE)
    request.get_host()  # Raises if it is not one of ours.
    match = request.resolver_match = _resolve(request.path_info)
    response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    return response
