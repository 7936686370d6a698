"""Tools > Explain a signature: find the receiver's mistake from the body, the secret and the digest or headers."""

import re
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from console.base import ConsoleRequest, form_page, render_page, save_form
from console.tools.fields import EndpointChoice, SecretField
from maac_contract.protocol import HEADER_SIGNATURE
from receiver_check.explain import Explanation
from receiver_check.findings import UNKNOWN
from receiver_check.translated import explanation_in
from webhooks import selectors
from webhooks.ids import is_id
from webhooks.secrets import SecretUnreadable
from webhooks.services.explain import BODY_LIMIT, Headers, explain_signature, secrets_of

PLAIN_TEXT = {"class": "mono", "spellcheck": "false", "autocomplete": "off"}


class ExplainForm(forms.Form):
    """The request's body, the secret, and either the computed digest or the received headers."""

    body = forms.CharField(
        label=_("Body"),
        required=False,
        strip=False,
        help_text=_("As your receiver got it. A file keeps every byte; a text field changes line breaks."),
        widget=forms.Textarea(attrs={**PLAIN_TEXT, "rows": 8}),
    )
    body_file = forms.FileField(label=_("Body as a file"), required=False, allow_empty_file=True)
    secret = SecretField(label=_("Share Secret"), help_text=_("It is used for this one answer and kept nowhere."))
    computed = forms.CharField(
        label=_("What your receiver computed"),
        required=False,
        strip=False,
        help_text=_("The digest just before it is compared, as it is."),
        widget=forms.TextInput(attrs=PLAIN_TEXT),
    )
    headers = forms.CharField(
        label=_("Or the headers that it got"),
        required=False,
        help_text=format_lazy(_("A line each, such as {header}: 6b1f…"), header=HEADER_SIGNATURE),
        widget=forms.Textarea(attrs={**PLAIN_TEXT, "rows": 4}),
    )

    def __init__(
        self,
        account: Account,
        data: QueryDict | None = None,
        files: "MultiValueDict[str, Any] | None" = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, files, initial=initial)
        self.fields["endpoint"] = EndpointChoice(account, otherwise=gettext("Type the secret"))

    def clean_body_file(self) -> Any:
        file = self.cleaned_data["body_file"]
        if file and file.size > BODY_LIMIT:
            fault = gettext("The file is larger than %(limit)d KiB; the command line explains larger ones.")
            raise forms.ValidationError(fault % {"limit": BODY_LIMIT // 1024})
        return file

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("body") and given.get("body_file"):
            self.add_error("body_file", gettext("Give the body as text or as a file, not both."))
        if not given.get("endpoint") and not given.get("secret") and "endpoint" not in self.errors:
            self.add_error("secret", gettext("Fill this in, or choose an endpoint."))
        return given

    def body_bytes(self) -> bytes:
        """Browsers submit every line break of a text field as CRLF, so they are normalised to LF."""
        file = self.cleaned_data["body_file"]
        if file:
            return bytes(file.read())
        return re.sub("\r\n?", "\n", self.cleaned_data["body"]).encode(errors="replace")

    def header_lines(self) -> Headers | None:
        """Lines without a colon, such as the request line, are ignored."""
        pairs = [line.partition(":") for line in self.cleaned_data["headers"].splitlines()]
        return [(name.strip(), value.strip()) for name, colon, value in pairs if colon] or None


@form_page
def explain(request: ConsoleRequest) -> HttpResponse:
    """An htmx request gets the explanation only, so that the form keeps its values."""
    is_sent = request.method == "POST"
    data, files = (request.POST, request.FILES) if is_sent else (None, None)
    form = ExplainForm(request.account, data, files, _initial(request))
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        context |= _explained(form)
    if is_sent and request.headers.get("HX-Request") == "true":
        return render(request, "console/tools/explanation.html", {**context, "is_sent": True})
    return render_page(request, "console/tools/explain.html", {**context, "is_sent": is_sent})


def _explained(form: ExplainForm) -> dict[str, Any]:
    body = form.body_bytes()
    try:
        found = save_form(form, lambda: _find(form, body))
    except SecretUnreadable:
        form.add_error("endpoint", gettext("The share secret cannot be decrypted with the keys of this simulator."))
        return {}
    if found is None:
        return {}
    return {
        "explanation": explanation_in(found, gettext),
        "tone": _tone(found),
        "computed": form.cleaned_data["computed"],
        "size": len(body),
        "may_differ": not form.cleaned_data["body_file"] and b"\n" in body,
    }


def _find(form: ExplainForm, body: bytes) -> Explanation:
    given = form.cleaned_data
    secret, others = secrets_of(given["endpoint"]) if given["endpoint"] else (given["secret"], ())
    return explain_signature(
        body=body,
        secret=secret,
        other_secrets=others,
        computed=given["computed"] or None,
        headers=form.header_lines(),
    )


def _tone(explanation: Explanation) -> str:
    if explanation.is_valid:
        return "good"
    return "warn" if explanation.code == UNKNOWN.code else "bad"


def _initial(request: ConsoleRequest) -> dict[str, Any]:
    """Initial values: the body of a delivery (`?delivery=`), or the endpoint (`?endpoint=`)."""
    delivery, endpoint = request.GET.get("delivery", ""), request.GET.get("endpoint", "")
    if is_id(delivery):
        found = selectors.deliveries(account=request.account).filter(pk=int(delivery)).first()
        return {"body": found.event.body, "endpoint": found.endpoint_id} if found else {}
    return {"endpoint": int(endpoint)} if is_id(endpoint) else {}
