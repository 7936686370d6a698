"""The forms about accounts, licences, people and tokens. The services validate the values."""

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from console.webhooks.forms import WaitsField
from maac_contract.contract import DEFAULT_TIME_ZONE, ZONES

YEARS = range(2000, 2101)
"""Well inside the range of datetime, which a conversion between time zones must not exceed."""


def time_zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones())]


class LocalDateTimeField(forms.DateTimeField):
    """A date and time in the active time zone."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S")

    def to_python(self, value: Any) -> datetime | None:
        local: datetime | None = super().to_python(value)
        if local and local.year not in YEARS:
            raise ValidationError(_("Give a year from 2000 to 2100."))
        return local


class NameField(forms.CharField):
    def __init__(self, **options: object) -> None:
        super().__init__(max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"}), **options)  # type: ignore[arg-type]


class TokenForm(forms.Form):
    """Only customer support is offered a token with its own right."""

    name = NameField(label=_("Name"))
    operates = forms.BooleanField(
        label=_("With the right of customer support"),
        help_text=_("It may change the plan, licences and add-ons of every account. For customer support's own tools."),
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, *, offers_operating: bool = False) -> None:
        super().__init__(data)
        if not offers_operating:
            del self.fields["operates"]


class NewAccountForm(forms.Form):
    name = NameField(label=_("Name"))
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zones,
        initial=DEFAULT_TIME_ZONE,
        help_text=_("Events are stamped in it, and the console shows times in it."),
    )
    plan = forms.ChoiceField(
        label=_("Plan"),
        choices=Account.Plan.choices,
        initial=Account.Plan.MARKETING,
        help_text=_("Webhook is an add-on to the marketing plan."),
    )


class AccountForm(NewAccountForm):
    endpoint_limit = forms.IntegerField(
        label=_("Running endpoints"),
        help_text=_("How many may run at a time. Add-ons that are valid are added to it."),
    )
    retry_waits = WaitsField(
        help_text=_(
            "Seconds before each retry, such as 0.01, 0.02, 0.04 for quick tests; none for no retry. "
            "Empty: those of this simulator. Waits of an endpoint's own come first."
        )
    )


class PeriodForm(forms.Form):
    valid_from = LocalDateTimeField(label=_("Valid from"))
    valid_until = LocalDateTimeField(label=_("Valid until"))

    def values(self) -> dict[str, Any]:
        """The cleaned values; an unchanged time keeps its microseconds, which the widget does not show."""
        read = self.cleaned_data
        return {name: read[name] if name in self.changed_data else self.initial.get(name, read[name]) for name in read}


class ZoneForm(PeriodForm):
    zone = forms.TypedChoiceField(
        label=_("Zone"),
        coerce=int,
        choices=lambda: [(zone, _("Webhook zone %(zone)s") % {"zone": zone}) for zone in ZONES],
    )
    field_order = ("zone", "valid_from", "valid_until")


class AddOnForm(PeriodForm):
    extra_endpoints = forms.IntegerField(
        label=_("More running endpoints"), initial=1, help_text=_("As many more may run for as long as it is valid.")
    )
    field_order = ("extra_endpoints", "valid_from", "valid_until")


class PersonForm(forms.Form):
    username = forms.CharField(
        label=_("User name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
