"""The plain way to accept events: a REST framework view, rows saved one by one, and a task for each delivery."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Account
from bench.plain import deliver
from events.models import Event
from maac_contract import contract
from rest.base.request import account_of
from webhooks.models import Delivery, Endpoint


class EventIn(serializers.Serializer[Any]):
    topic = serializers.ChoiceField(choices=list(contract.TOPICS))
    data = serializers.DictField()  # type: ignore[assignment]


class Events(APIView):
    """One event, or a list of them."""

    def post(self, request: Request) -> Response:
        account = account_of(request)
        is_batch = isinstance(request.data, list)
        fields = EventIn(data=request.data if is_batch else [request.data], many=True)
        fields.is_valid(raise_exception=True)
        with transaction.atomic():
            published = [publish(account, entry) for entry in fields.validated_data]
        return Response(published if is_batch else published[0], status=201)


def publish(account: Account, fields: Mapping[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC)
    timestamp = contract.format_timestamp(now, account.zone_info)
    body = contract.serialise(timestamp=timestamp, topic=fields["topic"], data=fields["data"])
    event = Event.objects.create(account=account, topic=fields["topic"], occurred_at=now, created_at=now, body=body)
    running = account.endpoints.filter(status=Endpoint.Status.RUNNING)
    subscribed = [endpoint for endpoint in running if event.topic in endpoint.event_types]
    deliveries = [save_delivery(event, endpoint, now) for endpoint in subscribed]
    return {"id": event.pk, "deliveries": [{"idempotency_key": each.idempotency_key} for each in deliveries]}


def save_delivery(event: Event, endpoint: Endpoint, now: datetime) -> Delivery:
    delivery = Delivery.objects.create(
        account=event.account, event=event, endpoint=endpoint, topic=event.topic, created_at=now
    )
    transaction.on_commit(lambda: deliver.delay(delivery.pk) and None)
    return delivery


def livez(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [
    path("livez", livez),
    path("api/v1/events/", Events.as_view()),
    path("api/v1/events/batch/", Events.as_view()),
]
