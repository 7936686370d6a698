"""Modules > Bind links in the console, and the page that a person sees who opens a link."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from console.base import ConsoleRequest, action, form_page, render_page, save_form
from console.paging import cursor_page
from modules.binding import selectors, services
from modules.binding.address import address_of
from modules.binding.models import BindLink
from modules.contacts import rules as contact_rules
from modules.contacts.contact_fields import ContactReferenceForm
from webhooks.services.callback import callback_of


class TemplateForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("New binding template"),
        max_length=services.NAME_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class LinkForm(forms.Form):
    """A link for one customer."""

    customer_id = forms.CharField(label=gettext_lazy("Customer ID"), max_length=contact_rules.TEXT_LIMIT)
    email = forms.CharField(label=gettext_lazy("E-mail address"), max_length=contact_rules.TEXT_LIMIT, required=False)
    mobile = forms.CharField(label=gettext_lazy("Mobile number"), max_length=30, required=False)
    bind_once = forms.BooleanField(label=gettext_lazy("Binds one time only"), required=False)

    def __init__(self, request: ConsoleRequest) -> None:
        super().__init__(request.POST or None)
        templates = selectors.templates(account=request.account)
        self.fields["template"] = forms.ModelChoiceField(
            label=gettext_lazy("Binding template"), queryset=templates, empty_label=None
        )
        self.order_fields(["template"])


class OpenForm(forms.Form):
    """The person who opens the link."""

    line_uid = forms.CharField(
        label=gettext_lazy("LINE UID"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Of a contact; empty for somebody who is not a friend of the account yet."),
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name at LINE"),
        max_length=contact_rules.TEXT_LIMIT,
        required=False,
        help_text=gettext_lazy("Of somebody new."),
    )


@form_page
def listing(request: ConsoleRequest) -> HttpResponse:
    """The newest links, and the form that makes one."""
    form = LinkForm(request)
    if save_form(form, lambda: services.make_link(**form.cleaned_data, now=request.now)):
        messages.success(request, _("The link is made. Open it as a contact, or give its address to somebody."))
        return redirect("binding:list")
    links, pages = cursor_page(request, selectors.links(account=request.account))
    context: dict[str, Any] = {
        "rows": [{"link": link, "address": address_of(request, link)} for link in links],
        "templates": selectors.templates(account=request.account),
        "form": form,
        "template_form": TemplateForm(),
        "callback": callback_of(request.account),
        **pages,
    }
    return render_page(request, "binding/list.html", context)


@action
def template_new(request: ConsoleRequest) -> HttpResponse:
    form = TemplateForm(request.POST)
    if made := save_form(
        form, lambda: services.create_template(account=request.account, now=request.now, **form.cleaned_data)
    ):
        messages.success(request, _("The template %(name)s is created.") % {"name": made.name})
    else:
        messages.error(request, str(next(iter(form.errors.values()))[0]))
    return redirect("binding:list")


@action
def template_delete(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(selectors.templates(account=request.account), pk=pk)
    services.delete_template(template=found)
    messages.success(request, _("The template %(name)s is deleted, and its links with it.") % {"name": found.name})
    return redirect("binding:list")


@form_page
def open_as(request: ConsoleRequest, pk: int) -> HttpResponse:
    """A contact of the account opens the link."""
    link = get_object_or_404(selectors.links(account=request.account), pk=pk)
    form = ContactReferenceForm(request.account, request.POST or None)
    if bound := save_form(form, lambda: _opened(link, form, request.now)):
        if bound.delivery is None:
            text = _("%(name)s is bound. No callback was sent, since no address is set for it.")
            messages.success(request, text % {"name": bound.contact})
            return redirect("binding:list")
        messages.success(request, _("%(name)s is bound. This is the callback.") % {"name": bound.contact})
        return redirect("console:delivery", bound.delivery.pk)
    return render_page(request, "binding/open.html", {"form": form, "link": link})


def _opened(link: BindLink, form: ContactReferenceForm, now: datetime) -> services.Bound:
    return services.open_link(link=link, line_uid=form.cleaned_data["contact"].line_uid, now=now)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def opened(request: HttpRequest, code: str) -> HttpResponse:
    """The page behind a link's address, without log-in: whoever has the link may open it, as with MAAC."""
    now = datetime.now(UTC)
    link = selectors.link_by_code(code=code, now=now)
    if link is None:
        raise Http404
    form = OpenForm(request.POST if request.method == "POST" else None)
    bound = save_form(form, lambda: services.open_link(link=link, **form.cleaned_data, now=now))
    context = {"link": link, "form": form, "bound": bound}
    return render(request, "binding/opened.html", context, status=410 if link.is_used_up and not bound else 200)
