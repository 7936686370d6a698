"""What the delivery log can be filtered by."""

import json
from datetime import UTC, datetime, tzinfo
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter

from events.contract import TOPICS
from webhooks.api.parsing import read_moment
from webhooks.engine.lifecycle import Status
from webhooks.models import Delivery

LARGEST_ID = 2**63 - 1
PAGING = ("cursor", "limit")

PARAMETERS = [
    OpenApiParameter("endpoint", int, description="The endpoint's id."),
    OpenApiParameter("event", int, description="The event's id."),
    OpenApiParameter("status", str, enum=[status.value for status in Status]),
    OpenApiParameter("topic", str, enum=list(TOPICS)),
    OpenApiParameter("is_test", bool),
    OpenApiParameter("since", datetime, description="Created at this moment or later."),
    OpenApiParameter("until", datetime, description="Created before this moment."),
    OpenApiParameter("q", str, description="Text in the body, in any language."),
]
"""The filters as the OpenAPI schema tells them."""


class IdFilter(filters.NumberFilter):  # type: ignore[misc]
    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=0, max_value=LARGEST_ID, **kwargs)


class MomentField(forms.CharField):
    """A moment; without an offset it is in `zone`."""

    zone: tzinfo = UTC

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            # An offset's plus that was not escaped arrives as a space.
            return read_moment(text.replace(" ", "+") if "T" in text else text, self.zone)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class MomentFilter(filters.Filter):  # type: ignore[misc]
    field_class = MomentField


class DeliveryFilter(filters.FilterSet):  # type: ignore[misc]
    """`since` and `until` are moments of creation; `q` is text in the body."""

    endpoint = IdFilter(field_name="endpoint_id")
    event = IdFilter(field_name="event_id")
    status = filters.ChoiceFilter(choices=[(status.value, status.value) for status in Status])
    topic = filters.ChoiceFilter(choices=[(topic, topic) for topic in TOPICS])
    is_test = filters.TypedChoiceFilter(
        choices=[("true", "true"), ("false", "false")], coerce=lambda text: text == "true"
    )
    since = MomentFilter(field_name="created_at", lookup_expr="gte")
    until = MomentFilter(field_name="created_at", lookup_expr="lt")
    q = filters.CharFilter(method="with_text", max_length=200)

    class Meta:
        model = Delivery
        fields: list[str] = []

    def __init__(self, data: Any, queryset: QuerySet[Delivery], *, zone: tzinfo) -> None:
        super().__init__(data, queryset)
        for name in ("since", "until"):
            self.form.fields[name].zone = zone

    def is_valid(self) -> bool:
        """A misspelt filter must not pass in silence: it would show every row."""
        known = {*self.filters, *PAGING}
        for name in sorted(set(self.data) - known):
            self.form.add_error(None, f"{name[:50]} is no filter. Known are {', '.join(sorted(known))}.")
        return bool(super().is_valid())

    def with_text(self, deliveries: QuerySet[Delivery], _name: str, text: str) -> QuerySet[Delivery]:
        """Bodies hold every character beyond ASCII as an escape, so the text is looked for as they spell it."""
        return deliveries.filter(event__body__icontains=json.dumps(text)[1:-1])
