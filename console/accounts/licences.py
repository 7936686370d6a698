"""Licences of an account, for customer support: grant a zone or an add-on, change the period, end it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.models import Account
from accounts.services import change_period, end_licence, grant_endpoint_add_on, grant_zone
from console.accounts.forms import AddOnForm, PeriodForm, ZoneForm
from console.accounts.support import about_an_account
from console.base import ConsoleRequest, action, form_page, render_page, save_form

YEAR = timedelta(days=365)


@form_page
@about_an_account
def zone(request: ConsoleRequest, brand: Account) -> HttpResponse:
    form = ZoneForm(request.POST or None, initial=_a_year_from(request.now))
    return _licence_page(request, brand, form, partial(grant_zone, account=brand), _("License a zone"))


@form_page
@about_an_account
def add_on(request: ConsoleRequest, brand: Account) -> HttpResponse:
    form = AddOnForm(request.POST or None, initial=_a_year_from(request.now))
    return _licence_page(
        request, brand, form, partial(grant_endpoint_add_on, account=brand), _("Add running endpoints")
    )


@form_page
@about_an_account
def change(request: ConsoleRequest, brand: Account, licence_pk: int) -> HttpResponse:
    licence = get_object_or_404(selectors.licences(account=brand), pk=licence_pk)
    form = PeriodForm(
        request.POST or None, initial={"valid_from": licence.valid_from, "valid_until": licence.valid_until}
    )
    return _licence_page(request, brand, form, partial(change_period, licence=licence), _("Change the period"))


@action
@about_an_account
def end(request: ConsoleRequest, brand: Account, licence_pk: int) -> HttpResponse:
    licence = get_object_or_404(selectors.licences(account=brand), pk=licence_pk)
    end_licence(licence=licence, now=request.now, actor=request.actor)
    messages.success(request, _("The licence has ended."))
    return redirect("console:account", brand.pk)


def _licence_page(
    request: ConsoleRequest, brand: Account, form: PeriodForm, service: Callable[..., object], title: str
) -> HttpResponse:
    """Show the form; redirect to the account's page once it is saved."""
    if save_form(form, lambda: service(**form.values(), now=request.now, actor=request.actor)):
        messages.success(request, _("Saved."))
        return redirect("console:account", brand.pk)
    return render_page(request, "console/accounts/licence.html", {"form": form, "brand": brand, "form_title": title})


def _a_year_from(now: datetime) -> dict[str, datetime]:
    start = now.replace(second=0, microsecond=0)
    return {"valid_from": start, "valid_until": start + YEAR}
