"""The calls that publish events, one at a time and in batches."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotAuthenticated, ValidationError
from rest_framework.fields import Field
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Account
from rest.base.authentication import bearer_token
from rest.base.fields import read_json
from rest.base.request import account_of, now_utc
from rest.v1.serializers import EventIn, EventOut, event_answer
from webhooks.services.idempotency import answer_once
from webhooks.services.publish import EventRequest, Published, make_events, publish
from webhooks.services.publish_group import Result, group_of
from webhooks.services.subscribers import Subscribers, subscribers_of, subscribers_of_caller

BATCH_LIMIT = 1000

_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeat a request with the same key safely."
)
_PLAIN_TYPES = ("application/json", "application/json; charset=utf-8")
_PLAIN_ACCEPT = ("*/*", "application/json", "application/json, text/plain, */*")
_KEY = "HTTP_IDEMPOTENCY_KEY"
_EMPTY = (None, "", "0")
_JSON = "application/json"
_RENDERER = JSONRenderer()
_HEADERS = {"Allow": "POST, OPTIONS"}


class PublishView(APIView):
    """What both calls share. Validation, storing and answers are the same functions for every request.

    With the framework's own steps before and after them (negotiation, its request and response objects) an event takes
    1.6 to 1.8 times the CPU, so `dispatch` leaves them out for requests with the headers that nearly every client
    sends. It refuses nothing itself: the framework answers an error, and publishes nothing after one.
    """

    is_batch = False
    _error: Exception | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if _is_plain(request):
            try:
                return self._answer(request)
            except Exception as error:
                self._error = error
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self._error:
            raise self._error

    def accept(self, request: Request) -> Response:
        """The framework's way to the same answer."""
        now = now_utc()
        subscribers = subscribers_of(account_of(request), now)
        event_requests = _read(request.data, subscribers.account, is_batch=self.is_batch)
        answer, headers = self._publish(request, subscribers, event_requests, now)
        return Response(answer, status=status.HTTP_201_CREATED, headers=headers)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        group, token, now = group_of(request.META), bearer_token(request), now_utc()
        find = group.subscribers_of_caller if group else subscribers_of_caller
        subscribers = find(token=token, now=now) if token else None
        if subscribers is None:
            raise NotAuthenticated
        event_requests = _read(read_json(request.body), subscribers.account, is_batch=self.is_batch)
        if group and _KEY not in request.META:
            published = make_events(
                event_requests=event_requests, subscribers=subscribers, is_batch=self.is_batch, now=now
            )
            content = self._content_when_stored(published, group.add(published))
            return StreamingHttpResponse(content, status=201, content_type=_JSON, headers=_HEADERS)
        answer, headers = self._publish(request, subscribers, event_requests, now)
        return HttpResponse(_RENDERER.render(answer), content_type=_JSON, status=201, headers={**_HEADERS, **headers})

    def _content_when_stored(self, published: Sequence[Published], result: Result) -> Iterator[bytes]:
        result()
        yield _RENDERER.render(self._answers(published))

    def _publish(
        self,
        request: HttpRequest | Request,
        subscribers: Subscribers,
        event_requests: Sequence[EventRequest],
        now: datetime,
    ) -> tuple[Any, dict[str, str]]:
        """What to answer, and with which headers; a repeated Idempotency-Key gets the first answer again."""
        account = subscribers.account

        def make() -> Any:
            published = publish(
                account=account,
                event_requests=event_requests,
                is_batch=self.is_batch,
                subscribers=subscribers,
                now=now,
            )
            return self._answers(published)

        key = request.META.get(_KEY)
        if key is None:
            return make(), {}
        signed = f"{request.path}\n{event_requests!r}".encode()
        answer, is_repeated = answer_once(account=account, key=key, request=signed, now=now, make=make)
        return answer, {"Idempotent-Replayed": "true"} if is_repeated else {}

    def _answers(self, published: Sequence[Published]) -> Any:
        answers = [event_answer(entry.event, entry.deliveries) for entry in published]
        return answers if self.is_batch else answers[0]


class EventsView(PublishView):
    """Make events happen."""

    @extend_schema(request=EventIn, responses={201: EventOut}, parameters=[_IDEMPOTENCY_KEY])
    def post(self, request: Request) -> Response:
        """Publish an event: `data` as given, a sample where it is missing, or both merged."""
        return self.accept(request)


class EventBatchView(PublishView):
    is_batch = True

    @extend_schema(
        request=EventIn(many=True), responses={201: EventOut(many=True)}, parameters=[_IDEMPOTENCY_KEY], filters=False
    )
    def post(self, request: Request) -> Response:
        """Publish up to 1,000 events: all of them, or none when one is not valid."""
        return self.accept(request)


def _is_plain(request: HttpRequest) -> bool:
    """Whether method and headers are those that nearly every client sends."""
    meta = request.META
    return (
        request.method == "POST"
        and not meta.get("QUERY_STRING")
        and meta.get("CONTENT_LENGTH") not in _EMPTY
        and meta.get("CONTENT_TYPE") in _PLAIN_TYPES
        and meta.get("HTTP_ACCEPT", "*/*") in _PLAIN_ACCEPT
    )


def _read(sent: Any, account: Account, *, is_batch: bool) -> list[EventRequest]:
    if is_batch and (not isinstance(sent, list) or not 0 < len(sent) <= BATCH_LIMIT):
        raise ValidationError({"body": [f"Send a list of 1 to {BATCH_LIMIT} events."]})
    fields = _fields(account.time_zone)
    try:
        return [_event_request(fields, entry) for entry in (sent if is_batch else [sent])]
    except ValidationError:
        # The serializer as a whole names every error, and where it is.
        whole = EventIn(data=sent, many=is_batch, context={"zone": account.zone_info})
        whole.is_valid(raise_exception=True)
        raise


def _event_request(fields: Mapping[str, Field[Any, Any, Any, Any]], entry: Any) -> EventRequest:
    """By the serializer's fields, but only those that were sent: all of it takes four times as long."""
    if not isinstance(entry, dict) or "topic" not in entry or not fields.keys() >= entry.keys():
        raise ValidationError
    return EventRequest(**{name: fields[name].run_validation(value) for name, value in entry.items()})


@cache
def _fields(time_zone: str) -> Mapping[str, Field[Any, Any, Any, Any]]:
    """Shared by all requests: making them takes longer than validating an event."""
    return dict(EventIn(context={"zone": ZoneInfo(time_zone)}).fields)
