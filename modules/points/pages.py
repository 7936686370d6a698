"""Modules > Points in the console."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.base import ConsoleRequest, action, form_page, page, render_page, save_form
from console.paging import cursor_page
from modules.points import granting, selectors, services
from modules.points.forms import GrantForm, PrizeForm
from modules.points.models import Prize


@page
def listing(request: ConsoleRequest) -> HttpResponse:
    prizes, pages = cursor_page(request, selectors.prizes(account=request.account))
    counts = selectors.counts(prizes=prizes)
    rows = [{"prize": prize, "grants": counts.get(prize.pk, 0)} for prize in prizes]
    return render_page(request, "points/list.html", {"rows": rows, **pages})


@form_page
def new(request: ConsoleRequest) -> HttpResponse:
    form = PrizeForm(request.POST or None)
    if made := save_form(form, lambda: services.create(account=request.account, now=request.now, **form.cleaned_data)):
        messages.success(request, _("The prize %(name)s is created.") % {"name": made})
        return redirect("points:prize", made.pk)
    return render_page(request, "points/form.html", {"form": form})


@form_page
def edit(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = _prize(request, pk)
    form = PrizeForm(request.POST or None, initial=PrizeForm.initial_of(found))
    if save_form(form, lambda: services.edit(prize=found, now=request.now, **form.cleaned_data)):
        messages.success(request, _("Saved."))
        return redirect("points:prize", pk)
    return render_page(request, "points/form.html", {"form": form, "prize": found})


@form_page
def prize(request: ConsoleRequest, pk: int) -> HttpResponse:
    """A prize and its grants, and the form that hands it out."""
    found = _prize(request, pk)
    form = GrantForm(request.account, found, request.POST or None)
    if granted := save_form(form, lambda: granting.grant(prize=found, now=request.now, **form.options())):
        message = ngettext("%(count)s contact got points.", "%(count)s contacts got points.", len(granted))
        messages.success(request, message % {"count": len(granted)})
        return redirect("points:prize", pk)
    grants, pages = cursor_page(request, selectors.grants(account=request.account, prize=found))
    return render_page(request, "points/prize.html", {"prize": found, "form": form, "grants": grants, **pages})


@action
def resend(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(selectors.grants(account=request.account), pk=pk)
    granting.resend(grant=found, now=request.now)
    messages.success(request, _("The event of grant %(points_id)s was sent again.") % {"points_id": found})
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
