"""The calls of /api/v1/: reading events, test events, and the deliveries that events cause."""

from functools import partial
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from events.models import Event
from rest.base.views import AccountAPIView, AccountViewSet
from rest.v1.endpoints import endpoint_of
from rest.v1.filters import PARAMETERS, read_criteria
from rest.v1.log_pages import LogPages
from rest.v1.serializers import (
    DeliveryDetailOut,
    DeliveryOut,
    EventOut,
    RedeliverIn,
    TestIn,
    TestOut,
    WaitOut,
    received,
    sent,
)
from webhooks import selectors
from webhooks.engine.job import Reason
from webhooks.models import Attempt, Delivery
from webhooks.services.redeliver import redeliver
from webhooks.services.send_test import send_test
from webhooks.waiting import waiting_of

WAIT_LIMIT = 60.0
TEST_WAIT = 15.0
"""Seconds that a test event is waited for: a whole attempt and the way to the worker."""


@extend_schema_view(retrieve=extend_schema(description="Show an event and its deliveries."))
class EventViewSet(RetrieveModelMixin, AccountViewSet[Event]):
    serializer_class = EventOut
    lookup_url_kwarg = "event_id"

    def get_queryset(self) -> QuerySet[Event]:
        return selectors.events(account=self.account)

    @extend_schema(
        responses=WaitOut,
        parameters=[OpenApiParameter("timeout", float, description=f"Seconds, at most {WAIT_LIMIT:g}; 10 if missing.")],
    )
    @action(detail=True)
    def wait(self, request: Request, event_id: int) -> Response:
        """Wait until every delivery of the event is done, or until the time is over: then `done` is false.

        Where hundreds wait, one more is answered at once; ask again after a moment.
        """
        self.get_object()
        is_done = partial(selectors.is_event_done, event_id=event_id)
        done = waiting_of(request.META).wait(is_done, timeout=_timeout(request))
        return Response(WaitOut(self.get_object(), context={"done": done}).data)


class SendTestView(AccountAPIView):
    @extend_schema(request=TestIn, responses=TestOut)
    def post(self, request: Request, endpoint_id: int) -> Response:
        """Send a test event now and wait for what comes of it. One attempt; a paused endpoint gets it, too."""
        endpoint, fields = endpoint_of(self.account, endpoint_id), self.given(TestIn)
        waiting = waiting_of(request.META)
        delivery = waiting.once(lambda: send_test(endpoint=endpoint, now=self.now, **fields))
        waiting.wait(partial(selectors.is_event_done, event_id=delivery.event_id), timeout=TEST_WAIT)
        return Response(test_result(selectors.deliveries(account=self.account).get(pk=delivery.pk)))


@extend_schema_view(
    retrieve=extend_schema(
        description="Show a delivery with every attempt: the request, the answer, and how long each step took.",
        responses=DeliveryDetailOut,
    )
)
class DeliveryViewSet(RetrieveModelMixin, AccountViewSet[Delivery]):
    """The delivery log."""

    pagination_class = LogPages
    lookup_url_kwarg = "delivery_id"

    def get_queryset(self) -> QuerySet[Delivery]:
        if self.action == "retrieve":
            return selectors.deliveries_with_attempts(account=self.account)
        return selectors.deliveries(account=self.account).select_related("endpoint__account")

    def get_serializer_class(self) -> type[DeliveryOut]:
        return DeliveryDetailOut if self.action == "retrieve" else DeliveryOut

    @extend_schema(parameters=PARAMETERS)
    def list(self, request: Request) -> Response:
        """List deliveries, newest first, by any of the filters."""
        pages, criteria = LogPages(), read_criteria(request, now=self.now)
        page = pages.search(request, account=self.account, criteria=criteria)
        return pages.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=RedeliverIn, responses={202: DeliveryOut})
    @action(detail=True, methods=["post"])
    def redeliver(self, _request: Request, **_: int) -> Response:
        """Send a delivery again: same bytes, same key, a new series of attempts; or under a new key."""
        fields = self.given(RedeliverIn)
        again = redeliver(delivery=self.get_object(), now=self.now, **fields)
        return self.shown(self.get_queryset().get(pk=again.pk), status=202)


def _timeout(request: Request) -> float:
    try:
        timeout = float(request.query_params.get("timeout", "10"))
    except ValueError:
        timeout = -1.0
    if not 0 <= timeout <= WAIT_LIMIT:
        raise ValidationError({"timeout": [f"Write a number of seconds from 0 to {WAIT_LIMIT:g}."]})
    return timeout


def test_result(delivery: Delivery) -> dict[str, Any]:
    """The fields of `TestOut` for a test that was sent."""
    attempt = delivery.attempts.order_by("-number").first()
    reason, detail = _explained(delivery, attempt)
    return {
        "success": reason == Reason.OK,
        "status_code": attempt.status_code if attempt else None,
        "reason": reason,
        "detail": detail,
        "duration_ms": attempt.duration_ms if attempt else None,
        "request": sent(attempt) if attempt else None,
        "response": received(attempt) if attempt else None,
        "delivery_id": delivery.pk,
    }


def _explained(delivery: Delivery, attempt: Attempt | None) -> tuple[str, str]:
    if attempt:
        return attempt.reason, attempt.detail
    if delivery.finished_at:
        return delivery.reason.upper(), "Nothing was sent: the endpoint or its licence changed in this moment."
    return "NO_WORKER", "No worker has sent it yet. Is one running? See /readyz. It will be sent when one is."
