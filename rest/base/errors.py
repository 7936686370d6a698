"""One shape for every error: `{"error": {"code", "message", "fields"}}`."""

import logging
from typing import Any

from django.core.exceptions import BadRequest, ObjectDoesNotExist, RequestDataTooBig
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.views import defaults
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.errors import Refusal
from rest.base.fields import BodyTooLarge
from webhooks import errors
from webhooks.secrets import SecretUnreadable

_STATUSES: tuple[tuple[type[Refusal], int], ...] = (
    (errors.InvalidInput, status.HTTP_400_BAD_REQUEST),
    (errors.ZoneNotLicensed, status.HTTP_403_FORBIDDEN),
    (errors.SandboxesAreOff, status.HTTP_403_FORBIDDEN),
    (errors.SandboxInSandbox, status.HTTP_403_FORBIDDEN),
    (errors.IdempotencyKeyReused, status.HTTP_422_UNPROCESSABLE_ENTITY),
    (Refusal, status.HTTP_409_CONFLICT),
)
_NOT_FOUND = "Nothing is here. See /api/docs/ for the calls, and check that the id is one of your account's."

_UNREADABLE = (
    "The share secret cannot be decrypted with the keys of this simulator. Its operator must list the old key in "
    "MAAC_SIM_ENCRYPTION_KEYS; if that key is lost, change the share secret."
)

_CONFLICT = "Something that the request names was changed or deleted meanwhile. Nothing was changed; try again."

log = logging.getLogger(__name__)


def handle(error: Exception, _context: object) -> Response | None:
    """DRF's exception handler; None leaves the error to Django, as a 500."""
    if isinstance(error, Refusal):
        set_rollback()
        answered = next(status_code for kind, status_code in _STATUSES if isinstance(error, kind))
        return Response(body(error.code, error.message, error.fields), status=answered)
    if isinstance(error, SecretUnreadable):
        set_rollback()
        log.error("%s", error)
        return Response(body("secret_unreadable", _UNREADABLE), status=status.HTTP_503_SERVICE_UNAVAILABLE)
    if isinstance(error, IntegrityError):
        set_rollback()
        log.warning("A request met a change that came in between.", exc_info=error)
        return Response(body("conflict", _CONFLICT), status=status.HTTP_409_CONFLICT)
    if isinstance(error, (Http404, ObjectDoesNotExist)):
        error = exceptions.NotFound()
    if isinstance(error, RequestDataTooBig):
        error = BodyTooLarge()
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    headers = _headers(error)
    if isinstance(error, exceptions.NotFound):
        return Response(body("not_found", _NOT_FOUND), status=404)
    if isinstance(error, exceptions.ValidationError):
        fields = flat(error.detail)
        return Response(body("invalid_request", _summary(fields), fields), status=400)
    code = str(error.default_code if not isinstance(error, exceptions.ParseError) else "malformed_json")
    return Response(body(code, str(error.detail)), status=error.status_code, headers=headers)


def body(code: str, message: str, fields: Any = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "fields": fields or {}}}


def flat(detail: Any, path: str = "") -> dict[str, list[str]]:
    """DRF's nested errors as `{"[3].topic": ["…"]}`."""
    if isinstance(detail, dict):
        parts = [flat(value, _join(path, key)) for key, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(entry, (dict, list)) for entry in detail):
        parts = [flat(value, f"{path}[{place}]") for place, value in enumerate(detail) if value]
    else:
        return {path or "body": [str(entry) for entry in (detail if isinstance(detail, list) else [detail])]}
    return {key: value for part in parts for key, value in part.items()}


def _join(path: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    if key == "non_field_errors":
        return path
    return f"{path}.{key}" if path else key


def _summary(fields: dict[str, list[str]]) -> str:
    name, reasons = next(iter(fields.items()))
    return f"{name}: {reasons[0]}"


def _headers(error: exceptions.APIException) -> dict[str, str]:
    challenge = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": challenge} if challenge else {}


class Unreadable(BadRequest):
    """A request that is refused before any view is asked: `name` is the parameter, form field or header at fault."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"{name}: {sentence}")
        self.fields = {name: [sentence]}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's own 400, such as a Host header that is not ours."""
    if not _is_api(request):
        return defaults.bad_request(request, exception)
    fields = exception.fields if isinstance(exception, Unreadable) else {}
    code = "invalid_request" if fields else "bad_request"
    return JsonResponse(body(code, str(exception) or "The request cannot be read.", fields), status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if not _is_api(request):
        return defaults.page_not_found(request, exception)
    return JsonResponse(body("not_found", _NOT_FOUND), status=404)


def server_error(request: HttpRequest) -> HttpResponseBase:
    if not _is_api(request):
        return defaults.server_error(request)
    return JsonResponse(
        body("server_error", "The simulator failed; its log says why. Nothing was changed."), status=500
    )


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")
