"""Publishes well-formed requests before they reach Django REST framework.

It refuses nothing: a request with anything unknown or invalid goes on to the framework's view (rest.v1.publish), which
answers with the error. Without this layer a single event costs about 1.7 times the CPU.
"""

import json
from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.exception import response_for_exception
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from rest_framework.renderers import JSONRenderer

from accounts.errors import Refusal
from maac_contract.contract import TOPICS
from rest.base.authentication import bearer_token
from rest.base.fields import is_seed
from rest.base.protection import protect
from rest.base.request import now_utc
from rest.v1.publish import BATCH_LIMIT, accept
from webhooks.retry_waits import are_waits
from webhooks.services.publish import EventRequest
from webhooks.services.subscribers import subscribers_of_caller

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Headers = list[tuple[str, str]]

_IS_BATCH = {"/api/v1/events/": False, "/api/v1/events/batch/": True}
"""The calls, by path."""
_PLAIN_TYPES = ("application/json", "application/json; charset=utf-8")
_PLAIN_ACCEPT = ("*/*", "application/json", "application/json, text/plain, */*")
_PLAIN_FIELDS: dict[str, Callable[[Any], bool]] = {
    "topic": lambda value: isinstance(value, str) and value in TOPICS,
    "data": lambda value: isinstance(value, dict),
    "seed": is_seed,
    "merge": lambda value: isinstance(value, bool),
    "retry_waits": are_waits,
}


class PublishDoor:
    """A WSGI application that stands before another."""

    def __init__(self, framework: Application) -> None:
        self._framework = framework

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        close_old_connections()  # Those that failed or broke, as the framework does before each request.
        answer = answer_quickly(environ)
        if answer is None:
            return self._framework(environ, start_response)
        status, headers, content = answer
        start_response(status, headers)
        return [content]


def answer_quickly(environ: dict[str, Any]) -> tuple[str, Headers, bytes] | None:
    """Status, headers and body; None where the request is not plainly right, which can then be read once more."""
    if environ["PATH_INFO"] not in _IS_BATCH:
        return None
    request = WSGIRequest(environ)
    if not _is_plain(request):
        return None
    try:
        return _accept(request, is_batch=_IS_BATCH[environ["PATH_INFO"]])
    except (_NotPlain, Refusal, RecursionError):
        environ["wsgi.input"] = BytesIO(request.body)
        return None
    except Exception as error:
        return _failure(request, error)


def _accept(request: HttpRequest, *, is_batch: bool) -> tuple[str, Headers, bytes]:
    content, token = request.body, bearer_token(request)
    subscribers = subscribers_of_caller(token=token, now=now_utc()) if token else None
    if subscribers is None:
        raise _NotPlain
    event_requests = _read_plainly(content, is_batch=is_batch)
    answer, more = accept(request, subscribers.account, event_requests, is_batch=is_batch, subscribers=subscribers)
    text = JSONRenderer().render(answer)
    return "201 Created", [*_headers(is_batch=is_batch), ("Content-Length", str(len(text))), *more.items()], text


def _failure(request: HttpRequest, error: Exception) -> tuple[str, Headers, bytes]:
    """As the framework answers what is no fault of the caller, and logs it."""
    response: Any = SecurityMiddleware(lambda request: response_for_exception(request, error))(request)
    protect(response)
    response.headers["Content-Length"] = str(len(response.content))
    return f"{response.status_code} {response.reason_phrase}", list(response.items()), response.content


@cache
def _headers(*, is_batch: bool) -> Headers:
    """Those that the framework gives every answer of these calls."""
    allowed = "POST, OPTIONS" if is_batch else "GET, POST, HEAD, OPTIONS"
    plain = HttpResponse(content_type="application/json", headers={"Allow": allowed})
    made: Any = SecurityMiddleware(lambda _request: plain)(HttpRequest())
    protect(made)
    return list(made.items())


class _NotPlain(Exception):
    """Perhaps right, perhaps wrong: not for the quick way to say."""


def _is_plain(request: HttpRequest) -> bool:
    """Whether method and headers are those that nearly every client sends."""
    meta = request.META
    length = str(meta.get("CONTENT_LENGTH") or "")
    return (
        request.method == "POST"
        and not meta.get("QUERY_STRING")
        and meta.get("CONTENT_TYPE") in _PLAIN_TYPES
        and meta.get("HTTP_ACCEPT", "*/*") in _PLAIN_ACCEPT
        and length.isdecimal()
        and int(length) <= settings.API_BODY_LIMIT
        and _is_for_us(request)
    )


def _is_for_us(request: HttpRequest) -> bool:
    try:
        return bool(request.get_host())
    except DisallowedHost:
        return False


def _read_plainly(body: bytes, *, is_batch: bool) -> list[EventRequest]:
    try:
        sent = _DECODER.decode(body.decode())
    except ValueError as error:
        raise _NotPlain from error
    entries = sent if is_batch else [sent]
    if not isinstance(entries, list) or not 0 < len(entries) <= BATCH_LIMIT:
        raise _NotPlain
    return [_read_entry(entry) for entry in entries]


def _read_entry(entry: Any) -> EventRequest:
    if not isinstance(entry, dict) or "topic" not in entry:
        raise _NotPlain
    for name, value in entry.items():
        if name not in _PLAIN_FIELDS or not _PLAIN_FIELDS[name](value):
            raise _NotPlain
    return EventRequest(**entry)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
