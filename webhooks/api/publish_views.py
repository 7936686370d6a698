"""The calls that make events, one at a time and in batches. They are the busiest, so each has two ways.

The quick way takes requests that are plainly right, past the framework. It refuses nothing: whatever it does not know
or would not accept is left to the framework's way, which says what is wrong.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.errors import Refusal
from accounts.models import Account
from events.contract import TOPICS
from webhooks.api.authentication import account_of, bearer_token
from webhooks.api.serializers import EventIn, EventOut, event_answer, is_seed
from webhooks.api.views import now_utc
from webhooks.services.audience import Audience, audience_of_caller
from webhooks.services.idempotency import answer_once
from webhooks.services.publish import Happening, publish

BATCH_LIMIT = 1000

_PLAIN_TYPES = ("application/json", "application/json; charset=utf-8")
_PLAIN_ACCEPT = ("*/*", "application/json", "application/json, text/plain, */*")
_PLAIN_FIELDS: dict[str, Callable[[Any], bool]] = {
    "topic": lambda value: isinstance(value, str) and value in TOPICS,
    "data": lambda value: isinstance(value, dict),
    "seed": is_seed,
    "merge": lambda value: isinstance(value, bool),
}
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeat a request with the same key safely."
)


class PublishView(APIView):
    """What both calls share."""

    is_batch = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.answer_quickly(request) or super().dispatch(request, *args, **kwargs)

    def answer_quickly(self, request: HttpRequest) -> HttpResponse | None:
        """201, or None where the request is not plainly right."""
        token = bearer_token(request) if _is_plain(request) else None
        audience = audience_of_caller(token=token, now=now_utc()) if token else None
        if audience is None:
            return None
        try:
            happenings = _read_plainly(request.body, is_batch=self.is_batch)
            answer, headers = self.accept(request, audience.account, happenings, audience)
        except (_NotPlain, Refusal, RecursionError):
            return None
        headers["Allow"] = "POST, OPTIONS"
        content = JSONRenderer().render(answer)
        return HttpResponse(content, "application/json", status=status.HTTP_201_CREATED, headers=headers)

    def answer(self, request: Request, fields: Sequence[dict[str, Any]]) -> Response:
        happenings = [Happening(**each) for each in fields]
        answer, headers = self.accept(request, account_of(request), happenings)
        return Response(answer, status=status.HTTP_201_CREATED, headers=headers)

    def accept(
        self,
        request: HttpRequest | Request,
        account: Account,
        happenings: Sequence[Happening],
        audience: Audience | None = None,
    ) -> tuple[Any, dict[str, str]]:
        """What to answer, and with which headers; a repeated Idempotency-Key gets the first answer again."""
        now = now_utc()

        def make() -> Any:
            published = publish(
                account=account, happenings=happenings, is_batch=self.is_batch, audience=audience, now=now
            )
            answers = [event_answer(entry.event, entry.deliveries) for entry in published]
            return answers if self.is_batch else answers[0]

        key = request.headers.get("Idempotency-Key")
        if key is None:
            return make(), {}
        signed = f"{request.path}\n{happenings!r}".encode()
        answer, is_repeated = answer_once(account=account, key=key, request=signed, now=now, make=make)
        return answer, {"Idempotent-Replayed": "true"} if is_repeated else {}


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


class _NotPlain(Exception):
    """Perhaps right, perhaps wrong: not for the quick way to say."""


def _is_plain(request: HttpRequest) -> bool:
    """Whether method and headers are those that nearly every client sends."""
    meta = request.META
    length = str(meta.get("CONTENT_LENGTH") or "")
    return (
        request.method == "POST"
        and not meta.get("QUERY_STRING")
        and meta.get("CONTENT_TYPE") in _PLAIN_TYPES
        and meta.get("HTTP_ACCEPT", "*/*") in _PLAIN_ACCEPT
        and length.isdecimal()
        and int(length) <= settings.API_BODY_LIMIT
    )


def _read_plainly(body: bytes, *, is_batch: bool) -> list[Happening]:
    try:
        sent = _DECODER.decode(body.decode())
    except ValueError as error:
        raise _NotPlain from error
    entries = sent if is_batch else [sent]
    if not isinstance(entries, list) or not 0 < len(entries) <= BATCH_LIMIT:
        raise _NotPlain
    return [_read_entry(entry) for entry in entries]


def _read_entry(entry: Any) -> Happening:
    if not isinstance(entry, dict) or "topic" not in entry:
        raise _NotPlain
    for name, value in entry.items():
        if name not in _PLAIN_FIELDS or not _PLAIN_FIELDS[name](value):
            raise _NotPlain
    return Happening(**entry)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
