"""The call log: what a client called and what it was answered. Tokens are masked, bodies shortened.

A call is written when its answer is complete, by one prepared statement in the caller's thread: about 0.2 ms of CPU. If
writing fails, the answer goes out all the same and the simulator's log has the error.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponseBase
from django.http.request import RawPostDataException
from django.template.response import SimpleTemplateResponse

from accounts import statements
from accounts.models import ApiToken

BODY_LIMIT = 16_384
"""Characters of a body that are kept."""
TEXT_LIMIT = 4_000
"""Characters of a query, or of all headers, that are kept."""
PATH_LIMIT = 500
MASK = "********"
SHORTEST_SECRET = 6
"""A shorter word after `Authorization:` is masked there, but not elsewhere: it would occur by chance."""
TOKEN = re.compile(r"maac_[\w-]{20,}")
SENSITIVE = re.compile(r"auth|cookie|token|secret|key|password", re.IGNORECASE)
"""Names of headers and query parameters whose values are masked."""
PARAMETER = re.compile(r"(?P<name>[^&=]+)=(?P<value>[^&]*)")

_INSERT = """
INSERT INTO openapi_call (account_id, called_at, microseconds, method, path, query, request_headers, request_body,
request_size, status, response_headers, response_body, response_size, failure)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
"""

log = logging.getLogger(__name__)


def logged(view: Any, request: HttpRequest, handle: Callable[[], Any]) -> Any:
    """Handle the request by `view`, and write the call once its answer is complete."""
    if not settings.OPENAPI_LOG_CALLS:
        return handle()
    called_at, start, body = datetime.now(UTC), time.perf_counter(), _body_of(request)

    def write(response: HttpResponseBase | None) -> None:
        try:
            _write(view, request, body, response, called_at, time.perf_counter() - start)
        except Exception:
            log.exception("A call of the Open API could not be logged; it was answered.")

    try:
        response = handle()
    except Exception:
        write(None)
        raise
    if isinstance(response, SimpleTemplateResponse):
        response.add_post_render_callback(write)
    else:
        write(response)
    return response


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without tokens: those that look like ours, and those that are given."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return TOKEN.sub(MASK, text)


def _body_of(request: HttpRequest) -> bytes | None:
    """The body as it is sent; None if it is too large to hold, or a form with files, which is read by parts."""
    if request.META.get("CONTENT_TYPE", "").startswith("multipart/"):
        return None
    try:
        return request.body
    except (RequestDataTooBig, RawPostDataException, OSError):
        return None


def _write(
    view: Any,
    request: HttpRequest,
    body: bytes | None,
    response: HttpResponseBase | None,
    called_at: datetime,
    seconds: float,
) -> None:
    secrets = _secrets_of(request)
    size = len(body) if body is not None else _length_of(request)
    content = getattr(response, "content", b"")
    values = [
        _account_id(view),
        called_at,
        int(seconds * 1_000_000),
        (request.method or "")[:10],
        _clean(mask(request.path, secrets), PATH_LIMIT),
        _clean(_masked_query(request.META.get("QUERY_STRING", ""), secrets)),
        _clean(_headers(request.headers.items(), secrets)),
        _clean(mask(_text(body), secrets), BODY_LIMIT),
        size,
        response.status_code if response is not None else 500,
        _clean(_headers(response.headers.items() if response is not None else (), secrets)),
        _clean(mask(_text(content), secrets), BODY_LIMIT),
        len(content),
        view.failure.value if view.failure else "",
    ]
    if connection.in_atomic_block:
        # A failed statement would end the transaction around it.
        with transaction.atomic():
            statements.run(_INSERT, values)
    else:
        statements.run(_INSERT, values)


def _account_id(view: Any) -> int | None:
    try:
        token = view.request.auth
    except Exception:
        return None
    return token.account_id if isinstance(token, ApiToken) else None


def _secrets_of(request: HttpRequest) -> list[str]:
    """Words of the Authorization header, the longest first."""
    words = request.META.get("HTTP_AUTHORIZATION", "").split()
    return sorted((word for word in words if len(word) > SHORTEST_SECRET), key=len, reverse=True)


def _headers(items: Iterable[tuple[str, str]], secrets: list[str]) -> str:
    return "\n".join(f"{name}: {_masked_header(name, value, secrets)}" for name, value in items)


def _masked_header(name: str, value: str, secrets: list[str]) -> str:
    if not SENSITIVE.search(name):
        return mask(value, secrets)
    scheme, space, _rest = value.partition(" ")
    is_scheme = name.lower() == "authorization" and space and scheme.lower() in ("bearer", "basic", "token")
    return f"{scheme} {MASK}" if is_scheme else MASK


def _masked_query(query: str, secrets: list[str]) -> str:
    hidden = PARAMETER.sub(
        lambda found: f"{found['name']}={MASK}" if SENSITIVE.search(found["name"]) else found[0], query
    )
    return mask(hidden, secrets)


def _text(body: bytes | None) -> str:
    return (body or b"").decode(errors="replace")


def _clean(text: str, limit: int = TEXT_LIMIT) -> str:
    """The beginning, without what a database cannot store."""
    return text[:limit].replace("\0", "\ufffd").encode(errors="replace").decode()


def _length_of(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return min(int(length), 2**31 - 1) if length.isdigit() else 0
