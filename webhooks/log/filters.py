"""The filters of the delivery log as query parameters, for the console, the REST API and its schema.

Unknown parameters are errors.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from maac_contract.binding_callback import CALLBACK
from maac_contract.contract import TOPICS
from webhooks.datetimes import EARLIEST, read_datetime
from webhooks.engine.job import Reason
from webhooks.engine.lifecycle import SkipReason, Status
from webhooks.log.search import Criteria

LARGEST_ID = 2**63 - 1
KEY_LENGTH = 32
KEY_BEGINS_WITH = 4
"""Digits of a key's beginning, at least: fewer would match too many keys."""
TEXT_LENGTH = 200
NAME_SHOWN = 50

_AGO = re.compile(r"(\d{1,4})([mhd])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

REASONS = (*Reason, *SkipReason)
"""The reasons of deliveries and attempts."""


class IdField(forms.IntegerField):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=LARGEST_ID, **options)


class OneOf(forms.TypedChoiceField):
    def __init__(self, values: Iterable[str], **options: Any) -> None:
        self.values = [str(each) for each in values]
        super().__init__(choices=[("", ""), *((each, each) for each in self.values)], **options)


class YesOrNo(OneOf):
    """`true` or `false`; None if it is missing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(["true", "false"], coerce=lambda text: text == "true", empty_value=None, **options)


class DateTimeField(forms.CharField):
    """A date and time, in `zone` unless it has an offset; or a duration before `now`: `15m`, `24h`, `7d`."""

    zone: tzinfo = UTC
    now: datetime

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        if ago := _AGO.fullmatch(text):
            return max(self.now - timedelta(**{_UNITS[ago[2]]: int(ago[1])}), EARLIEST)
        try:
            # An offset's plus that was not escaped arrives as a space.
            return read_datetime(text.replace(" ", "+") if "T" in text else text, self.zone)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class KeyField(forms.CharField):
    """An idempotency key, or its beginning."""

    def clean(self, value: Any) -> str:
        key: str = super().clean(value).lower().replace("-", "")
        if key and not re.fullmatch(rf"[0-9a-f]{{{KEY_BEGINS_WITH},{KEY_LENGTH}}}", key):
            raise forms.ValidationError(
                _("An idempotency key has %(length)d digits from 0 to f. Write it all, or at least the first %(few)d.")
                % {"length": KEY_LENGTH, "few": KEY_BEGINS_WITH}
            )
        return key


class LogFilter(forms.Form):
    """A field for each filter; all but `q` have the name of the attribute of Criteria that they set.

    `label` names an active filter in the console, `help_text` describes it in the OpenAPI schema. `others` are further
    allowed names.
    """

    endpoint = IdField(label=gettext_lazy("Endpoint: %(value)s"), help_text="The endpoint's id.")
    event = IdField(label=gettext_lazy("Event: %(value)s"), help_text="The event's id.")
    status = OneOf(Status, label=gettext_lazy("Status: %(value)s"))
    reason = OneOf(REASONS, label=gettext_lazy("Reason: %(value)s"))
    topic = OneOf((*TOPICS, CALLBACK), label=gettext_lazy("Event type: %(value)s"))
    is_test = YesOrNo(label=gettext_lazy("Only %(value)s"))
    since = DateTimeField(
        label=gettext_lazy("From: %(value)s"), help_text="Created at this moment or later; `24h` is a day ago."
    )
    until = DateTimeField(label=gettext_lazy("To: %(value)s"), help_text="Created before this moment.")
    q = forms.CharField(
        max_length=TEXT_LENGTH, label=gettext_lazy("Text: %(value)s"), help_text="Text in the body, in any language."
    )
    key = KeyField(
        label=gettext_lazy("Idempotency key: %(value)s"),
        help_text=f"The idempotency key, or at least its first {KEY_BEGINS_WITH} digits.",
    )

    def __init__(self, data: Mapping[str, Any], *, zone: tzinfo, now: datetime, others: Collection[str] = ()) -> None:
        super().__init__(data)
        self._others = others
        for field in self.fields.values():
            field.required = False
            if isinstance(field, DateTimeField):
                field.zone, field.now = zone, now

    def clean(self) -> dict[str, Any]:
        """Reject unknown names: a misspelt filter that was ignored would match every row."""
        known = {*self.fields, *self._others}
        for name in sorted(set(self.data) - known):
            shown = name[:NAME_SHOWN].encode(errors="backslashreplace").decode()
            names = {"name": shown, "known": ", ".join(sorted(known))}
            self.add_error(None, _("%(name)s is no filter. Known are %(known)s.") % names)
        return self.cleaned_data

    @property
    def criteria(self) -> Criteria:
        """The criteria of a valid form."""
        given = dict(self.cleaned_data)
        return Criteria(text=given.pop("q"), **given)
