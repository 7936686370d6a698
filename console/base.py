"""The base of every page of the console. This module and `console.paging` are all that pages of other packages import.

A new page takes five steps:

1. Write a view and choose its decorator. Each one requires a login, selects the account and activates its time zone.

       @page                                    # GET only
       def prize(request: ConsoleRequest, pk: int) -> HttpResponse:
           found = get_object_or_404(selectors.prizes(account=request.account), pk=pk)
           return render_page(request, "points/prize.html", {"prize": found})

       @form_page                               # GET shows the form, POST saves it
       def new(request: ConsoleRequest) -> HttpResponse:
           form = PrizeForm(request.POST or None)
           if prize := save_form(form, lambda: services.create(account=request.account, **form.cleaned_data)):
               messages.success(request, _("Saved."))
               return redirect("points:prize", prize.pk)
           return render_page(request, "points/form.html", {"form": form})

       @action                                  # POST only, a button; a refusal becomes a message on the page before
       def delete(request: ConsoleRequest, pk: int) -> HttpResponse:
           services.delete(prize=get_object_or_404(selectors.prizes(account=request.account), pk=pk))
           return redirect("points:list")

2. Read rows through selectors that take `account=request.account`, and the time from `request.now`.
3. Extend `console/base.html` in the template. Lists use `console.paging.cursor_page` and `console/parts/pages.html`.
4. Add the path to the package's `urls.py`, and a `console.menu.Entry` if the page belongs in the side menu.
5. Translate every string; `tests/console/test_wording.py` visits the page and reports what is not translated.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar, cast
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
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from accounts.errors import Refusal
from accounts.models import Account
from accounts.selectors import accounts_of, brands_of, is_operator
from console.menu import MENU, Section
from webhooks import selectors

THEME_COOKIE = "maac_sim_theme"
THEMES = ("light", "dark")
SWITCHER_SHOWS = 50
"""Accounts in the header's list. Customer support selects others on the accounts page."""

View = Callable[..., HttpResponseBase]
Saved = TypeVar("Saved")


class ConsoleRequest(HttpRequest):
    """A request of a signed-in user, with the selected account and the time of the request."""

    user: User
    account: Account
    now: datetime
    accounts: list[Account]
    actor: str
    """The user's name in the audit log."""


def _signed_in(view: View) -> View:
    """Require a login, put the account on the request, activate its time zone, and compress the page."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        ours = find_account(request)
        if not ours.accounts:
            return render(request, "console/no_account.html", page_context(request), status=403)
        with timezone.override(ours.account.zone_info):
            return view(ours, *args, **kwargs)

    return gzip_page(never_cache(login_required(inner)))


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
    """A read-only page: GET and HEAD."""
    return _signed_in(require_safe(view))


def form_page(view: View) -> View:
    """A page whose form is posted to the page itself."""
    return _signed_in(view)


def action(view: View) -> View:
    """A change by POST. A refusal redirects to the referring page and shows a message there."""

    @wraps(view)
    def inner(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect(came_from(request))

    return _signed_in(require_POST(inner))


def operators_only(view: View) -> View:
    """404 for everybody but customer support. Goes below `@page`, `@form_page` or `@action`."""

    @wraps(view)
    def inner(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_operator(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return inner


def _current_account(request: HttpRequest, accounts: list[Account]) -> Account:
    """The account selected in this session if the user may still see it, otherwise the first."""
    chosen = request.session.get("account")
    if chosen is None or chosen == accounts[0].pk:
        return accounts[0]
    return accounts_of(request.user).filter(pk=chosen).first() or accounts[0]


def came_from(request: HttpRequest) -> str:
    """The path of the referring page of this console, or Home."""
    referer = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        path = str(urlsplit(referer)._replace(scheme="", netloc="").geturl())
        # A path that begins with two slashes names another host.
        if url_has_allowed_host_and_scheme(path, None):
            return path
    return reverse("console:home")


def save_form(form: BaseForm, service: Callable[[], Saved]) -> Saved | None:
    """What the service returns when the form is valid; None when the form has errors, which include its refusal."""
    if not form.is_valid():
        return None
    try:
        return service()
    except Refusal as refusal:
        add_refusal(form, refusal)
        return None


def add_refusal(form: BaseForm, refusal: Refusal) -> None:
    """Show a refusal next to the fields that it names, or above the form when it names none of them."""
    named = {field: list(errors) for field, errors in refusal.fields.items() if field in form.fields}
    for field, errors in named.items():
        # A message that begins with the field's name is worded for the API.
        is_sentence = len(named) == 1 and not refusal.message.startswith(f"{field}: ")
        form.add_error(field, refusal.message if is_sentence else errors)
    if not named:
        form.add_error(None, refusal.message)


def render_page(
    request: ConsoleRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    return render(request, template, {**page_context(request), **(context or {})}, status=status)


def page_context(request: HttpRequest) -> dict[str, Any]:
    """What the frame around a page shows."""
    # A request that is refused early, as for an unknown host, has no user yet.
    user = getattr(request, "user", AnonymousUser())
    if user.is_authenticated:
        find_account(request)
    account = getattr(request, "account", None)
    now = getattr(request, "now", None) or datetime.now(UTC)
    operator = is_operator(user)
    menu = _menu(request.path, operator) if user.is_authenticated else []
    accounts = getattr(request, "accounts", [])
    return {
        "menu": menu,
        "stands_for": next((line["stands_for"] for part in menu for line in part["entries"] if line["is_current"]), ""),
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
    """The sections and entries that this user may see."""
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
        shown = {"label": entry.label, "url": url, "icon": entry.icon, "stands_for": entry.stands_for}
        lines.append({**shown, "is_current": current})
    return lines
