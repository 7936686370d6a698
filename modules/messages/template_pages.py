"""Modules > Messages in the console: templates for pushes to contacts, and message events."""

from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from console.base import ConsoleRequest, action, form_page, page, render_page, save_form
from console.paging import cursor_page
from modules.messages import labels, rules, selectors, services
from modules.messages.forms import EventForm, PushForm, TemplateForm
from modules.messages.models import MessageEvent, Template


@page
def templates(request: ConsoleRequest) -> HttpResponse:
    rows, pages = cursor_page(request, selectors.templates(account=request.account))
    return render_page(request, "messages/templates.html", {"templates": rows, **pages})


@form_page
def template_new(request: ConsoleRequest) -> HttpResponse:
    form = TemplateForm(request.POST or None)
    if made := save_form(
        form, lambda: services.create_template(account=request.account, now=request.now, **form.fields_given())
    ):
        notes.success(request, _("The template %(name)s is created.") % {"name": made})
        return redirect("messages:template", made.pk)
    return render_page(request, "messages/template_form.html", {"form": form})


@form_page
def template_edit(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = _template(request, pk)
    form = TemplateForm(request.POST or None, initial=TemplateForm.initial_of(found))
    if save_form(form, lambda: services.edit_template(template=found, now=request.now, **form.fields_given())):
        notes.success(request, _("Saved."))
        return redirect("messages:template", pk)
    return render_page(request, "messages/template_form.html", {"form": form, "template": found})


@form_page
def template(request: ConsoleRequest, pk: int) -> HttpResponse:
    """A template, and the form that pushes a message of it to a contact."""
    found = _template(request, pk)
    form = PushForm(request.account, found, request.POST or None)
    if sent := save_form(
        form, lambda: services.push(account=request.account, template=found, now=request.now, **form.fields_given())
    ):
        (recipient,) = sent.recipients
        show = notes.success if recipient.mark == rules.DELIVERED else notes.warning
        show(request, _(labels.MARKS[recipient.mark]))
        return redirect("messages:direct_message", sent.message.pk)
    return render_page(request, "messages/template.html", {"template": found, "form": form})


@form_page
def events(request: ConsoleRequest) -> HttpResponse:
    """Message events, and the form that makes one."""
    form = EventForm(request.POST or None)
    if made := save_form(
        form, lambda: services.create_event(account=request.account, now=request.now, **form.cleaned_data)
    ):
        message = _("The message event %(name)s is created. Its event_id is %(id)s.")
        notes.success(request, message % {"name": made, "id": made.pk})
        return redirect("messages:events")
    found, pages = cursor_page(request, selectors.events(account=request.account))
    opens = selectors.opens_of_events(events=found)
    rows = [{"event": each, "opens": opens.get(each.pk, 0)} for each in found]
    return render_page(request, "messages/events.html", {"rows": rows, "form": form, **pages})


@action
def event_archive(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Archive the event, or take it out of the archive."""
    event = _event(request, pk)
    services.edit_event(event=event, is_archived=not event.is_archived)
    return redirect("messages:events")


def _template(request: ConsoleRequest, pk: int) -> Template:
    return get_object_or_404(selectors.templates(account=request.account), pk=pk)


def _event(request: ConsoleRequest, pk: int) -> MessageEvent:
    return get_object_or_404(selectors.events(account=request.account), pk=pk)
