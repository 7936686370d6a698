"""API > Binding callback: its address and preset headers, a test, a check of its receiver."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.base import ConsoleRequest, action, form_page, render_page, save_form
from console.webhooks.forms import EMPTY_ROWS, HeadersField
from maac_contract.binding_callback import CALLBACK_FIELDS, callback_body, callback_sample
from receiver_check.run import Options
from webhooks import selectors
from webhooks.engine.addresses import URL_LENGTH
from webhooks.engine.extra_headers import EXTRA_HEADERS
from webhooks.models import Endpoint
from webhooks.secrets import SecretUnreadable
from webhooks.services import callback, checks

NEWEST = 5
EXAMPLE_SEED = 1


class CallbackForm(forms.Form):
    """The address and the preset headers. A masked value is left as it is."""

    url = forms.CharField(
        label=gettext_lazy("Callback URL"),
        help_text=gettext_lazy("Where your engineer's receiver takes binding callbacks."),
        widget=forms.TextInput(
            attrs={
                "class": "mono",
                "inputmode": "url",
                "spellcheck": "false",
                "autocomplete": "off",
                "maxlength": URL_LENGTH,
                "placeholder": "https://example.com/binding",
            }
        ),
    )
    headers = HeadersField(
        label=gettext_lazy("Preset headers"),
        help_text=gettext_lazy(
            "The receiver recognises MAAC by them, as there is no signature; MAAC's sample is x-api-key. Their values "
            "are stored encrypted and never shown again."
        ),
        required=False,
    )
    verify_tls = forms.BooleanField(label=gettext_lazy("Check the certificate (TLS)"), required=False, initial=True)

    @property
    def header_rows(self) -> list[tuple[str, str]]:
        """The headers, and some empty rows for more."""
        value = self["headers"].value() or {}
        pairs = list(value.items()) if isinstance(value, dict) else list(value)
        return pairs + [("", "")] * max(0, min(EMPTY_ROWS, EXTRA_HEADERS - len(pairs)))


@form_page
def settings_page(request: ConsoleRequest) -> HttpResponse:
    found = callback.callback_of(request.account)
    form = CallbackForm(request.POST if request.method == "POST" else None, initial=_initial(found))
    if save_form(form, lambda: _save(request, form)):
        messages.success(request, _("Saved."))
        return redirect("console:callback")
    context: dict[str, Any] = {
        "form": form,
        "callback": found,
        "fields": CALLBACK_FIELDS.fields,
        "sample": callback_body(callback_sample(EXAMPLE_SEED)),
        "newest": selectors.last_deliveries(endpoint=found, count=NEWEST) if found else [],
        "header_limit": EXTRA_HEADERS,
    }
    return render_page(request, "console/webhooks/callback.html", context)


@action
def test(request: ConsoleRequest) -> HttpResponse:
    """Send a sample; the page of the delivery shows what comes of it."""
    delivery = callback.send_test_callback(account=request.account, now=request.now)
    return redirect("console:delivery", delivery.pk)


@action
def check(request: ConsoleRequest) -> HttpResponse:
    found = callback.callback_of(request.account)
    if found is None:
        raise callback.no_callback()
    try:
        started = checks.start_for_callback(
            callback=found, options=Options(seed=""), now=request.now, actor=request.actor
        )
    except SecretUnreadable:
        messages.error(request, _("The preset headers cannot be decrypted. Enter them again."))
        return redirect("console:callback")
    return redirect("console:check", started.pk)


@action
def remove(request: ConsoleRequest) -> HttpResponse:
    callback.remove_callback(account=request.account, now=request.now, actor=request.actor)
    messages.success(request, _("The address is removed. No binding callback is sent any more."))
    return redirect("console:callback")


def _initial(found: Endpoint | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {"url": found.url, "headers": callback.masked_headers(found), "verify_tls": found.verify_tls}


def _save(request: ConsoleRequest, form: CallbackForm) -> Endpoint:
    given = form.cleaned_data
    return callback.set_callback(account=request.account, **given, now=request.now, actor=request.actor)
