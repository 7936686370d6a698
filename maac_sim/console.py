"""The console's site: Django's admin under our name, with our frame around its pages."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest

from webhooks.console.frame import frame


class ConsoleSite(AdminSite):
    site_header = "maac-sim"
    site_title = "maac-sim"
    login_form = AuthenticationForm

    def has_permission(self, request: HttpRequest) -> bool:
        """Everybody who can sign in; what they see depends on the accounts they work for."""
        return bool(request.user.is_active)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), **frame(request)}
