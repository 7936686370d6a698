"""Lists an account's events, newest first, also those that reached no endpoint."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, cast

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from maac_contract.contract import TOPICS
from rest.base.paging import NewestFirst
from rest.base.request import account_of, now_utc
from rest.v1.filters import PAGING
from rest.v1.publish import EventsView as PublishingView
from rest.v1.serializers import EventOut
from webhooks import selectors
from webhooks.log.filters import DateTimeField

ALLOWED = "GET, POST, HEAD, OPTIONS"
PARAMETERS = [
    OpenApiParameter("topic", str, enum=list(TOPICS)),
    OpenApiParameter("since", datetime, description="Created at this moment or later; `24h` is a day ago."),
]


class EventFilter(forms.Form):
    topic = forms.ChoiceField(required=False, choices=[("", ""), *((topic, topic) for topic in TOPICS)])
    since = DateTimeField(required=False)

    def __init__(self, data: Mapping[str, Any], *, zone: tzinfo, now: datetime) -> None:
        super().__init__(data)
        since = cast(DateTimeField, self.fields["since"])
        since.zone, since.now = zone, now

    def clean(self) -> dict[str, Any]:
        """Reject unknown names: a misspelt filter that was ignored would match every row."""
        known = {*self.fields, *PAGING}
        for name in sorted(set(self.data) - known):
            shown = name.encode(errors="backslashreplace").decode()[:50]
            self.add_error(None, f"{shown} is no filter. Known are {', '.join(sorted(known))}.")
        return self.cleaned_data


class EventsView(PublishingView):
    """Publish events, and list them."""

    pagination_class = NewestFirst

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Publishing answers without the framework's steps where it can, and then knows of POST only."""
        response = super().dispatch(request, *args, **kwargs)
        response["Allow"] = ALLOWED
        return response

    @extend_schema(responses=EventOut(many=True), parameters=PARAMETERS)
    def get(self, request: Request) -> Response:
        """List events, newest first: each with its deliveries, and the endpoints that it did not reach and why."""
        account = account_of(request)
        asked = EventFilter(request.query_params, zone=account.zone_info, now=now_utc())
        if not asked.is_valid():
            raise ValidationError({name: [str(fault) for fault in faults] for name, faults in asked.errors.items()})
        topic, since = asked.cleaned_data["topic"], asked.cleaned_data["since"]
        events = selectors.events(account=account)
        pages = NewestFirst()
        page = pages.paginate_queryset(events.filter(topic=topic) if topic else events, request, self) or []
        # Ids rise with time and `created_at` has no index: pages end at the first one that ends with an older event.
        is_last = bool(since and page and page[-1].created_at < since)
        rows = [event for event in page if since is None or event.created_at >= since]
        return Response({"results": EventOut(rows, many=True).data, "next": None if is_last else pages.get_next_link()})
