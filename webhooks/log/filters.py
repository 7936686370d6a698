"""The query parameters of the delivery log's filter, the same for console and REST API; unknown ones are errors."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _

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
    def __init__(self) -> None:
        super().__init__(required=False, min_value=0, max_value=LARGEST_ID)


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
    """`since` and `until` bound the creation time; `q` is text in the body. `others` are further allowed names."""

    endpoint = IdField()
    event = IdField()
    status = forms.ChoiceField(required=False, choices=[("", ""), *((each.value, each.value) for each in Status)])
    reason = forms.ChoiceField(required=False, choices=[("", ""), *((each.value, each.value) for each in REASONS)])
    topic = forms.ChoiceField(required=False, choices=[("", ""), *((topic, topic) for topic in (*TOPICS, CALLBACK))])
    is_test = forms.ChoiceField(required=False, choices=[("", ""), ("true", "true"), ("false", "false")])
    since = DateTimeField(required=False)
    until = DateTimeField(required=False)
    q = forms.CharField(required=False, max_length=TEXT_LENGTH)
    key = KeyField(required=False)

    def __init__(self, data: Mapping[str, Any], *, zone: tzinfo, now: datetime, others: Collection[str] = ()) -> None:
        super().__init__(data)
        self._others = others
        for name in ("since", "until"):
            field = cast(DateTimeField, self.fields[name])
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
        given = self.cleaned_data
        return Criteria(
            endpoint=given["endpoint"],
            event=given["event"],
            topic=given["topic"],
            status=given["status"],
            reason=given["reason"],
            is_test=given["is_test"] == "true" if given["is_test"] else None,
            since=given["since"],
            until=given["until"],
            text=given["q"],
            key=given["key"],
        )
