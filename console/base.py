"""What every page of the console shares: who looks, for which account, in which time zone, and the frame around it.

@page
def listing(request: ConsoleRequest) -> HttpResponse:
    return render_page(request, "console/webhooks/list.html", {"endpoints": endpoints(account=request.account)})

@action
def pause(request: ConsoleRequest, pk: int) -> HttpResponse:
    ...                                     # POST only; a refusal becomes a message on the page it came from
    return redirect("console:webhook", pk)
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser, User
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.errors import Refusal
from accounts.models import Account
from accounts.selectors import accounts_of, brands_of, is_operator
from console.menu import MENU, Section
from webhooks import selectors

THEME_COOKIE = "maac_sim_theme"
THEMES = ("light", "dark")
SWITCHER_SHOWS = 50
"""Accounts in the header's list; customer support finds the others on the page of accounts."""

View = Callable[..., HttpResponseBase]


class ConsoleRequest(HttpRequest):
    """A request of somebody who is signed in, with the account they work in and the moment it came."""

    user: User
    account: Account
    now: datetime
    accounts: list[Account]
    actor: str
    """The user as the audit log names them."""


def _signed_in(view: View) -> View:
    """Only for people who are signed in; the view finds the account on the request and its time zone in force."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        ours = find_account(request)
        if not ours.accounts:
            return render(request, "console/no_account.html", frame(request), status=403)
        with timezone.override(ours.account.zone_info):
            return view(ours, *args, **kwargs)

    return never_cache(login_required(inner))


def find_account(request: HttpRequest) -> ConsoleRequest:
    """The request with the account that its user works in; without `account` if there is none."""
    ours = cast(ConsoleRequest, request)
    if not hasattr(ours, "accounts"):
        ours.now = datetime.now(UTC)
        ours.actor = f"user {request.user.get_username()}"
        ours.accounts = list(brands_of(request.user)[: SWITCHER_SHOWS + 1])
        if ours.accounts:
            ours.account = _current_account(request, ours.accounts)
    return ours


def page(view: View) -> View:
    """A page to read, by GET."""
    return _signed_in(require_safe(view))


def form_page(view: View) -> View:
    """A page with a form that comes back to it by POST."""
    return _signed_in(view)


def action(view: View) -> View:
    """A change, by POST. What the rules refuse is told on the page that the request came from."""

    @wraps(view)
    def inner(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect(came_from(request))

    return _signed_in(require_POST(inner))


def operators_only(view: View) -> View:
    """Customer support's pages do not exist for others. `@page` or its siblings stand above this."""

    @wraps(view)
    def inner(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_operator(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return inner


def _current_account(request: HttpRequest, accounts: list[Account]) -> Account:
    """The one that was chosen in this session while it is still allowed; else the first."""
    chosen = request.session.get("account")
    if chosen is None or chosen == accounts[0].pk:
        return accounts[0]
    return accounts_of(request.user).filter(pk=chosen).first() or accounts[0]


def came_from(request: HttpRequest) -> str:
    """The page of this console that a form was sent from."""
    referer = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        path = str(urlsplit(referer)._replace(scheme="", netloc="").geturl())
        # A path that begins with two slashes names another host.
        if url_has_allowed_host_and_scheme(path, None):
            return path
    return reverse("console:home")


def add_refusal(form: BaseForm, refusal: Refusal) -> None:
    """Show a refusal in the form: beside the fields that it names, or above them all."""
    named = {field: list(faults) for field, faults in refusal.fields.items() if field in form.fields}
    if named and len(named) == 1:
        form.add_error(next(iter(named)), refusal.message)
    elif named:
        for field, faults in named.items():
            form.add_error(field, faults)
    else:
        form.add_error(None, refusal.message)


def render_page(
    request: ConsoleRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    return render(request, template, {**frame(request), **(context or {})}, status=status)


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the frame around a page shows."""
    # A request that is refused early, as for an unknown host, has no user yet.
    user = getattr(request, "user", AnonymousUser())
    if user.is_authenticated:
        find_account(request)
    account = getattr(request, "account", None)
    now = getattr(request, "now", None) or datetime.now(UTC)
    operator = is_operator(user)
    accounts = getattr(request, "accounts", [])
    return {
        "menu": _menu(request.path, operator) if user.is_authenticated else [],
        "is_operator": operator,
        "account": account,
        "accounts": accounts[:SWITCHER_SHOWS],
        "theme": _theme(request),
        "languages": settings.LANGUAGES,
        "worker": selectors.worker_health(now=now) if user.is_authenticated else None,
        "unread_notices": selectors.notices(account=account).filter(read_at=None).count() if account else 0,
        "version": settings.VERSION,
        "now": now,
    }


def _theme(request: HttpRequest) -> str:
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return theme if theme in THEMES else ""


def _menu(path: str, operator: bool) -> list[dict[str, Any]]:
    """Sections with their entries, as the template shows them."""
    lines = [(section, _lines(section, path, operator)) for section in MENU]
    return [{"title": section.title, "entries": entries} for section, entries in lines if entries]


def _lines(section: Section, path: str, operator: bool) -> list[dict[str, Any]]:
    home = reverse("console:home")
    lines = []
    for entry in section.entries:
        if entry.for_operators and not operator:
            continue
        url = reverse(entry.url_name)
        current = path == url if url == home else path.startswith(url)
        lines.append({"label": entry.label, "url": url, "icon": entry.icon, "is_current": current})
    return lines
