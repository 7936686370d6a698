"""Accounts: the list and the account pages of customer support, and the brand's own licence page."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import audit, selectors
from accounts.models import Account
from accounts.services import create_account, edit_account
from console.accounts.audit_labels import worded
from console.accounts.forms import AccountForm, NewAccountForm, PersonForm
from console.accounts.licence_summary import licence_summaries, licence_summary
from console.accounts.support import about_an_account
from console.base import ConsoleRequest, form_page, operators_only, page, render_page, save_form
from webhooks.services.endpoints import set_retry_waits

PAGE_SIZE = 50
AUDIT_ENTRIES = 8


@page
@operators_only
def listing(request: ConsoleRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:100]
    pages = Paginator(selectors.accounts_named(text), PAGE_SIZE)
    shown = pages.get_page(request.GET.get("page"))
    rows = licence_summaries(shown, now=request.now)
    return render_page(request, "console/accounts/list.html", {"q": text, "shown": shown, "rows": rows})


@form_page
@operators_only
def new(request: ConsoleRequest) -> HttpResponse:
    form = NewAccountForm(request.POST or None)
    if made := save_form(form, lambda: create_account(**form.cleaned_data, now=request.now, actor=request.actor)):
        messages.success(request, _("The account %(name)s is created. License its zones next.") % {"name": made.name})
        return redirect("console:account", made.pk)
    return render_page(request, "console/accounts/new.html", {"form": form})


@page
@about_an_account
def account(request: ConsoleRequest, brand: Account) -> HttpResponse:
    return account_page(request, brand, PersonForm())


def account_page(request: ConsoleRequest, brand: Account, person_form: PersonForm) -> HttpResponse:
    context = {
        "brand": brand,
        "summary": licence_summary(brand, now=request.now),
        "people": selectors.people(account=brand),
        "person_form": person_form,
        "entries": worded(audit.entries(account=brand)[:AUDIT_ENTRIES]),
    }
    return render_page(request, "console/accounts/account.html", context)


@form_page
@about_an_account
def edit(request: ConsoleRequest, brand: Account) -> HttpResponse:
    fields = ("name", "time_zone", "plan", "endpoint_limit", "retry_waits")
    form = AccountForm(request.POST or None, initial={field: getattr(brand, field) for field in fields})
    if save_form(form, lambda: _save(request, brand, **form.cleaned_data)):
        messages.success(request, _("Saved."))
        return redirect("console:account", brand.pk)
    return render_page(request, "console/accounts/edit.html", {"form": form, "brand": brand})


@transaction.atomic
def _save(request: ConsoleRequest, brand: Account, retry_waits: list[float] | None, **fields: Any) -> Account:
    edit_account(account=brand, **fields, now=request.now, actor=request.actor)
    return set_retry_waits(account=brand, retry_waits=retry_waits, now=request.now, actor=request.actor)


@page
def info(request: ConsoleRequest) -> HttpResponse:
    """The account's own licences, read-only."""
    summary = licence_summary(request.account, now=request.now)
    return render_page(request, "console/accounts/info.html", {"summary": summary})
