"""The calls of /api/v1/ about injected faults, and what goes in and out of them."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from maac_contract.fault_kinds import KINDS, FaultKind, about
from rest.base.fields import Number, StrictSerializer, Text, WholeNumber
from rest.base.views import AccountViewSet
from rest.v1.endpoints import endpoint_of
from webhooks import selectors
from webhooks.models import Endpoint, InjectedFault
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


@extend_schema_view(
    list=extend_schema(description="List the endpoint's injected faults, newest first, with what each has counted.")
)
class FaultViewSet(ListModelMixin, AccountViewSet[InjectedFault]):
    """Injected faults: `list`, `create` and `clear` are those of an endpoint."""

    serializer_class = FaultOut
    lookup_url_kwarg = "fault_id"

    @property
    def endpoint(self) -> Endpoint:
        return endpoint_of(self.account, self.kwargs["endpoint_id"])

    def get_queryset(self) -> QuerySet[InjectedFault]:
        rows = selectors.faults(account=self.account)
        return rows.filter(endpoint=self.endpoint) if self.action == "list" else rows

    def get_serializer_context(self) -> dict[str, Any]:
        return {"now": self.now}

    @extend_schema(request=FaultIn, responses={201: FaultOut})
    def create(self, _request: Request, **_: int) -> Response:
        """Let something go wrong on purpose: once, unless you say how often. Attempts that it strikes are marked."""
        endpoint, fields = self.endpoint, self.given(FaultIn)
        return self.shown(faults.add(endpoint=endpoint, now=self.now, actor=self.actor, **fields), status=201)

    def clear(self, _request: Request, **_: int) -> Response:
        """Remove all of the endpoint's injected faults. What they hold back is sent."""
        faults.clear(endpoint=self.endpoint, now=self.now, actor=self.actor)
        return Response(status=204)

    def destroy(self, _request: Request, **_: int) -> Response:
        """Remove an injected fault. What it holds back is sent."""
        faults.remove(fault=self.get_object(), now=self.now, actor=self.actor)
        return Response(status=204)
