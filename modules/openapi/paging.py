"""MAAC's pagination: 300 rows per page; `next` is the token to send as `start`.

As in MAAC's samples the token is already percent-encoded and ends in `%3D`. Clients paste it into the URL as it is, or
have it encoded once more by their library, so both are accepted.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from django.core import signing
from django.db.models import Model, Q, QuerySet
from rest_framework.exceptions import ValidationError

PAGE_SIZE = 300
OLDEST = ("id",)
"""An order in which no row is missed if rows change between two pages."""
NEWEST_UPDATE = ("-updated_at", "-id")

Row = TypeVar("Row", bound=Model)


def page_of(rows: QuerySet[Row], *, start: str, order: Sequence[str] = OLDEST) -> tuple[list[Row], str | None]:
    """The rows of a page, and the token of the next page."""
    ordered = rows.order_by(*order)
    if start:
        ordered = ordered.filter(_after(order, _read(start, rows.model, order)))
    found = list(ordered[: PAGE_SIZE + 1])
    return found[:PAGE_SIZE], _token(found[PAGE_SIZE - 1], order) if len(found) > PAGE_SIZE else None


def _token(row: Model, order: Sequence[str]) -> str:
    values = [getattr(row, name.lstrip("-")) for name in order]
    written = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    signed = signing.dumps([row._meta.label, *written], salt=__name__).encode()
    padded = signed + b" " * ((2 - len(signed)) % 3)  # Base64 of it ends with one "=".
    return quote(base64.b64encode(padded).decode(), safe="")


def _read(start: str, model: type[Model], order: Sequence[str]) -> list[Any]:
    """Tokens are signed, so their content is valid unless it belongs to another list."""
    try:
        # A "+" that was not encoded has become a space.
        signed = base64.b64decode(unquote(start).replace(" ", "+"), validate=True).decode()
        label, *values = signing.loads(signed.rstrip(" "), salt=__name__)
    except (signing.BadSignature, binascii.Error, UnicodeError, ValueError) as error:
        raise _no_token() from error
    if label != model._meta.label or len(values) != len(order):
        raise _no_token()
    return [datetime.fromisoformat(value) if isinstance(value, str) else value for value in values]


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows after a position: greater in the first key, or equal in it and greater in the others."""
    name, value = order[0].lstrip("-"), values[0]
    later = Q(**{f"{name}__{'lt' if order[0].startswith('-') else 'gt'}": value})
    return later | Q(**{name: value}) & _after(order[1:], values[1:]) if len(order) > 1 else later


def _no_token() -> ValidationError:
    return ValidationError({"start": ["Invalid token: give back what `next` was."]})
