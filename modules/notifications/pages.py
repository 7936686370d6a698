"""Modules > Notifications in the console."""

from typing import Any

from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from console.base import ConsoleRequest, action, form_page, page, render_page, save_form
from console.paging import cursor_page
from modules.contacts import selectors as contact_selectors
from modules.notifications import labels, selectors, services, steps
from modules.notifications.errors import InvalidBinding
from modules.notifications.forms import BindingForm, ConditionsForm, MessageForm, TemplateForm
from modules.notifications.magic import MAGIC
from modules.notifications.models import Binding, Message, Template
from modules.notifications.walk import walk


@page
def listing(request: ConsoleRequest) -> HttpResponse:
    templates = list(selectors.templates(account=request.account))
    return render_page(request, "notifications/list.html", {"templates": templates, **_messages(request)})


@page
def live(request: ConsoleRequest) -> HttpResponse:
    """The messages alone, for the page that refreshes them."""
    return render_page(request, "notifications/parts/messages.html", _messages(request))


@form_page
def template_new(request: ConsoleRequest) -> HttpResponse:
    form = TemplateForm(request.POST or None)
    if made := save_form(
        form, lambda: services.create_template(account=request.account, now=request.now, **form.fields_given())
    ):
        notes.success(request, _("The template %(name)s is created.") % {"name": made})
        return redirect("notifications:template", made.pk)
    return render_page(request, "notifications/template_form.html", {"form": form})


@form_page
def template_edit(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = _template(request, pk)
    form = TemplateForm(request.POST or None, initial=TemplateForm.initial_of(found))
    if save_form(form, lambda: services.edit_template(template=found, now=request.now, **form.fields_given())):
        notes.success(request, _("Saved."))
        return redirect("notifications:template", pk)
    return render_page(request, "notifications/template_form.html", {"form": form, "template": found})


@form_page
def template(request: ConsoleRequest, pk: int) -> HttpResponse:
    """A template, and the form that sends a message from it."""
    found = _template(request, pk)
    form = MessageForm(found, request.POST or None, initial={"phone_number": request.GET.get("phone_number", "")})
    if made := save_form(
        form, lambda: services.push(account=request.account, template=found, now=request.now, **form.fields_given())
    ):
        return redirect("notifications:message", made.pk)
    context = {"template": found, "form": form, "metric": selectors.metric(template=found), "magic": MAGIC}
    return render_page(request, "notifications/template.html", context)


@page
def message(request: ConsoleRequest, pk: int) -> HttpResponse:
    return render_page(request, "notifications/message.html", _details(request, pk))


@page
def message_live(request: ConsoleRequest, pk: int) -> HttpResponse:
    """The message's steps alone, for the page that refreshes them."""
    return render_page(request, "notifications/parts/steps.html", _details(request, pk))


@action
def advance(request: ConsoleRequest, pk: int) -> HttpResponse:
    steps.advance(message=_message(request, pk), now=request.now)
    return redirect("notifications:message", pk)


@form_page
def bind(request: ConsoleRequest, pk: int) -> HttpResponse:
    """A contact is bound through this message."""
    found = _message(request, pk)
    form = BindingForm(request.POST or None)
    if binding := save_form(form, lambda: _bind(request, found, form)):
        message = _("%(name)s is bound to %(number)s. pnp.profile_updated was sent.")
        notes.success(request, message % {"name": binding.contact, "number": binding.phone_number})
        return redirect("notifications:message", pk)
    return render_page(request, "notifications/bind.html", {"form": form, "message": found})


@form_page
def conditions(request: ConsoleRequest) -> HttpResponse:
    form = ConditionsForm(
        request.POST or None, initial=ConditionsForm.initial_of(selectors.conditions(account=request.account))
    )
    if save_form(form, lambda: services.set_conditions(account=request.account, **form.fields_given())):
        notes.success(request, _("Saved. These conditions apply to messages that are sent from now on."))
        return redirect("notifications:list")
    return render_page(request, "notifications/conditions.html", {"form": form})


def _bind(request: ConsoleRequest, found: Message, form: BindingForm) -> Binding:
    contact = contact_selectors.contacts(account=request.account).filter(line_uid=form.cleaned_data["contact"]).first()
    if contact is None:
        missing = _("The account has no such contact.")
        raise InvalidBinding(missing, {"contact": [missing]})
    return services.bind(
        account=request.account,
        template=found.template,
        contact=contact,
        source=form.cleaned_data["source"],
        phone_number=found.phone_number,
        now=request.now,
    )


def _messages(request: ConsoleRequest) -> dict[str, Any]:
    """A page of messages, the newest first."""
    rows, pages = cursor_page(request, selectors.messages(account=request.account).order_by("-id"))
    shown = [{"row": row, "pill": labels.kind_of(row.status), "word": labels.STATUSES[row.status]} for row in rows]
    return {"shown": shown, **pages}


def _details(request: ConsoleRequest, pk: int) -> dict[str, Any]:
    found = _message(request, pk)
    made = list(found.steps.order_by("id"))
    walked = [{"row": step, "pill": labels.kind_of(step.status), "word": labels.STATUSES[step.status]} for step in made]
    plan = [(labels.CHANNELS[channel], labels.OUTCOMES[outcome]) for channel, outcome in found.plan.items()]
    return {"message": found, "steps": walked, "plan": plan, "walk": walk(found, made)}


def _template(request: ConsoleRequest, pk: int) -> Template:
    return get_object_or_404(selectors.templates(account=request.account), pk=pk)


def _message(request: ConsoleRequest, pk: int) -> Message:
    return get_object_or_404(selectors.messages(account=request.account), pk=pk)
