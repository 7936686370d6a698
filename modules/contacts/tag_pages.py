"""Modules > Contacts > Tags in the console, and the tags of a contact."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from console.base import ConsoleRequest, action, form_page, render_page, save_form
from console.paging import cursor_page
from modules.contacts import selectors, tagging
from modules.contacts.forms import TagForm, TaggingForm
from modules.contacts.models import Contact


@form_page
def listing(request: ConsoleRequest) -> HttpResponse:
    """The tags, and a form for a new one."""
    form = TagForm(request.POST or None)
    if tag := save_form(
        form, lambda: tagging.create_tag(account=request.account, now=request.now, **form.cleaned_data)
    ):
        messages.success(request, _("The tag %(name)s was created.") % {"name": tag})
        return redirect("contacts:tags")
    text = request.GET.get("q", "").strip()
    found = selectors.tags(account=request.account, name=text)
    rows, pages = cursor_page(request, selectors.with_contact_counts(found, now=request.now))
    query = urlencode({"q": text}) if text else ""
    return render_page(request, "contacts/tags.html", {"form": form, "rows": rows, "q": text, "query": query, **pages})


@action
def delete(request: ConsoleRequest, pk: int) -> HttpResponse:
    tag = get_object_or_404(selectors.tags(account=request.account), pk=pk)
    tagging.delete_tag(tag=tag)
    messages.success(request, _("%(name)s was deleted.") % {"name": tag})
    return redirect("contacts:tags")


@action
def put_on(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Put a tag on a contact by its name; a new name makes a tag."""
    contact = _contact(request, pk)
    form = TaggingForm(request.account, request.POST)
    if not form.is_valid():
        messages.error(request, _("Write the name of a tag."))
        return redirect("contacts:contact", pk)
    tagging.tag_by_name(contact=contact, name=form.cleaned_data["name"], now=request.now)
    return redirect("contacts:contact", pk)


@action
def take_off(request: ConsoleRequest, pk: int, tag_id: int) -> HttpResponse:
    tag = get_object_or_404(selectors.tags(account=request.account), pk=tag_id)
    tagging.untag_contact(contact=_contact(request, pk), tag=tag, now=request.now)
    return redirect("contacts:contact", pk)


def _contact(request: ConsoleRequest, pk: int) -> Contact:
    return get_object_or_404(selectors.contacts(account=request.account), pk=pk)
