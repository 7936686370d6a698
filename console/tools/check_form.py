"""The form to check a receiver. The service validates the values."""

from typing import Any, NamedTuple

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from console.tools.fields import EndpointChoice, SecretField
from maac_contract import contract
from receiver_check.probes import GROUPS, PROBES
from receiver_check.probes.probe import Probe
from receiver_check.run import Options
from webhooks.engine.addresses import URL_LENGTH
from webhooks.models import Check
from webhooks.services.checks import LONGEST, options_of

ALL = list(PROBES)
SECONDS = {"step": "any", "inputmode": "decimal"}


class CheckForm(forms.Form):
    """One of the account's endpoints, or a URL with its secret; which probes; and how."""

    url = forms.CharField(
        label=_("URL of the receiver"),
        required=False,
        widget=forms.TextInput(
            attrs={
                "class": "mono",
                "inputmode": "url",
                "spellcheck": "false",
                "autocomplete": "off",
                "maxlength": URL_LENGTH,
                "placeholder": "http://127.0.0.1:9000/webhook",
            }
        ),
    )
    secret = SecretField(label=_("Share Secret"), help_text=_("It is forgotten as soon as the check is over."))
    previous_secret = SecretField(
        label=_("Previous share secret"),
        help_text=_("Must be refused. Leave it empty if there is none."),
    )
    effects_url = forms.CharField(
        label=_("URL that counts the work"),
        required=False,
        help_text=_(
            "Answers how often the work of the idempotency key that stands in place of {key} was done. Without it the "
            "check cannot see whether the work was done twice."
        ),
        widget=forms.TextInput(
            attrs={
                "class": "mono",
                "inputmode": "url",
                "spellcheck": "false",
                "autocomplete": "off",
                "maxlength": URL_LENGTH,
                "placeholder": "http://127.0.0.1:9000/effects/{key}",
            }
        ),
    )
    verify_tls = forms.BooleanField(label=_("Check the certificate (TLS)"), required=False, initial=True)
    run = forms.MultipleChoiceField(
        label=_("Probes"),
        choices=[(name, name) for name in ALL],
        initial=ALL,
        error_messages={"required": _("Choose at least one probe.")},
    )
    allow = forms.MultipleChoiceField(choices=[(name, name) for name in ALL], required=False)
    timeout = forms.FloatField(
        label=_("Seconds for each answer"),
        initial=contract.ATTEMPT_TIMEOUT,
        min_value=0.1,
        max_value=60,
        widget=forms.NumberInput(attrs=SECONDS),
    )
    time_limit = forms.FloatField(
        label=_("Seconds for the whole check"),
        initial=LONGEST,
        min_value=1,
        max_value=LONGEST,
        widget=forms.NumberInput(attrs=SECONDS),
    )
    seed = forms.CharField(
        label=_("Seed"),
        required=False,
        max_length=100,
        initial=Options().seed,
        help_text=_("The same seed makes events with the same data; their keys are new in each check."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, account: Account, data: QueryDict | None = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["endpoint"] = EndpointChoice(account, otherwise=gettext("Another receiver"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("endpoint") and "endpoint" not in self.errors:
            for name in ("url", "secret"):
                if not given.get(name):
                    self.add_error(name, gettext("Fill this in, or choose an endpoint."))
        return given

    def options(self) -> Options:
        given = self.cleaned_data
        chosen = given["run"]
        return Options(
            seed=given["seed"],
            only=() if len(chosen) == len(ALL) else tuple(chosen),
            allow=tuple(given["allow"]),
            timeout=given["timeout"],
            time_limit=given["time_limit"],
            verify_tls=given["verify_tls"],
            previous_secret=given["previous_secret"] or None,
        )


class Row(NamedTuple):
    """A probe with its checkboxes."""

    id: str
    title: str
    is_run: bool
    is_allowed: bool


def probe_groups(form: CheckForm) -> list[dict[str, Any]]:
    """Every probe, in groups, with its current selection."""
    run, allow = (set(form[name].value() or ()) for name in ("run", "allow"))
    rows = {probe.id: Row(probe.id, _title(probe), probe.id in run, probe.id in allow) for probe in PROBES.values()}
    return [{"title": gettext(title), "rows": [rows[each.id] for each in group]} for title, group in GROUPS.items()]


def _title(probe: Probe) -> str:
    return gettext(probe.title) % {"topic": probe.topic} if probe.topic else gettext(probe.title)


def as_asked(check: Check) -> dict[str, Any]:
    """Initial values to repeat a check; a typed secret is not stored, so it stays empty."""
    options = options_of(check)
    endpoint = check.endpoint_id
    return {
        "endpoint": endpoint,
        "url": "" if endpoint else check.url,
        "effects_url": check.options.get("effects_url", ""),
        "verify_tls": options.verify_tls,
        "run": [name for name in options.only if name in PROBES] or ALL,
        "allow": [name for name in options.allow if name in PROBES],
        "timeout": options.timeout,
        "time_limit": options.time_limit,
        "seed": options.seed,
    }
