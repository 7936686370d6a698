"""Middlewares beyond Django's own."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.template.response import SimpleTemplateResponse
from django.urls import resolve
from django.utils import translation

from rest.base.errors import Unreadable
from rest.base.protection import protect

Handler = Callable[[HttpRequest], HttpResponseBase]
API = ("/api/v1/", "/openapi/v1/")

_resolve = lru_cache(maxsize=1024)(resolve)


def protect_answers(get_response: Handler) -> Handler:
    """Give responses of APIs and probes, errors included, the headers that Django's middlewares add to pages."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        return response if request.path_info.startswith(settings.STATIC_URL) else protect(response)

    return middleware


def refuse_unreadable(get_response: Handler) -> Handler:
    """Refuse NUL characters, which PostgreSQL cannot store, everywhere except in JSON and files."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path_info:
            raise Http404
        if (name := next(_names_with_nul(request), None)) is not None:
            raise Unreadable(name, "NUL characters are not allowed.")
        return get_response(request)

    return middleware


def _names_with_nul(request: HttpRequest) -> Iterator[str]:
    """In parameters, form fields and cookies. API requests have no form, and servers refuse a header with a NUL."""
    query = request.META["QUERY_STRING"]
    if "%00" in query or "\0" in query:
        yield from _keys_with_nul(request.GET)
    if not request.path_info.startswith(API):
        yield from _keys_with_nul(request.POST)
    yield from (name for name, value in request.COOKIES.items() if "\0" in value)


def _keys_with_nul(given: QueryDict) -> Iterator[str]:
    for name, values in given.lists():
        if any("\0" in text for text in (name, *values)):
            yield name.replace("\0", "")


def complete_api_paths(get_response: Handler) -> Handler:
    """Serve /api/ paths without the final slash: a redirect would turn a POST into a GET."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/api/") and not request.path_info.endswith("/"):
            request.path_info += "/"
            request.path += "/"
        return get_response(request)

    return middleware


def serve_api_directly(get_response: Handler) -> Handler:
    """Call API views without the middlewares that follow, which are for pages: sessions, languages, forms.

    They would take as long as storing the event. API requests have a token and are answered in English.
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
    # This thread may have activated another language for an earlier request.
    translation.activate(settings.LANGUAGE_CODE)
    request.get_host()  # Raises if it is not one of ours.
    match = request.resolver_match = _resolve(request.path_info)
    response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    return response
