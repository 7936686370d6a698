"""Modules > Contacts > Segments in the console."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from console.base import ConsoleRequest, action, form_page, page, render_page, save_form
from console.paging import cursor_page
from modules.contacts import rules, segments, selectors, uid_lists
from modules.contacts.models import Segment
from modules.contacts.segment_forms import ListForm, SegmentForm, TagsForm


@page
def listing(request: ConsoleRequest) -> HttpResponse:
    rows, pages = cursor_page(request, selectors.segments(account=request.account))
    return render_page(request, "contacts/segments.html", {"rows": rows, "limit": settings.OPENAPI_SEGMENTS, **pages})


@form_page
def new(request: ConsoleRequest) -> HttpResponse:
    form = TagsForm(request.account, request.POST or None)
    made = save_form(
        form, lambda: segments.create_from_tags(account=request.account, now=request.now, **form.details())
    )
    return _made(request, made) if made else render_page(request, "contacts/segment_form.html", {"form": form})


@form_page
def upload(request: ConsoleRequest) -> HttpResponse:
    form = ListForm(request.POST or None, request.FILES or None)
    made = save_form(
        form, lambda: segments.create_from_list(account=request.account, now=request.now, **form.details())
    )
    return _made(request, made) if made else render_page(request, "contacts/segment_form.html", {"form": form})


@form_page
def segment(request: ConsoleRequest, pk: int) -> HttpResponse:
    """A segment's state, its tags, and the form that changes it."""
    found = _found(request, pk)
    shape = ListForm if found.kind == Segment.Kind.LIST else SegmentForm
    form = shape(
        request.POST or None,
        request.FILES or None,
        initial={"name": found.name, "description": found.description},
        is_new=False,
    )
    if save_form(form, lambda: segments.edit(segment=found, now=request.now, **form.details())):
        messages.success(request, _("Saved."))
        return redirect("contacts:segment", pk)
    return render_page(request, "contacts/segment.html", {"form": form, "segment": found, "tags": _tags(found)})


@page
def state(request: ConsoleRequest, pk: int) -> HttpResponse:
    """The polled part of a segment's page."""
    return render_page(request, "contacts/segment_state.html", {"segment": _found(request, pk)})


@page
def members(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    if not found.is_ready:
        messages.error(request, _("The members of the segment are being counted. Ask again when its status is ready."))
        return redirect("contacts:segment", pk)
    text = uid_lists.written(segments.line_uids(segment=found))
    headers = {"Content-Disposition": f'attachment; filename="segment_{found.pk}_members.csv"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


@action
def delete(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    segments.delete(segment=found)
    messages.success(request, _("%(name)s was deleted.") % {"name": found})
    return redirect("contacts:segments")


def _made(request: ConsoleRequest, made: Segment) -> HttpResponse:
    messages.success(request, _("The segment %(name)s was created.") % {"name": made})
    return redirect("contacts:segment", made.pk)


def _tags(found: Segment) -> list[dict[str, Any]]:
    """Name of each tag that the segment is made from, and whether its contacts have it."""
    ids = [each["tag_id"] for each in found.filters]
    names = dict(selectors.tags(account=found.account).filter(pk__in=ids).values_list("pk", "name"))
    return [
        {"name": names[each["tag_id"]], "is_wanted": each["status"] == rules.WITH}
        for each in found.filters
        if each["tag_id"] in names
    ]


def _found(request: ConsoleRequest, pk: int) -> Segment:
    found = get_object_or_404(selectors.segments(account=request.account), pk=pk)
    found.account = request.account
    return found
