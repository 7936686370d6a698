"""Fields that the tools' forms share."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from webhooks import selectors
from webhooks.models import Endpoint


class EndpointChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the account's endpoints; or none, and then what it would give is filled in by hand."""

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
    """Text that is never shown again; every character of it counts."""

    def __init__(self, **options: Any) -> None:
        attributes = {"class": "mono", "autocomplete": "off", "spellcheck": "false"}
        super().__init__(required=False, strip=False, widget=forms.PasswordInput(attrs=attributes), **options)
