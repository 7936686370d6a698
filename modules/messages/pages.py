"""Modules > Messages in the console: broadcasts, direct messages, and who opens them."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from console.base import ConsoleRequest, action, came_from, form_page, page, render_page, save_form
from console.paging import cursor_page
from modules.contacts import selectors as contact_selectors
from modules.contacts.models import Contact
from modules.messages import labels, rules, selectors, services
from modules.messages.forms import BroadcastForm
from modules.messages.models import Broadcast, DirectMessage, Recipient
from modules.messages.opens import open_message


@dataclass(frozen=True, slots=True)
class Line:
    """A recipient as the pages show them."""

    recipient: Recipient
    contact: Contact | None
    opens: int

    @property
    def word(self) -> str:
        return labels.MARKS[self.recipient.mark]

    @property
    def can_open(self) -> bool:
        return self.contact is not None and self.recipient.mark == rules.DELIVERED


@page
def listing(request: ConsoleRequest) -> HttpResponse:
    """Broadcasts: the module's first page."""
    broadcasts, pages = cursor_page(request, selectors.broadcasts(account=request.account))
    has_template = selectors.templates(account=request.account).exists()
    opens = selectors.opens_by_broadcast(broadcasts=broadcasts)
    rows = [{"broadcast": each, "opens": opens.get(each.pk, 0)} for each in broadcasts]
    return render_page(request, "messages/list.html", {"rows": rows, "has_template": has_template, **pages})


@form_page
def broadcast_new(request: ConsoleRequest) -> HttpResponse:
    form = BroadcastForm(request.account, request.POST or None)
    if made := save_form(
        form, lambda: services.send_broadcast(account=request.account, now=request.now, **form.cleaned_data)
    ):
        notes.success(request, _("The broadcast %(name)s is sent.") % {"name": made})
        return redirect("messages:broadcast", made.pk)
    return render_page(request, "messages/broadcast_form.html", {"form": form})


@page
def broadcast(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = _broadcast(request, pk)
    return render_page(request, "messages/broadcast.html", {"broadcast": found, **_recipients(request, found)})


@action
def broadcast_open(request: ConsoleRequest, pk: int) -> HttpResponse:
    return _open(request, _broadcast(request, pk))


@page
def direct_messages(request: ConsoleRequest) -> HttpResponse:
    found, pages = cursor_page(request, selectors.direct_messages(account=request.account))
    rows = [{"message": each, **_status(request, each)} for each in found]
    return render_page(request, "messages/direct_messages.html", {"rows": rows, **pages})


@page
def direct_message(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = _direct_message(request, pk)
    context = {"message": found, **_status(request, found), **_recipients(request, found)}
    return render_page(request, "messages/direct_message.html", context)


@action
def direct_message_open(request: ConsoleRequest, pk: int) -> HttpResponse:
    return _open(request, _direct_message(request, pk))


@page
def opens(request: ConsoleRequest) -> HttpResponse:
    found, pages = cursor_page(request, selectors.opens(account=request.account))
    people = selectors.people(account=request.account, line_uids={each.line_uid for each in found})
    rows = [
        {"open": each, "contact": people.get(each.line_uid), "word": labels.OUTCOMES[each.outcome]} for each in found
    ]
    return render_page(request, "messages/opens.html", {"rows": rows, **pages})


def _open(request: ConsoleRequest, message: Broadcast | DirectMessage) -> HttpResponse:
    """The contact of the button opens the message; show whether an event was sent."""
    contacts = contact_selectors.contacts(account=request.account)
    contact = get_object_or_404(contacts, line_uid=request.POST.get("line_uid", ""))
    opened = open_message(contact=contact, message=message, now=request.now)
    notes.success(request, _("%(name)s opened the message.") % {"name": contact})
    notes.info(request, _(labels.OUTCOMES[opened.outcome]))
    return redirect(came_from(request))


def _status(request: ConsoleRequest, message: DirectMessage) -> dict[str, str]:
    status = message.status_at(request.now)
    return {
        "status": labels.STATUSES[status],
        "pill": labels.STATUS_PILLS[status],
        "category": labels.CATEGORIES[message.category],
    }


def _recipients(request: ConsoleRequest, message: Broadcast | DirectMessage) -> dict[str, Any]:
    found, pages = cursor_page(request, selectors.recipients(message=message).order_by("-id"))
    line_uids = {each.line_uid for each in found}
    people = selectors.people(account=request.account, line_uids=line_uids)
    counts = selectors.openings_by_person(message=message, line_uids=line_uids)
    lines = [Line(each, people.get(each.line_uid), counts.get(each.line_uid, 0)) for each in found]
    return {"lines": lines, "opens": selectors.opens_of(message=message).count(), **pages}


def _broadcast(request: ConsoleRequest, pk: int) -> Broadcast:
    return get_object_or_404(selectors.broadcasts(account=request.account), pk=pk)


def _direct_message(request: ConsoleRequest, pk: int) -> DirectMessage:
    return get_object_or_404(selectors.direct_messages(account=request.account), pk=pk)
