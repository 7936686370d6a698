"""The calls that make events, one at a time and in batches, as the framework takes them.

They are the busiest of all: publish_door answers nearly every request of theirs before it comes here.
"""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Account
from rest.base.request import account_of, now_utc
from rest.v1.serializers import EventIn, EventOut, event_answer
from webhooks.services.idempotency import answer_once
from webhooks.services.publish import EventRequest, publish
from webhooks.services.subscribers import Subscribers

BATCH_LIMIT = 1000

_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeat a request with the same key safely."
)


def accept(
    request: HttpRequest | Request,
    account: Account,
    event_requests: Sequence[EventRequest],
    *,
    is_batch: bool,
    subscribers: Subscribers | None = None,
) -> tuple[Any, dict[str, str]]:
    """What to answer, and with which headers; a repeated Idempotency-Key gets the first answer again."""
    now = now_utc()

    def make() -> Any:
        published = publish(
            account=account, event_requests=event_requests, is_batch=is_batch, subscribers=subscribers, now=now
        )
        answers = [event_answer(entry.event, entry.deliveries) for entry in published]
        return answers if is_batch else answers[0]

    key = request.headers.get("Idempotency-Key")
    if key is None:
        return make(), {}
    signed = f"{request.path}\n{event_requests!r}".encode()
    answer, is_repeated = answer_once(account=account, key=key, request=signed, now=now, make=make)
    return answer, {"Idempotent-Replayed": "true"} if is_repeated else {}


class PublishView(APIView):
    """What both calls share."""

    is_batch = False

    def answer(self, request: Request, fields: Sequence[dict[str, Any]]) -> Response:
        event_requests = [EventRequest(**each) for each in fields]
        answer, headers = accept(request, account_of(request), event_requests, is_batch=self.is_batch)
        return Response(answer, status=status.HTTP_201_CREATED, headers=headers)


class EventsView(PublishView):
    """Make events happen."""

    @extend_schema(request=EventIn, responses={201: EventOut}, parameters=[_IDEMPOTENCY_KEY])
    def post(self, request: Request) -> Response:
        """Publish an event: `data` as given, a sample where it is missing, or both merged."""
        fields = EventIn(data=request.data, context={"zone": account_of(request).zone_info})
        fields.is_valid(raise_exception=True)
        return self.answer(request, [fields.validated_data])


class EventBatchView(PublishView):
    is_batch = True

    @extend_schema(
        request=EventIn(many=True), responses={201: EventOut(many=True)}, parameters=[_IDEMPOTENCY_KEY], filters=False
    )
    def post(self, request: Request) -> Response:
        """Publish up to 1,000 events: all of them, or none when one is not valid."""
        if not isinstance(request.data, list) or not 0 < len(request.data) <= BATCH_LIMIT:
            raise ValidationError({"body": [f"Send a list of 1 to {BATCH_LIMIT} events."]})
        fields = EventIn(data=request.data, many=True, context={"zone": account_of(request).zone_info})
        fields.is_valid(raise_exception=True)
        return self.answer(request, fields.validated_data)
