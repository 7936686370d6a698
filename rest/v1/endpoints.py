"""The calls of /api/v1/ about endpoints: the receivers' URLs."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from rest.base.fields import StrictSerializer, Text, TrueOrFalse
from rest.base.views import AccountViewSet
from rest.v1.fields import HeadersField, WaitsField
from webhooks import selectors
from webhooks.engine.extra_headers import MASK
from webhooks.models import Endpoint
from webhooks.services import endpoints


def endpoint_of(account: Account, endpoint_id: int) -> Endpoint:
    """The account's endpoint with this id, or 404."""
    return get_object_or_404(selectors.endpoints(account=account), pk=endpoint_id)


class EndpointIn(StrictSerializer):
    name = Text(max_length=100)
    url = Text(allow_blank=True, trim_whitespace=False)
    event_types = serializers.ListField(child=Text(max_length=100), max_length=50)
    verify_tls = TrueOrFalse(required=False, help_text="`false` takes any certificate; missing: `true`.")
    host_override = Text(
        required=False, allow_blank=True, trim_whitespace=False, help_text="`host` or `host:port` for the Host header."
    )
    extra_headers = HeadersField(required=False, help_text="Static headers, sent after those of MAAC, by name.")
    retry_waits = WaitsField(required=False, help_text="Seconds before each retry; null: those of the account.")


@extend_schema_field({"type": "string", "enum": ["running", "paused"]}, component_name="EndpointStatus")
class EndpointStatus(serializers.CharField):
    """A name of its own in the schema: a delivery has a status, too."""


class EndpointOut(serializers.ModelSerializer[Endpoint]):
    """`share_secret` is masked, except in the answers that exist to show it."""

    status = EndpointStatus()
    share_secret = serializers.SerializerMethodField()
    verify_tls = serializers.BooleanField()
    host_override = serializers.CharField()
    extra_headers = HeadersField()
    retry_waits = WaitsField()

    class Meta:
        model = Endpoint
        fields = [
            "id", "name", "url", "event_types", "status", "share_secret", "verify_tls", "host_override",
            "extra_headers", "retry_waits", "created_at", "updated_at",
        ]  # fmt: skip

    def get_share_secret(self, endpoint: Endpoint) -> str:
        return endpoint.share_secret if self.context.get("reveal") else MASK


class SecretOut(serializers.Serializer[dict[str, str]]):
    share_secret = serializers.CharField()


@extend_schema_view(
    list=extend_schema(description="List your endpoints, newest first."),
    retrieve=extend_schema(description="Show an endpoint; its share secret is masked."),
)
class EndpointViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Endpoint]):
    """Endpoints: the receivers' URLs."""

    serializer_class = EndpointOut
    lookup_url_kwarg = "endpoint_id"

    def get_queryset(self) -> QuerySet[Endpoint]:
        return selectors.endpoints(account=self.account)

    @extend_schema(request=EndpointIn, responses={201: EndpointOut})
    def create(self, _request: Request) -> Response:
        """Create a running endpoint. The answer shows its share secret in full."""
        endpoint = endpoints.create(account=self.account, now=self.now, actor=self.actor, **self.given(EndpointIn))
        return Response(EndpointOut(endpoint, context={"reveal": True}).data, status=201)

    @extend_schema(request=EndpointIn(partial=True))
    def partial_update(self, _request: Request, **_: int) -> Response:
        """Change name, URL, event types or options; what is left out stays."""
        endpoint, fields = self.get_object(), self.given(EndpointIn, partial=True)
        return self.shown(endpoints.edit(endpoint=endpoint, now=self.now, actor=self.actor, **fields))

    def destroy(self, _request: Request, **_: int) -> Response:
        """Delete an endpoint. Its deliveries stay readable."""
        endpoints.delete(endpoint=self.get_object(), now=self.now, actor=self.actor)
        return Response(status=204)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, _request: Request, **_: int) -> Response:
        """Pause an endpoint: nothing is sent to it until it is resumed."""
        return self.shown(endpoints.pause(endpoint=self.named(), now=self.now, actor=self.actor))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resume(self, _request: Request, **_: int) -> Response:
        """Resume a paused endpoint, if the account may run one more."""
        return self.shown(endpoints.resume(endpoint=self.named(), now=self.now, actor=self.actor))

    @extend_schema(responses=SecretOut)
    @action(detail=True)
    def secret(self, _request: Request, **_: int) -> Response:
        """Reveal the share secret. The audit log says who did."""
        secret = endpoints.reveal_secret(endpoint=self.get_object(), now=self.now, actor=self.actor)
        return Response({"share_secret": secret})

    @extend_schema(request=None, responses=SecretOut)
    @action(detail=True, methods=["post"], url_path="secret/rotate")
    def rotate_secret(self, _request: Request, **_: int) -> Response:
        """Change the share secret. The old one stops being used at once."""
        rotated = endpoints.rotate_secret(endpoint=self.named(), now=self.now, actor=self.actor)
        return Response({"share_secret": rotated.share_secret})

    def named(self) -> Endpoint:
        """The path's endpoint, for calls that take no body."""
        endpoint = self.get_object()
        self.expect_nothing()
        return endpoint
