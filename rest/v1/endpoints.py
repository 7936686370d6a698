"""The calls of /api/v1/: account, event types, endpoints, audit log."""

from datetime import UTC
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import audit
from accounts.models import Account
from accounts.services import endpoint_limit, licensed_zones
from maac_contract import contract
from maac_contract.samples import default_moment, sample
from rest.base.paging import NewestFirst
from rest.base.request import account_of, actor_of, expect_nothing, now_utc
from rest.v1.serializers import AccountIn, AccountOut, AuditEntryOut, EndpointIn, EndpointOut, EventTypeOut, SecretOut
from webhooks import selectors
from webhooks.models import Endpoint
from webhooks.services import endpoints
from webhooks.services.endpoints import set_retry_waits

EXAMPLE_SEED = 1


def endpoint_of(request: Request, endpoint_id: int) -> Endpoint:
    """The caller's endpoint with this id, or 404."""
    return get_object_or_404(selectors.endpoints(account=account_of(request)), pk=endpoint_id)


class AccountView(APIView):
    """Your account."""

    @extend_schema(responses=AccountOut)
    def get(self, request: Request) -> Response:
        """Name, time zone, limits and licences of the account that the token belongs to."""
        return _shown(account_of(request))

    @extend_schema(request=AccountIn, responses=AccountOut)
    def patch(self, request: Request) -> Response:
        """Change how long deliveries wait before each retry; short waits let a test suite see one given up at once."""
        fields = AccountIn(data=request.data)
        fields.is_valid(raise_exception=True)
        edited = set_retry_waits(
            account=account_of(request), now=now_utc(), actor=actor_of(request), **fields.validated_data
        )
        return _shown(edited)


class EventTypesView(APIView):
    """The contract."""

    @extend_schema(responses=EventTypeOut(many=True))
    def get(self, request: Request) -> Response:
        """Every event type: topic, zone, whether you may receive it, JSON Schema, example, source of each field."""
        account = account_of(request)
        zones = licensed_zones(account_id=account.pk, now=now_utc())
        return Response([_event_type(topic, topic.zone in zones) for topic in contract.TOPICS.values()])


class EndpointsView(APIView):
    """Endpoints: the receivers' URLs."""

    pagination_class = NewestFirst

    @extend_schema(responses=EndpointOut(many=True))
    def get(self, request: Request) -> Response:
        """List your endpoints, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(selectors.endpoints(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(EndpointOut(page, many=True).data)

    @extend_schema(request=EndpointIn, responses={201: EndpointOut})
    def post(self, request: Request) -> Response:
        """Create a running endpoint. The answer shows its share secret in full."""
        fields = EndpointIn(data=request.data)
        fields.is_valid(raise_exception=True)
        account, actor = account_of(request), actor_of(request)
        endpoint = endpoints.create(account=account, now=now_utc(), actor=actor, **fields.validated_data)
        return Response(EndpointOut(endpoint, context={"reveal": True}).data, status=status.HTTP_201_CREATED)


class EndpointView(APIView):
    """One endpoint."""

    @extend_schema(responses=EndpointOut)
    def get(self, request: Request, endpoint_id: int) -> Response:
        """Show an endpoint; its share secret is masked."""
        return Response(EndpointOut(endpoint_of(request, endpoint_id)).data)

    @extend_schema(request=EndpointIn(partial=True), responses=EndpointOut)
    def patch(self, request: Request, endpoint_id: int) -> Response:
        """Change name, URL, event types or options; what is left out stays."""
        endpoint = endpoint_of(request, endpoint_id)
        fields = EndpointIn(data=request.data, partial=True)
        fields.is_valid(raise_exception=True)
        edited = endpoints.edit(endpoint=endpoint, now=now_utc(), actor=actor_of(request), **fields.validated_data)
        return Response(EndpointOut(edited).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, endpoint_id: int) -> Response:
        """Delete an endpoint. Its deliveries stay readable."""
        endpoints.delete(endpoint=endpoint_of(request, endpoint_id), now=now_utc(), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class PauseView(APIView):
    @extend_schema(request=None, responses=EndpointOut)
    def post(self, request: Request, endpoint_id: int) -> Response:
        """Pause an endpoint: nothing is sent to it until it is resumed."""
        endpoint = endpoint_of(request, endpoint_id)
        expect_nothing(request)
        paused = endpoints.pause(endpoint=endpoint, now=now_utc(), actor=actor_of(request))
        return Response(EndpointOut(paused).data)


class ResumeView(APIView):
    @extend_schema(request=None, responses=EndpointOut)
    def post(self, request: Request, endpoint_id: int) -> Response:
        """Resume a paused endpoint, if the account may run one more."""
        endpoint = endpoint_of(request, endpoint_id)
        expect_nothing(request)
        resumed = endpoints.resume(endpoint=endpoint, now=now_utc(), actor=actor_of(request))
        return Response(EndpointOut(resumed).data)


class SecretView(APIView):
    @extend_schema(responses=SecretOut)
    def get(self, request: Request, endpoint_id: int) -> Response:
        """Reveal the share secret. The audit log says who did."""
        endpoint = endpoint_of(request, endpoint_id)
        secret = endpoints.reveal_secret(endpoint=endpoint, now=now_utc(), actor=actor_of(request))
        return Response({"share_secret": secret})


class RotateSecretView(APIView):
    @extend_schema(request=None, responses=SecretOut)
    def post(self, request: Request, endpoint_id: int) -> Response:
        """Change the share secret. The old one stops being used at once."""
        endpoint = endpoint_of(request, endpoint_id)
        expect_nothing(request)
        rotated = endpoints.rotate_secret(endpoint=endpoint, now=now_utc(), actor=actor_of(request))
        return Response({"share_secret": rotated.share_secret})


class AuditView(APIView):
    """The audit log."""

    pagination_class = NewestFirst

    @extend_schema(responses=AuditEntryOut(many=True))
    def get(self, request: Request) -> Response:
        """List who did what to your account's endpoints, tokens and licences, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(audit.entries(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(AuditEntryOut(page, many=True).data)


def _shown(account: Account) -> Response:
    now = now_utc()
    context = {
        "now": now,
        "endpoint_limit": endpoint_limit(account=account, now=now),
        "running_endpoints": selectors.running_endpoints(account=account),
    }
    return Response(AccountOut(account, context=context).data)


def _event_type(topic: contract.Topic, licensed: bool) -> dict[str, Any]:
    moment = default_moment(EXAMPLE_SEED)
    body = {
        "timestamp": contract.format_timestamp(moment, moment.tzinfo or UTC),
        "topic": topic.name,
        "data": sample(topic.name, seed=EXAMPLE_SEED),
    }
    return {
        "topic": topic.name,
        "zone": topic.zone,
        "title": topic.title,
        "description": topic.description,
        "licensed": licensed,
        "schema": contract.json_schema(topic.name),
        "example": body,
        "fields": contract.provenance(topic.name),
    }
