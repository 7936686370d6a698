"""Pages and answers for what goes wrong: HTML in the console and Django admin, JSON everywhere else."""

import logging
import sys

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from accounts.database_faults import fault_of
from console.base import page_context
from rest.base import errors

log = logging.getLogger(__name__)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if is_open_api(request):
        return JsonResponse({"detail": "Not found."}, status=404)
    if not is_console(request):
        return errors.not_found(request, exception)
    return render(request, "console/404.html", page_context(request), status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:  # noqa: ARG001
    if is_console(request):
        return render(request, "console/403.html", page_context(request), status=403)
    return JsonResponse(errors.body("permission_denied", "You may not do this."), status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:  # noqa: ARG001
    """A form without its token: the page is old, or the browser refuses cookies."""
    return render(request, "console/403.html", {**page_context(request), "is_stale": True}, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if is_open_api(request):
        fields = exception.fields if isinstance(exception, errors.Unreadable) else {"detail": str(exception)}
        return JsonResponse(fields, status=400)
    if not is_console(request):
        return errors.bad_request(request, exception)
    return render(request, "console/400.html", page_context(request), status=400)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """The console's page makes no query, since the database may be the cause."""
    error = sys.exc_info()[1]
    fault = fault_of(error)
    if is_console(request):
        response: HttpResponseBase = render(request, "console/500.html", status=fault.status if fault else 500)
    elif is_open_api(request):
        detail = f"{fault.message} Nothing was stored." if fault else "A server error occurred."
        response = JsonResponse({"detail": detail}, status=fault.status if fault else 500)
    elif fault:
        response = JsonResponse(errors.body(fault.code, f"{fault.message} Nothing was stored."), status=fault.status)
    else:
        return errors.server_error(request)
    if fault:
        # Django would log a traceback for each request, on a disk that may be full.
        log.error("%s %s: %s (%s)", request.method, request.path, fault.message, error)
        response._has_been_logged = True  # type: ignore[attr-defined]
        response.headers["Retry-After"] = "1"
    return response


def is_console(request: HttpRequest) -> bool:
    return request.path.startswith((reverse("console:home"), reverse("admin:index")))


def is_open_api(request: HttpRequest) -> bool:
    return request.path.startswith("/openapi/")
