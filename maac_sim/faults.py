"""Pages and answers for what goes wrong: HTML in the console, JSON everywhere else."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from webhooks.api import errors
from webhooks.console.frame import frame


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if not is_console(request):
        return errors.not_found(request, exception)
    return render(request, "console/404.html", frame(request), status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if not is_console(request):
        return errors.bad_request(request, exception)
    return render(request, "console/400.html", frame(request), status=400)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """The console's page takes nothing from the database, which may be what broke."""
    page = render(request, "console/500.html", status=500) if is_console(request) else errors.server_error(request)
    if errors.is_unavailable():
        page.status_code, page.headers["Retry-After"] = 503, "1"
    return page


def is_console(request: HttpRequest) -> bool:
    return request.path.startswith(reverse("console:home"))
