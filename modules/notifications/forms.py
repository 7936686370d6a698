"""The console's forms of notifications."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.notifications import rules
from modules.notifications.models import Conditions, Template

STATUSES = [(rules.ACTIVE, _("Active")), (rules.INACTIVE, _("Inactive"))]
VENDOR_STATES = [
    (rules.UP, _("Works")),
    (rules.RECOVERS, _("Is down for a while, then delivers")),
    (rules.DOWN, _("Is down")),
    (rules.SILENT, _("Accepts messages, but sends no delivery reports")),
]


class TemplateForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=rules.NAME_LIMIT)
    status = forms.ChoiceField(label=_("Status"), choices=STATUSES, initial=rules.ACTIVE)
    line_push_enabled = forms.BooleanField(label=_("LINE push, first"), required=False)
    pnp_enabled = forms.BooleanField(label=_("Notification message (PNP), next"), required=False, initial=True)
    fallback_enabled = forms.BooleanField(label=_("SMS, where LINE could not deliver"), required=False, initial=True)
    fallback_period = forms.IntegerField(
        label=_("Minutes before SMS follows"),
        min_value=0,
        max_value=rules.LONGEST_FALLBACK,
        initial=rules.FALLBACK_PERIOD,
    )
    parameters = forms.CharField(
        label=_("Parameters of the notification message"), required=False, help_text=_("Names, separated by commas.")
    )
    sms_parameters = forms.CharField(
        label=_("Parameters of the SMS"), required=False, help_text=_("Names, separated by commas.")
    )

    def fields_given(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        for name in ("parameters", "sms_parameters"):
            given[name] = [part.strip() for part in given[name].split(",") if part.strip()]
        return given

    @staticmethod
    def initial_of(template: Template) -> dict[str, Any]:
        lists = {name: ", ".join(getattr(template, name)) for name in ("parameters", "sms_parameters")}
        return {**{name: getattr(template, name) for name in TemplateForm.base_fields}, **lists}


class MessageForm(forms.Form):
    """A message of one template; a field for each parameter that the template has."""

    phone_number = forms.CharField(
        label=_("Phone number"),
        max_length=64,
        widget=forms.TextInput(attrs={"list": "magic-numbers", "inputmode": "tel", "autocomplete": "off"}),
        help_text=_("Such as +886912345678, or a magic number; a SHA-256 where the template has SMS off."),
    )
    line_push_template_id = forms.IntegerField(
        label=_("LINE push template"),
        required=False,
        min_value=1,
        help_text=_("The id of a message template. Left empty, LINE push is not tried."),
    )
    event_id = forms.IntegerField(label=_("Message event"), required=False, min_value=1, help_text=_("An event's id."))
    customized_id = forms.CharField(label=_("Your own mark"), required=False, max_length=rules.NAME_LIMIT)

    def __init__(self, template: Template, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.template = template
        if not template.line_push_enabled:
            del self.fields["line_push_template_id"]
        for channel, name, label in self._parameters():
            self.fields[f"{channel}.{name}"] = forms.CharField(
                label=label % {"name": name}, max_length=rules.VALUE_LIMIT
            )

    def _parameters(self) -> list[tuple[str, str, Any]]:
        pnp = [("pnp", name, _("Notification message: %(name)s")) for name in self.template.parameters]
        sms = [("sms", name, _("SMS: %(name)s")) for name in self.template.sms_parameters]
        return (pnp if self.template.pnp_enabled else []) + (sms if self.template.fallback_enabled else [])

    def fields_given(self) -> dict[str, Any]:
        given: dict[str, Any] = {"pnp": {}, "sms": {}}
        for name, value in self.cleaned_data.items():
            channel, dot, parameter = name.partition(".")
            if dot:
                given[channel][parameter] = value
            else:
                given[name] = value if value != "" else None
        return given


class BindingForm(forms.Form):
    """Who was bound through a message."""

    contact = forms.CharField(
        label=_("LINE UID of the contact"), max_length=33, help_text=_("Who tapped the notification.")
    )
    source = forms.ChoiceField(label=_("By"), choices=[("pnp", _("Notification message")), ("sms", _("SMS"))])


class ConditionsForm(forms.Form):
    line_push_monthly_limit = forms.IntegerField(
        label=_("LINE pushes a month"),
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text=_("Left empty, there is no limit."),
    )
    sms_vendor = forms.ChoiceField(label=_("The SMS vendor"), choices=VENDOR_STATES)
    sensitive_words = forms.CharField(
        label=_("Sensitive words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line. An SMS with one of them fails."),
    )
    blocked_numbers = forms.CharField(
        label=_("Numbers on the carriers' blocked list"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line."),
    )
    numbers_off = forms.CharField(
        label=_("Phones that are off"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One number a line."),
    )
    lists = ("sensitive_words", "blocked_numbers", "numbers_off")

    def fields_given(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        for name in self.lists:
            given[name] = list(dict.fromkeys(line.strip() for line in given[name].splitlines() if line.strip()))
        return given

    @classmethod
    def initial_of(cls, conditions: Conditions) -> dict[str, Any]:
        lists = {name: "\n".join(getattr(conditions, name)) for name in cls.lists}
        return {**{name: getattr(conditions, name) for name in cls.base_fields}, **lists}
