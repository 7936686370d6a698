"""The calls of /api/v1/ about injected faults, and what goes in and out of them."""

from datetime import datetime

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from maac_contract.fault_kinds import KINDS, FaultKind, about
from rest.base.fields import Number, StrictSerializer, Text, WholeNumber
from rest.base.paging import NewestFirst
from rest.base.request import account_of, actor_of, now_utc
from rest.v1.endpoints import endpoint_of
from webhooks import selectors
from webhooks.models import InjectedFault
from webhooks.services import faults

_KINDS = "; ".join(f"`{kind}`: {about.description}" for kind, about in KINDS.items())


@extend_schema_field({"type": "string", "enum": [kind.value for kind in FaultKind]}, component_name="FaultKind")
class KindField(Text):
    """One of the kinds; which of them there are is for the service to say."""


class FaultIn(StrictSerializer):
    kind = KindField(max_length=100, help_text=_KINDS)
    topic = Text(max_length=100, required=False, allow_blank=True, help_text="Only events of this type.")
    attempt = WholeNumber(required=False, allow_null=True, help_text="Only this attempt of a delivery, from 1.")
    every = WholeNumber(required=False, help_text="Every nth of those; missing: each.")
    probability = Number(required=False, help_text="For each of those, from 0 to 1, by dice that `seed` repeats.")
    seed = Text(required=False, help_text="Missing: one is made.")
    times = WholeNumber(required=False, allow_null=True, help_text="How often; missing: once, null: until it expires.")
    seconds = Number(required=False, help_text="For reverse, drip_body, delay and stale_timestamp.")
    count = WholeNumber(required=False, help_text="For reverse: how many in a group.")
    expires_in = Number(required=False, help_text="Seconds; missing: an hour.")


class FaultOut(serializers.ModelSerializer[InjectedFault]):
    endpoint = serializers.IntegerField(source="endpoint_id")
    kind = KindField()
    description = serializers.SerializerMethodField(help_text="What a fault of this kind does.")
    left = serializers.SerializerMethodField(help_text="How often it will strike yet; null: until it expires.")
    is_active = serializers.SerializerMethodField(help_text="Whether there is anything left for it to do.")
    seconds = serializers.SerializerMethodField(help_text="null where the kind takes none.")
    count = serializers.SerializerMethodField(help_text="null where the kind takes none.")
    seen = serializers.IntegerField(help_text="Attempts that fit topic and attempt number so far.")
    hits = serializers.IntegerField(help_text="How often it has struck.")

    class Meta:
        model = InjectedFault
        fields = [
            "id", "endpoint", "kind", "description", "topic", "attempt", "every", "probability", "seed", "times",
            "left", "seconds", "count", "seen", "hits", "is_active", "created_at", "created_by", "expires_at",
        ]  # fmt: skip

    def get_description(self, fault: InjectedFault) -> str:
        return about(fault.kind).description

    def get_left(self, fault: InjectedFault) -> int | None:
        return fault.left

    def get_is_active(self, fault: InjectedFault) -> bool:
        now: datetime = self.context["now"]
        return fault.is_active(now)

    def get_seconds(self, fault: InjectedFault) -> float | None:
        return None if about(fault.kind).seconds is None else fault.seconds

    def get_count(self, fault: InjectedFault) -> int | None:
        return None if about(fault.kind).count is None else fault.count


class EndpointFaultsView(APIView):
    """Injected faults of an endpoint."""

    pagination_class = NewestFirst

    @extend_schema(responses=FaultOut(many=True))
    def get(self, request: Request, endpoint_id: int) -> Response:
        """List the endpoint's injected faults, newest first, with what each has counted."""
        endpoint = endpoint_of(request, endpoint_id)
        rows = selectors.faults(account=account_of(request)).filter(endpoint=endpoint)
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(FaultOut(page, many=True, context={"now": now_utc()}).data)

    @extend_schema(request=FaultIn, responses={201: FaultOut})
    def post(self, request: Request, endpoint_id: int) -> Response:
        """Let something go wrong on purpose: once, unless you say how often. Attempts that it strikes are marked."""
        endpoint = endpoint_of(request, endpoint_id)
        fields = FaultIn(data=request.data)
        fields.is_valid(raise_exception=True)
        now = now_utc()
        fault = faults.add(endpoint=endpoint, now=now, actor=actor_of(request), **fields.validated_data)
        return Response(FaultOut(fault, context={"now": now}).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, endpoint_id: int) -> Response:
        """Remove all of the endpoint's injected faults. What they hold back is sent."""
        faults.clear(endpoint=endpoint_of(request, endpoint_id), now=now_utc(), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class FaultView(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, fault_id: int) -> Response:
        """Remove an injected fault. What it holds back is sent."""
        fault = get_object_or_404(selectors.faults(account=account_of(request)), pk=fault_id)
        faults.remove(fault=fault, now=now_utc(), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
