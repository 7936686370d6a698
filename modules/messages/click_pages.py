"""Tracked links of templates, and clicks on them, in the console."""

from typing import Any

from django import forms
from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account
from console.base import ConsoleRequest, action, form_page, render_page, save_form
from modules.contacts.contact_fields import ContactReferenceForm
from modules.messages import clicks, rules, selectors
from modules.messages.models import DirectMessage, TrackedLink


class LinkForm(forms.Form):
    url = forms.CharField(label=gettext_lazy("Address"), required=False, max_length=rules.VALUE_LIMIT)
    keyword = forms.CharField(
        label=gettext_lazy("Or a trigger keyword"),
        required=False,
        max_length=rules.NAME_LIMIT,
        help_text=gettext_lazy("The text that a tap on a button sends."),
    )
    utm_campaign = forms.CharField(label="utm_campaign", required=False, max_length=rules.NAME_LIMIT)
    utm_source = forms.CharField(label="utm_source", required=False, max_length=rules.NAME_LIMIT)
    utm_medium = forms.CharField(label="utm_medium", required=False, max_length=rules.NAME_LIMIT)
    utm_content = forms.CharField(label="utm_content", required=False, max_length=rules.NAME_LIMIT)
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        help_text=gettext_lazy("Whoever clicks gets them. Separated by commas."),
    )

    def clean_tags(self) -> list[str]:
        return [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]


class ClickForm(ContactReferenceForm):
    link = forms.ModelChoiceField(
        label=gettext_lazy("Link or keyword"), queryset=TrackedLink.objects.none(), empty_label=None
    )
    adds_to_cart = forms.IntegerField(
        label=gettext_lazy("Products put into the cart"), min_value=0, max_value=1_000_000, initial=0
    )
    transactions = forms.IntegerField(label=gettext_lazy("Purchases"), min_value=0, max_value=1_000_000, initial=0)
    transaction_revenue = forms.FloatField(
        label=gettext_lazy("Sum of the purchases"), min_value=0, max_value=1e12, initial=0
    )

    def __init__(self, account: Account, message: DirectMessage, *args: Any, **kwargs: Any) -> None:
        super().__init__(account, *args, **kwargs)
        self.fields["link"].queryset = message.template.links.order_by("id")  # type: ignore[attr-defined]


@form_page
def link_add(request: ConsoleRequest, pk: int) -> HttpResponse:
    """The tracked links and keywords of a template, and the form that adds one."""
    template = get_object_or_404(selectors.templates(account=request.account), pk=pk)
    form = LinkForm(request.POST or None)
    if save_form(form, lambda: clicks.add_link(template=template, **form.cleaned_data)):
        notes.success(request, _("Saved."))
        return redirect("messages:link_add", pk)
    context = {"template": template, "form": form, "links": template.links.order_by("id")}
    return render_page(request, "messages/links.html", context)


@action
def link_delete(request: ConsoleRequest, pk: int, link_pk: int) -> HttpResponse:
    template = get_object_or_404(selectors.templates(account=request.account), pk=pk)
    get_object_or_404(template.links, pk=link_pk).delete()
    return redirect("messages:link_add", pk)


@form_page
def click(request: ConsoleRequest, pk: int) -> HttpResponse:
    """A contact clicks a link of the message."""
    message = get_object_or_404(selectors.direct_messages(account=request.account), pk=pk)
    form = ClickForm(request.account, message, request.POST or None)
    if made := save_form(form, lambda: clicks.click(message=message, now=request.now, **form.cleaned_data)):
        if made.event_id:
            notes.success(request, _("The click is counted in the report of the message event."))
        else:
            notes.info(request, _("The click is stored, but no report counts it: MAAC does not track this message."))
        return redirect("messages:click", pk)
    context = {"message": message, "form": form, "clicks": clicks.clicks_of(message=message)[:30]}
    return render_page(request, "messages/click.html", context)
