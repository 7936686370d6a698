"""Form fields shared by the tools."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from webhooks import selectors
from webhooks.models import Endpoint


class EndpointChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the account's endpoints; or none, and the values are entered by hand."""

    def __init__(self, account: Account, *, otherwise: str) -> None:
        super().__init__(
            queryset=selectors.endpoints(account=account),
            required=False,
            label=_("Endpoint"),
            empty_label=otherwise,
        )

    def label_from_instance(self, obj: Endpoint) -> str:
        return f"{obj.name} · {obj.url}"


class SecretField(forms.CharField):
    """A secret: never shown again, and not stripped."""

    def __init__(self, **options: Any) -> None:
        attributes = {"class": "mono", "autocomplete": "off", "spellcheck": "false"}
        super().__init__(required=False, strip=False, widget=forms.PasswordInput(attrs=attributes), **options)
