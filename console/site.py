"""The admin site of the console: Django's admin in the console's layout, with login throttling."""

from datetime import UTC, datetime
from math import ceil
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse_lazy
from django.utils.translation import ngettext

from accounts import log_ins
from console.base import page_context

TOO_MANY_REQUESTS = 429


class LogInForm(AuthenticationForm):
    """Django's form, which also counts failures and reports a lock."""

    request: HttpRequest

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except ValidationError:
            _note_failure(self.request, self.cleaned_data.get("username", ""))
            raise


class PasswordForm(PasswordChangeForm):
    """Checks the old password like a login, so that an open session allows no more guesses than the login page."""

    def __init__(self, user: User, *args: Any, request: HttpRequest, **options: Any) -> None:
        super().__init__(user, *args, **options)
        self.request = request

    def clean_old_password(self) -> str:
        name, password = self.user.get_username(), str(self.cleaned_data["old_password"])
        if authenticate(self.request, username=name, password=password) is None:
            _note_failure(self.request, name)
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return password


class PasswordPage(PasswordChangeView):
    form_class = PasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}


class ConsoleSite(AdminSite):
    site_header = "maac-sim"
    site_title = "maac-sim"
    login_form = LogInForm

    def has_permission(self, request: HttpRequest) -> bool:
        """Every active user; what they see depends on their accounts."""
        return bool(request.user.is_active)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), **page_context(request)}

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().login(request, extra_context)
        _set_status(request, response)
        return response

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        page = PasswordPage.as_view(extra_context={**self.each_context(request), **(extra_context or {})})
        response = page(request)
        _set_status(request, response)
        return response


def _set_status(request: HttpRequest, response: HttpResponseBase) -> None:
    if log_ins.is_locked(request):
        response.status_code = TOO_MANY_REQUESTS


def _note_failure(request: HttpRequest, username: str) -> None:
    """Record the failure; raise a ValidationError once the limit is reached."""
    now = datetime.now(UTC)
    log_ins.note_failure(request=request, username=username, now=now)
    until = log_ins.locked_until(request=request, username=username) if log_ins.is_locked(request) else None
    if until is None:
        return
    minutes = max(1, ceil((until - now).total_seconds() / 60))
    raise ValidationError(
        ngettext(
            "Too many wrong passwords for this user from your address. Try again in %(minutes)s minute.",
            "Too many wrong passwords for this user from your address. Try again in %(minutes)s minutes.",
            minutes,
        )
        % {"minutes": minutes},
        code="locked",
    )
