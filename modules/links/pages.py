"""Modules > Links in the console: deeplinks and tracelinks, and auto replies."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from console.base import ConsoleRequest, action, form_page, page, render_page, save_form
from console.paging import cursor_page
from modules.links import selectors, services
from modules.links.forms import ActForm, AutoReplyForm, ClickForm, LinkForm
from modules.links.models import AutoReply, Link


@page
def listing(request: ConsoleRequest) -> HttpResponse:
    links, pages = cursor_page(request, selectors.links(account=request.account))
    return render_page(request, "links/list.html", {"links": links, **pages})


@form_page
def new(request: ConsoleRequest) -> HttpResponse:
    form = LinkForm(request.POST or None)
    create = services.create_link
    if made := save_form(form, lambda: create(account=request.account, now=request.now, **form.cleaned_data)):
        messages.success(request, _("Saved."))
        return redirect("links:link", made.pk)
    return render_page(request, "links/form.html", {"form": form, "is_link": True})


@form_page
def link(request: ConsoleRequest, pk: int) -> HttpResponse:
    """A link with its figures, and the form by which a contact clicks it."""
    found = _link(request, pk)
    form = ClickForm(request.account, found, request.POST or None)
    if save_form(form, lambda: services.click(link=found, now=request.now, **form.cleaned_data)):
        messages.success(request, _("The click is stored, and reports count it."))
        return redirect("links:link", pk)
    is_deeplink = found.kind == Link.Kind.DEEPLINK
    figures_of = selectors.deeplink_figures if is_deeplink else selectors.tracelink_figures
    figures = figures_of(link=found, zone=request.account.zone_info)
    context = {"link": found, "form": form, "figures": figures, "clicks": selectors.clicks(link=found)[:30]}
    return render_page(request, "links/link.html", context)


@action
def delete(request: ConsoleRequest, pk: int) -> HttpResponse:
    return _deleted(request, _link(request, pk), "links:list")


@page
def auto_replies(request: ConsoleRequest) -> HttpResponse:
    replies, pages = cursor_page(request, selectors.auto_replies(account=request.account))
    return render_page(request, "links/auto_replies.html", {"replies": replies, **pages})


@form_page
def new_auto_reply(request: ConsoleRequest) -> HttpResponse:
    form = AutoReplyForm(request.POST or None)
    create = services.create_auto_reply
    if made := save_form(form, lambda: create(account=request.account, now=request.now, **form.details())):
        messages.success(request, _("Saved."))
        return redirect("links:auto_reply", made.pk)
    return render_page(request, "links/form.html", {"form": form})


@form_page
def auto_reply(request: ConsoleRequest, pk: int) -> HttpResponse:
    """An auto reply, what contacts did with it, and the form by which one does it."""
    found = _auto_reply(request, pk)
    form = ActForm(request.account, found, request.POST or None)
    if save_form(form, lambda: services.act(auto_reply=found, now=request.now, **form.cleaned_data)):
        messages.success(request, _("It is stored, and the statistics count it."))
        return redirect("links:auto_reply", pk)
    acts = found.acts.select_related("part").order_by("-id")[:30]
    context = {"reply": found, "form": form, "parts": found.parts.order_by("id"), "acts": acts}
    return render_page(request, "links/auto_reply.html", context)


@action
def delete_auto_reply(request: ConsoleRequest, pk: int) -> HttpResponse:
    return _deleted(request, _auto_reply(request, pk), "links:auto_replies")


def _deleted(request: ConsoleRequest, row: Link | AutoReply, following: str) -> HttpResponse:
    services.delete(row)
    messages.success(request, _("%(name)s was deleted.") % {"name": row})
    return redirect(following)


def _link(request: ConsoleRequest, pk: int) -> Link:
    return get_object_or_404(selectors.links(account=request.account), pk=pk)


def _auto_reply(request: ConsoleRequest, pk: int) -> AutoReply:
    return get_object_or_404(selectors.auto_replies(account=request.account), pk=pk)
