"""Modules > Contacts in the console."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.base import ConsoleRequest, action, form_page, page, render_page, save_form
from console.paging import cursor_page
from modules.contacts import imports, selectors, services, table
from modules.contacts.forms import ContactForm, EditContactForm, ImportForm, TaggingForm
from modules.contacts.models import Contact, ContactImport
from webhooks.errors import InvalidInput

EXPORTED_AT_ONCE = 500


@page
def listing(request: ConsoleRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    found = selectors.with_tags(selectors.search(account=request.account, text=text), now=request.now)
    shown, pages = cursor_page(request, found)
    query = urlencode({"q": text}) if text else ""
    running = selectors.running_import(account=request.account)
    is_empty = not (text or shown or pages["is_older"])
    context = {"contacts": shown, "q": text, "query": query, "import_form": ImportForm(), "is_empty": is_empty}
    return render_page(request, "contacts/list.html", {**context, **pages, "running": running})


@form_page
def new(request: ConsoleRequest) -> HttpResponse:
    form = ContactForm(request.POST or None)
    if contact := save_form(form, lambda: services.create(account=request.account, now=request.now, **form.details())):
        messages.success(request, _("%(name)s is a contact now.") % {"name": contact})
        return redirect("contacts:contact", contact.pk)
    return render_page(request, "contacts/form.html", {"form": form})


@form_page
def contact(request: ConsoleRequest, pk: int) -> HttpResponse:
    """A contact's details, to read and to change."""
    found = _found(request, pk)
    form = EditContactForm(request.POST or None, initial=_initial(found))
    if save_form(form, lambda: services.edit(contact=found, now=request.now, **form.details())):
        messages.success(request, _("Saved."))
        return redirect("contacts:contact", pk)
    tag_form = TaggingForm(request.account)
    return render_page(request, "contacts/form.html", {"form": form, "contact": found, "tag_form": tag_form})


@action
def delete(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    services.delete(contact=found)
    messages.success(request, _("%(name)s was deleted.") % {"name": found})
    return redirect("contacts:list")


@action
def seed_demo(request: ConsoleRequest) -> HttpResponse:
    made = services.seed_demo(account=request.account, now=request.now)
    message = ngettext("%(count)s demo contact was added.", "%(count)s demo contacts were added.", len(made))
    messages.success(request, message % {"count": len(made)})
    return redirect("contacts:list")


@page
def export_csv(request: ConsoleRequest) -> StreamingHttpResponse:
    contacts = selectors.with_tags(selectors.contacts(account=request.account), now=request.now)
    rows = table.written(contacts.iterator(chunk_size=EXPORTED_AT_ONCE))
    headers = {"Content-Disposition": 'attachment; filename="contacts.csv"'}
    return StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8", headers=headers)


@action
def import_csv(request: ConsoleRequest) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("Choose a CSV file."))
        return redirect("contacts:list")
    text = table.decoded(form.cleaned_data["file"].read())
    try:
        started = imports.start(account=request.account, text=text, now=request.now)
    except InvalidInput as refusal:
        for fault in refusal.fields.get("csv", [refusal.message]):
            messages.error(request, fault)
        messages.error(request, _("Nothing was stored. Correct the lines and import the file again."))
        return redirect("contacts:list")
    return redirect("contacts:import_page", started.pk)


@page
def import_list(request: ConsoleRequest) -> HttpResponse:
    rows, pages = cursor_page(request, selectors.imports(account=request.account))
    return render_page(request, "contacts/imports.html", {"rows": rows, **pages})


@page
def import_page(request: ConsoleRequest, pk: int) -> HttpResponse:
    """The progress and the result of an import."""
    return render_page(request, "contacts/import.html", {"found": _import(request, pk)})


@page
def import_progress(request: ConsoleRequest, pk: int) -> HttpResponse:
    """The polled part of the import's page."""
    return render_page(request, "contacts/import_progress.html", {"found": _import(request, pk)})


def _import(request: ConsoleRequest, pk: int) -> ContactImport:
    return get_object_or_404(selectors.imports(account=request.account), pk=pk)


def _found(request: ConsoleRequest, pk: int) -> Contact:
    contacts = selectors.with_tags(selectors.contacts(account=request.account), now=request.now)
    return get_object_or_404(contacts, pk=pk)


def _initial(contact: Contact) -> dict[str, Any]:
    fields = {name: getattr(contact, name) for name in EditContactForm.base_fields if name != "tags"}
    return {**fields, "customer_id": contact.customer_id or ""}
