"""The console's forms of messages. Which values are allowed is for the rules to say."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from modules.contacts.contact_fields import ContactReferenceForm
from modules.messages import rules, selectors
from modules.messages.models import MessageEvent, Template

LINE_ANSWERS = [
    (rules.SUCCESS, _("Takes its messages")),
    (rules.TIMEOUT, _("Does not answer in time")),
    (rules.ERROR, _("Answers with an error")),
]


class TemplateForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=rules.NAME_LIMIT)
    parameters = forms.CharField(
        label=_("Parameters"),
        required=False,
        help_text=_("Names of what each recipient's message is filled with, separated by commas."),
    )
    line_answer = forms.ChoiceField(
        label=_("LINE"),
        choices=LINE_ANSWERS,
        initial=rules.SUCCESS,
        help_text=_("To try out what happens if it fails."),
    )

    def fields_given(self) -> dict[str, Any]:
        names = self.cleaned_data["parameters"].split(",")
        return {**self.cleaned_data, "parameters": [name.strip() for name in names if name.strip()]}

    @staticmethod
    def initial_of(template: Template) -> dict[str, Any]:
        parameters = ", ".join(template.parameters)
        return {"name": template.name, "parameters": parameters, "line_answer": template.line_answer}


class BroadcastForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=rules.NAME_LIMIT)
    template = forms.ModelChoiceField(label=_("Template"), queryset=Template.objects.none(), empty_label=None)
    tag = forms.CharField(
        label=_("Tag"),
        max_length=50,
        required=False,
        help_text=_("Only contacts with this tag. Left empty, it goes to everybody who has not blocked the account."),
    )

    def __init__(self, account: Account, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template"].queryset = selectors.templates(account=account)  # type: ignore[attr-defined]


class PushForm(ContactReferenceForm):
    """A message of one template to one contact; a field for each parameter that the template has."""

    event = forms.ModelChoiceField(
        label=_("Message event"),
        queryset=MessageEvent.objects.none(),
        required=False,
        empty_label=_("None: its opens publish no event"),
    )

    def __init__(self, account: Account, template: Template, *args: Any, **kwargs: Any) -> None:
        super().__init__(account, *args, **kwargs)
        self.fields["event"].queryset = selectors.events(account=account).filter(is_archived=False)  # type: ignore[attr-defined]
        for name in template.parameters:
            self.fields[f"data.{name}"] = forms.CharField(label=name, max_length=rules.VALUE_LIMIT, required=False)

    def fields_given(self) -> dict[str, Any]:
        given = self.cleaned_data
        values = {name.removeprefix("data."): text for name, text in given.items() if name.startswith("data.")}
        return {"line_uid": given["contact"].line_uid, "event": given["event"], "values": values}


class EventForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=rules.NAME_LIMIT)
