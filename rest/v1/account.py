"""The calls of /api/v1/ about the account: its limits and licences, its audit log, and the event types."""

from datetime import UTC
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.models import Account, AuditEntry, Licence
from accounts.services import endpoint_limit, licensed_zones
from maac_contract import contract
from maac_contract.samples import default_moment, sample
from rest.base.fields import StrictSerializer
from rest.base.views import AccountAPIView, AccountViewSet
from rest.v1.fields import WaitsField
from webhooks import selectors
from webhooks.services.endpoints import set_retry_waits

EXAMPLE_SEED = 1


class LicenceOut(serializers.ModelSerializer[Licence]):
    valid = serializers.SerializerMethodField()

    class Meta:
        model = Licence
        fields = ["zone", "extra_endpoints", "valid_from", "valid_until", "valid"]

    def get_valid(self, licence: Licence) -> bool:
        return bool(licence.valid_from <= self.context["now"] < licence.valid_until)


class AccountOut(serializers.ModelSerializer[Account]):
    endpoint_limit = serializers.SerializerMethodField()
    running_endpoints = serializers.SerializerMethodField()
    licences = serializers.SerializerMethodField()
    retry_waits = WaitsField(help_text="Seconds before each retry; null: those of the simulator, which are MAAC's.")

    class Meta:
        model = Account
        fields = ["id", "name", "time_zone", "plan", "endpoint_limit", "running_endpoints", "licences", "retry_waits"]

    @extend_schema_field(LicenceOut(many=True))
    def get_licences(self, account: Account) -> Any:
        return LicenceOut(account.licences.order_by("id"), many=True, context=self.context).data

    def get_endpoint_limit(self, _account: Account) -> int:
        return int(self.context["endpoint_limit"])

    def get_running_endpoints(self, _account: Account) -> int:
        return int(self.context["running_endpoints"])


class AccountIn(StrictSerializer):
    retry_waits = WaitsField(help_text="Seconds before each retry; null: those of the simulator, which are MAAC's.")


class FieldOut(serializers.Serializer[Any]):
    path = serializers.CharField()
    type = serializers.CharField()
    nullable = serializers.BooleanField()
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="documented by MAAC, or chosen by this simulator"
    )
    description = serializers.CharField()


class EventTypeOut(serializers.Serializer[Any]):
    topic = serializers.CharField()
    zone = serializers.IntegerField()
    title = serializers.CharField()
    description = serializers.CharField()
    licensed = serializers.BooleanField()
    schema = serializers.DictField(help_text="JSON Schema 2020-12 of `data`")
    example = serializers.DictField(help_text="the whole body, as it is sent")
    fields = FieldOut(many=True)  # type: ignore[assignment]


class AuditEntryOut(serializers.ModelSerializer[AuditEntry]):
    class Meta:
        model = AuditEntry
        fields = ["id", "actor", "action", "target", "at"]


class AccountView(AccountAPIView):
    """Your account."""

    @extend_schema(responses=AccountOut)
    def get(self, _request: Request) -> Response:
        """Name, time zone, limits and licences of the account that the token belongs to."""
        return self.shown(self.account)

    @extend_schema(request=AccountIn, responses=AccountOut)
    def patch(self, _request: Request) -> Response:
        """Change how long deliveries wait before each retry; short waits let a test suite see one given up at once."""
        fields = self.given(AccountIn)
        return self.shown(set_retry_waits(account=self.account, now=self.now, actor=self.actor, **fields))

    def shown(self, account: Account) -> Response:
        context = {
            "now": self.now,
            "endpoint_limit": endpoint_limit(account=account, now=self.now),
            "running_endpoints": selectors.running_endpoints(account=account),
        }
        return Response(AccountOut(account, context=context).data)


@extend_schema_view(
    list=extend_schema(description="List who did what to your account's endpoints, tokens and licences, newest first.")
)
class AuditViewSet(ListModelMixin, AccountViewSet[AuditEntry]):
    """The audit log."""

    serializer_class = AuditEntryOut

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return audit.entries(account=self.account)


class EventTypesView(AccountAPIView):
    """The contract."""

    @extend_schema(responses=EventTypeOut(many=True))
    def get(self, _request: Request) -> Response:
        """Every event type: topic, zone, whether you may receive it, JSON Schema, example, source of each field."""
        zones = licensed_zones(account_id=self.account.pk, now=self.now)
        return Response([_event_type(topic, topic.zone in zones) for topic in contract.TOPICS.values()])


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
