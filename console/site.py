"""Django admin at /admin/, for customer support: the console's log-in, account and time zone around Django's pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.selectors import is_operator
from console.base import find_account
from console.log_in import LogIn, LogOut

LEFT_OUT = ("password_change", "password_change_done", "view_on_site")
"""The console has them, or no model needs them."""


class SupportSite(AdminSite):
    site_header = site_title = "maac-sim"
    index_title = _("Administration")
    site_url = reverse_lazy("console:home")  # type: ignore[assignment]

    def has_permission(self, request: HttpRequest) -> bool:
        return is_operator(request.user)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The console's log-in, which limits wrong passwords."""
        return LogIn.as_view(extra_context=extra_context, next_page=reverse_lazy("admin:index"))(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return LogOut.as_view(extra_context=extra_context)(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """For others than customer support, the pages do not exist."""
        inner = super().admin_view(_in_time_zone(view), cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            return inner(request, *args, **kwargs)

        return guarded

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [url for url in super().get_urls() if getattr(url, "name", None) not in LEFT_OUT]


def _in_time_zone(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Show times in the zone of the account that the user works in, as the console does."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        account = getattr(find_account(request), "account", None)
        with timezone.override(account.zone_info if account else None):
            response = view(request, *args, **kwargs)
            # Django would render it after this, in another zone.
            return response.render() if isinstance(response, TemplateResponse) else response

    return inner
