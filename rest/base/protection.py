"""The headers that protect an answer which is no page: nothing in it may run, be framed, or be stored on the way."""

from typing import Final

from django.http import HttpResponseBase

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def protect(response: HttpResponseBase) -> HttpResponseBase:
    """Add those that it does not have: a page has its own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
