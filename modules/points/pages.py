"""Modules > Points in the console."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.errors import Refusal
from console.base import ConsoleRequest, action, add_refusal, form_page, page, render_page
from console.paging import newest
from modules.points import granting, selectors, services
from modules.points.forms import GrantForm, PrizeForm
from modules.points.models import Prize


@page
def listing(request: ConsoleRequest) -> HttpResponse:
    prizes, pages = newest(request, selectors.prizes(account=request.account))
    counts = selectors.counts(prizes=prizes)
    rows = [{"prize": prize, "grants": counts.get(prize.pk, 0)} for prize in prizes]
    return render_page(request, "points/list.html", {"rows": rows, **pages})


@form_page
def new(request: ConsoleRequest) -> HttpResponse:
    form = PrizeForm(request.POST or None)
    if form.is_valid():
        try:
            made = services.create(account=request.account, now=request.now, **form.cleaned_data)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The prize %(name)s is made.") % {"name": made})
            return redirect("points:prize", made.pk)
    return render_page(request, "points/form.html", {"form": form})


@form_page
def edit(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = _prize(request, pk)
    form = PrizeForm(request.POST or None, initial=PrizeForm.initial_of(found))
    if form.is_valid():
        try:
            services.edit(prize=found, now=request.now, **form.cleaned_data)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("points:prize", pk)
    return render_page(request, "points/form.html", {"form": form, "prize": found})


@form_page
def prize(request: ConsoleRequest, pk: int) -> HttpResponse:
    """A prize and its grants, and the form that hands it out."""
    found = _prize(request, pk)
    form = GrantForm(request.account, found, request.POST or None)
    if form.is_valid():
        try:
            granted = granting.grant(prize=found, now=request.now, **form.options())
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            told = ngettext("%(count)s contact got points.", "%(count)s contacts got points.", len(granted))
            messages.success(request, told % {"count": len(granted)})
            return redirect("points:prize", pk)
    grants, pages = newest(request, selectors.grants(account=request.account, prize=found))
    return render_page(request, "points/prize.html", {"prize": found, "form": form, "grants": grants, **pages})


@action
def resend(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(selectors.grants(account=request.account), pk=pk)
    granting.resend(grant=found, now=request.now)
    messages.success(request, _("The grant %(points_id)s is told again.") % {"points_id": found})
    return redirect("points:prize", found.prize_id)


@action
def delete(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = _prize(request, pk)
    services.delete(prize=found)
    messages.success(request, _("%(name)s was deleted.") % {"name": found})
    return redirect("points:list")


@action
def seed_demo(request: ConsoleRequest) -> HttpResponse:
    made = services.seed_demo(account=request.account, now=request.now)
    return redirect("points:prize", made.pk)


def _prize(request: ConsoleRequest, pk: int) -> Prize:
    return get_object_or_404(selectors.prizes(account=request.account), pk=pk)
