"""Log in, log out, change the password: Django's own views in our frame, with a limit on wrong passwords."""

from datetime import UTC, datetime
from math import ceil
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeDoneView, PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import ngettext

from accounts import log_ins
from console.base import page_context

TOO_MANY_REQUESTS = 429


class LogInForm(AuthenticationForm):
    """Django's log-in form; a throttled log-in has an error message of its own."""

    request: HttpRequest

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except ValidationError:
            _note_failure(self.request, self.cleaned_data.get("username", ""))
            raise


class PasswordForm(PasswordChangeForm):
    """Asks for the old password as the log-in does: a session that was left open gives no more tries."""

    def __init__(self, user: User, *args: Any, request: HttpRequest, **options: Any) -> None:
        super().__init__(user, *args, **options)
        self.request = request

    def clean_old_password(self) -> str:
        name, password = self.user.get_username(), str(self.cleaned_data["old_password"])
        if authenticate(self.request, username=name, password=password) is None:
            _note_failure(self.request, name)
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return password


class InFrame:
    """Gives a class-based view what the frame shows, and the status of a refusal after too many wrong passwords."""

    request: HttpRequest

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return {**super().get_context_data(**context), **page_context(self.request)}  # type: ignore[misc]

    def render_to_response(self, context: dict[str, Any], **options: Any) -> HttpResponse:
        response: HttpResponse = super().render_to_response(context, **options)  # type: ignore[misc]
        if log_ins.is_locked(self.request):
            response.status_code = TOO_MANY_REQUESTS
        return response


class LogIn(InFrame, LoginView):
    form_class = LogInForm
    template_name = "console/log_in.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Who is signed in already needs no log-in."""
        return redirect("console:home") if request.user.is_authenticated else super().get(request, *args, **kwargs)


class LogOut(InFrame, LogoutView):
    template_name = "console/logged_out.html"


class PasswordChange(InFrame, PasswordChangeView):
    form_class = PasswordForm
    template_name = "console/password.html"
    success_url = reverse_lazy("console:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}


class PasswordChangeDone(InFrame, PasswordChangeDoneView):
    template_name = "console/password_done.html"


def _note_failure(request: HttpRequest, username: str) -> None:
    """Write it down; raises what is to be shown if there were too many."""
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
