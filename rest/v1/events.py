"""The calls of /api/v1/: reading events, test events, and the deliveries that events cause."""

from functools import partial
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rest.base.request import account_of, now_utc
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


class EventView(APIView):
    @extend_schema(responses=EventOut)
    def get(self, request: Request, event_id: int) -> Response:
        """Show an event and its deliveries."""
        return Response(EventOut(get_object_or_404(selectors.events(account=account_of(request)), pk=event_id)).data)


class EventWaitView(APIView):
    @extend_schema(
        responses=WaitOut,
        parameters=[OpenApiParameter("timeout", float, description=f"Seconds, at most {WAIT_LIMIT:g}; 10 if missing.")],
    )
    def get(self, request: Request, event_id: int) -> Response:
        """Wait until every delivery of the event is done, or until the time is over: then `done` is false.

        Where hundreds wait, one more is answered at once; ask again after a moment.
        """
        events = selectors.events(account=account_of(request))
        event = get_object_or_404(events, pk=event_id)
        is_done = partial(selectors.is_event_done, event_id=event.pk)
        done = waiting_of(request.META).wait(is_done, timeout=_timeout(request))
        return Response(WaitOut(events.get(pk=event_id), context={"done": done}).data)


class SendTestView(APIView):
    @extend_schema(request=TestIn, responses=TestOut)
    def post(self, request: Request, endpoint_id: int) -> Response:
        """Send a test event now and wait for what comes of it. One attempt; a paused endpoint gets it, too."""
        endpoint = endpoint_of(request, endpoint_id)
        fields = TestIn(data=request.data)
        fields.is_valid(raise_exception=True)
        waiting = waiting_of(request.META)
        delivery = waiting.once(lambda: send_test(endpoint=endpoint, now=now_utc(), **fields.validated_data))
        waiting.wait(partial(selectors.is_event_done, event_id=delivery.event_id), timeout=TEST_WAIT)
        return Response(test_result(selectors.deliveries(account=account_of(request)).get(pk=delivery.pk)))


class DeliveriesView(APIView):
    """The delivery log."""

    pagination_class = LogPages

    @extend_schema(responses=DeliveryOut(many=True), parameters=PARAMETERS)
    def get(self, request: Request) -> Response:
        """List deliveries, newest first, by any of the filters."""
        criteria = read_criteria(request, now=now_utc())
        pages = LogPages()
        page = pages.search(request, account=account_of(request), criteria=criteria)
        return pages.get_paginated_response(DeliveryOut(page, many=True).data)


class DeliveryView(APIView):
    @extend_schema(responses=DeliveryDetailOut)
    def get(self, request: Request, delivery_id: int) -> Response:
        """Show a delivery with every attempt: what was sent, what came, and where the time went."""
        deliveries = selectors.deliveries_with_attempts(account=account_of(request))
        return Response(DeliveryDetailOut(get_object_or_404(deliveries, pk=delivery_id)).data)


class RedeliverView(APIView):
    @extend_schema(request=RedeliverIn, responses={202: DeliveryOut})
    def post(self, request: Request, delivery_id: int) -> Response:
        """Send a delivery again: same bytes, same key, a new series of attempts; or under a new key."""
        fields = RedeliverIn(data=request.data)
        fields.is_valid(raise_exception=True)
        deliveries = selectors.deliveries(account=account_of(request))
        delivery = get_object_or_404(deliveries.select_related("endpoint__account"), pk=delivery_id)
        again = redeliver(delivery=delivery, now=now_utc(), **fields.validated_data)
        return Response(DeliveryOut(deliveries.get(pk=again.pk)).data, status=status.HTTP_202_ACCEPTED)


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
