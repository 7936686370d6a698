"""Refuses content types that Django cannot parse before Django tries to.

Django decodes with any of Python's codecs, even those that are not for text (hex, base64), while it creates the request
object, where errors are not handled yet.
"""

import json
from codecs import lookup
from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse

from rest.base.errors import body
from rest.base.protection import protect

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_REFUSED = json.dumps(body("bad_request", "The Content-Type cannot be read, or its charset is not UTF-8.")).encode()


def refuse_unreadable_content_types(application: Application) -> Application:
    def checked(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if ";" not in (environ.get("CONTENT_TYPE") or "") or _is_readable(environ):
            return application(environ, start_response)
        answer = protect(HttpResponse(_REFUSED, status=400, content_type="application/json"))
        answer.headers["Content-Length"] = str(len(_REFUSED))
        start_response("400 Bad Request", list(answer.items()))
        return [_REFUSED]

    return checked


def _is_readable(environ: dict[str, Any]) -> bool:
    try:
        charset = WSGIRequest(environ).encoding
    except (LookupError, ValueError):
        return False
    return charset is None or lookup(charset).name in ("utf-8", "ascii")
