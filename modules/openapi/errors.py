"""Error responses: Django REST framework's JSON, and one line of text for the pnp push calls."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.exceptions import ErrorDetail
from rest_framework.response import Response
from rest_framework.views import exception_handler

from accounts.errors import Refusal
from rest.base.fields import BodyTooLarge
from webhooks.errors import InvalidInput

PATTERN_NOT_MATCHED = "this value does not match the required pattern"
FIELD_REQUIRED = "field is required"
MISSING = ("required", "null", "blank")
_STEP = re.compile(r"[^.\[\]]+")


def as_json(error: Exception, context: dict[str, Any]) -> Response | None:
    """`{"detail": …}`, or the errors by field."""
    return exception_handler(_as_known(error), context)


def as_text(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The error as text without the final full stop."""
    answer = as_json(error, context)
    if answer is None:
        return None
    text = sentence(answer.data)
    if text.endswith(FIELD_REQUIRED) and not context["view"].names_missing_fields:
        text = FIELD_REQUIRED
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Type"}
    return HttpResponse(text, status=answer.status_code, content_type="text/plain; charset=utf-8", headers=headers)


def sentence(detail: Any, name: str = "") -> str:
    """The first error of a response body, in MAAC's wording where it is documented."""
    if isinstance(detail, Mapping):
        name, inner = next(iter(detail.items()))
        return sentence(inner, "" if name == "detail" else str(name))
    if isinstance(detail, Sequence) and not isinstance(detail, str):
        return sentence(next(each for each in detail if each), name)
    if name and getattr(detail, "code", "") in MISSING:
        return f"{name} {FIELD_REQUIRED}"
    if str(detail) == PATTERN_NOT_MATCHED or not name:
        return str(detail).rstrip(".")
    return f"{name}: {detail}".rstrip(".")


def by_field(fields: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Nest errors by path, such as `data[3].line_uid`, as the framework nests its own."""
    tree: dict[str, Any] = {}
    for path, faults in fields.items():
        *parents, last = _STEP.findall(path)
        branch = tree
        for step in parents:
            branch = branch.setdefault(step, {})
        branch[last] = list(faults)
    return tree


def answered(status_code: int, text: str) -> exceptions.APIException:
    """An error with this status and text, in the form of the call's family."""
    error = exceptions.APIException(text)
    error.status_code = status_code
    return error


def plain(text: str) -> exceptions.ValidationError:
    """An error that belongs to no field."""
    return exceptions.ValidationError({"detail": ErrorDetail(text, "invalid")})


def _as_known(error: Exception) -> Exception:
    """Convert errors that the framework does not handle, or that MAAC answers differently."""
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return exceptions.PermissionDenied()
    if isinstance(error, InvalidInput) and error.fields:
        return exceptions.ValidationError(by_field(error.fields))
    if isinstance(error, Refusal):
        return plain(error.message.rstrip("."))
    if isinstance(error, Http404):
        return exceptions.NotFound()
    return BodyTooLarge() if isinstance(error, RequestDataTooBig) else error
