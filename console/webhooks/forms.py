"""The forms of API > Webhook. The services validate the values."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.selectors import ZonePeriod
from maac_contract.contract import TOPICS, topics_of_zone
from webhooks.engine.addresses import URL_LENGTH
from webhooks.engine.extra_headers import EXTRA_HEADERS
from webhooks.models import Endpoint
from webhooks.retry_waits import are_waits, waits_fault

EMPTY_ROWS = 2
"""Empty rows for new headers; a script adds more."""
ADVANCED = ("verify_tls", "host_override", "extra_headers", "retry_waits")
NO_RETRY = "none"
"""The input for no retry."""


class HeaderRows(forms.Widget):
    """Rows of a name and a value. Empty rows are ignored."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[tuple[str, str]]:  # noqa: ARG002
        if not isinstance(data, QueryDict):
            return []
        pairs = zip(data.getlist(f"{name}_name"), data.getlist(f"{name}_value"), strict=False)
        return [(header.strip(), value) for header, value in pairs if header.strip() or value]


class HeadersField(forms.Field):
    """A mapping of header names to values, entered in rows."""

    widget = HeaderRows

    def clean(self, value: list[tuple[str, str]]) -> dict[str, str]:
        headers: dict[str, str] = {}
        for name, text in value:
            if name in headers:
                fault = gettext("%(name)s is there twice; the case of letters makes no difference.")
                raise forms.ValidationError(fault % {"name": name})
            headers[name] = text
        return headers


class WaitsField(forms.CharField):
    """Seconds before each retry, as a list of numbers; empty for None."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autocomplete": "off"})
        super().__init__(label=_("Retry waits"), required=False, widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return ", ".join(f"{wait:g}" for wait in value) or NO_RETRY
        return value

    def clean(self, value: Any) -> list[float] | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            waits = [] if text.lower() == NO_RETRY else [float(part) for part in text.split(",")]
        except ValueError as error:
            raise forms.ValidationError(waits_fault()) from error
        if not are_waits(waits):
            raise forms.ValidationError(waits_fault())
        return waits


class EndpointForm(forms.Form):
    """All settings of an endpoint."""

    name = forms.CharField(
        label=_("Webhook endpoint name"),
        max_length=100,
        help_text=_("For people: who receives, and what for."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    url = forms.CharField(
        label=_("Webhook endpoint URL"),
        help_text=_("Where your engineer's receiver takes POST requests."),
        strip=True,
        widget=forms.TextInput(
            attrs={
                "class": "mono",
                "inputmode": "url",
                "spellcheck": "false",
                "autocomplete": "off",
                "maxlength": URL_LENGTH,
                "placeholder": "https://example.com/webhook",
            }
        ),
    )
    event_types = forms.MultipleChoiceField(
        label=_("Event types"),
        choices=[(topic, topic) for topic in TOPICS],
        error_messages={"required": _("Choose at least one event type.")},
    )
    verify_tls = forms.BooleanField(
        label=_("Check the certificate (TLS)"),
        help_text=_("Switch it off only for a receiver under development with a self-signed certificate."),
        required=False,
        initial=True,
    )
    host_override = forms.CharField(
        label=_("Host header"),
        help_text=_("Sent in place of the URL's host, for a receiver behind a virtual host. A port may follow."),
        required=False,
        widget=forms.TextInput(
            attrs={"class": "mono", "spellcheck": "false", "autocomplete": "off", "placeholder": "crm.example.com:8443"}
        ),
    )
    extra_headers = HeadersField(
        label=_("Extra headers"),
        help_text=_("Sent after MAAC's own headers, ten at most. The log of attempts shows them."),
        required=False,
    )

    retry_waits = WaitsField(
        help_text=_(
            "Seconds before each retry, such as 0.01, 0.02, 0.04 for quick tests; none for no retry. "
            "Empty: as MAAC does, 1, 2, 4, unless your account or this simulator says otherwise."
        )
    )

    @property
    def is_advanced(self) -> bool:
        """Whether an advanced setting differs from its default or has an error."""
        checked, *others = (self[name].value() for name in ADVANCED)
        has_waits = self["retry_waits"].value() is not None
        return not checked or has_waits or any(others) or any(self[name].errors for name in ADVANCED)

    @property
    def header_rows(self) -> list[tuple[str, str]]:
        """The extra headers, and some empty rows for more."""
        value = self["extra_headers"].value() or {}
        pairs = list(value.items()) if isinstance(value, Mapping) else list(value)
        return pairs + [("", "")] * max(0, min(EMPTY_ROWS, EXTRA_HEADERS - len(pairs)))


def values_of(endpoint: Endpoint) -> dict[str, Any]:
    """Initial values of the form for an existing endpoint."""
    return {field: getattr(endpoint, field) for field in ("name", "url", "event_types", *ADVANCED)}


def choices_by_zone(form: EndpointForm, periods: list[ZonePeriod], held: Sequence[str]) -> list[dict[str, Any]]:
    """The event types by zone. Without a licence, a subscribed type can still be removed but no type added."""
    chosen = form["event_types"].value() or []
    return [
        {
            "period": period,
            "topics": [
                {
                    "topic": topic,
                    "is_chosen": topic.name in chosen,
                    "is_locked": not period.is_licensed and topic.name not in held,
                }
                for topic in topics_of_zone(period.zone)
            ],
        }
        for period in periods
    ]


class DeleteForm(forms.Form):
    """Asks for the endpoint's name as a confirmation."""

    confirmation = forms.CharField(
        label=_("Type the name to delete it"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, endpoint: Endpoint, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self._name = endpoint.name

    def clean_confirmation(self) -> str:
        typed: str = self.cleaned_data["confirmation"]
        if unicodedata.normalize("NFC", typed) != unicodedata.normalize("NFC", self._name):
            raise forms.ValidationError(gettext("That is not the name of this endpoint."))
        return typed
