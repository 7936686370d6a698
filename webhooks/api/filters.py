"""What the delivery log can be filtered by."""

import json
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet

from events.contract import TOPICS
from webhooks.engine.lifecycle import Status
from webhooks.models import Delivery

LARGEST_ID = 2**63 - 1


class IdFilter(filters.NumberFilter):  # type: ignore[misc]
    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=0, max_value=LARGEST_ID, **kwargs)


class DeliveryFilter(filters.FilterSet):  # type: ignore[misc]
    """`since` and `until` are moments of creation; `q` is text in the body."""

    endpoint = IdFilter(field_name="endpoint_id")
    event = IdFilter(field_name="event_id")
    status = filters.ChoiceFilter(choices=[(status.value, status.value) for status in Status])
    topic = filters.ChoiceFilter(choices=[(topic, topic) for topic in TOPICS])
    is_test = filters.BooleanFilter()
    since = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    q = filters.CharFilter(method="with_text", max_length=200)

    class Meta:
        model = Delivery
        fields: list[str] = []

    def with_text(self, deliveries: QuerySet[Delivery], _name: str, text: str) -> QuerySet[Delivery]:
        """Bodies hold every character beyond ASCII as an escape, so the text is looked for as they spell it."""
        return deliveries.filter(event__body__contains=json.dumps(text)[1:-1])
