"""Modules > Traffic in the console."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from console.base import ConsoleRequest, action, form_page, page, render_page, save_form
from console.paging import cursor_page
from modules.traffic import labels, selectors, services
from modules.traffic.forms import PlayForm
from modules.traffic.models import Play
from modules.traffic.reading import read
from modules.traffic.shipped import WORDS, scenarios


@form_page
def listing(request: ConsoleRequest) -> HttpResponse:
    """Plays, and the form that starts one."""
    form = PlayForm(request.POST or None, initial={"scenario": next(iter(WORDS))})
    if play := save_form(form, lambda: services.start(account=request.account, now=request.now, **form.options())):
        return redirect("traffic:play", play.pk)
    plays, pages = cursor_page(request, selectors.plays(account=request.account))
    context = {
        "form": form,
        "choices": _choices(form),
        "rows": [_row(each) for each in plays],
        "running": selectors.running(account=request.account),
        **pages,
    }
    return render_page(request, "traffic/list.html", context)


@page
def play(request: ConsoleRequest, pk: int) -> HttpResponse:
    return render_page(request, "traffic/play.html", _context(request, pk))


@page
def progress(request: ConsoleRequest, pk: int) -> HttpResponse:
    """The polled part of the play's page."""
    return render_page(request, "traffic/progress.html", _context(request, pk))


@action
def stop(request: ConsoleRequest, pk: int) -> HttpResponse:
    services.stop(play=_found(request, pk), now=request.now)
    messages.success(request, _("The play was stopped. Its events stay in the log."))
    return redirect("traffic:play", pk)


def _found(request: ConsoleRequest, pk: int) -> Play:
    return get_object_or_404(selectors.plays(account=request.account), pk=pk)


def _context(request: ConsoleRequest, pk: int) -> dict[str, Any]:
    found = _found(request, pk)
    elapsed = found.elapsed(request.now)
    return {
        **_row(found),
        "lines": labels.summary(found),
        "query": labels.query_of(found),
        "elapsed": elapsed,
        "event_rate": f"{found.events / max(elapsed, 1):.4g}",
    }


def _row(play: Play) -> dict[str, Any]:
    return {"play": play, "rate": f"{play.rate:g}", "title": labels.title_of(play), "status": labels.status_of(play)}


def _choices(form: PlayForm) -> list[dict[str, Any]]:
    """The scenarios with what happens in them."""
    chosen = form["scenario"].value()
    found = {name: read(text) for name, text in scenarios().items()}
    return [
        {
            "name": name,
            "title": title,
            "about": about,
            "rate": f"{found[name].rate:g}",
            "seconds": f"{found[name].seconds:g}",
            "is_chosen": name == chosen,
        }
        for name, (title, about) in WORDS.items()
    ]
