"""The calls of /api/v1/accounts/: sandboxes, so that each test of a suite has an account of its own."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ENDPOINT_LIMIT, Account
from rest.base.fields import StrictSerializer, Text
from rest.base.views import AccountViewSet
from rest.v1.fields import WaitsField
from webhooks import selectors
from webhooks.services import sandboxes


class SandboxIn(StrictSerializer):
    name = Text(required=False, max_length=100)
    time_zone = Text(required=False, max_length=50, help_text="Missing: that of your account.")
    endpoint_limit = serializers.IntegerField(
        required=False, help_text=f"Endpoints that may run at a time; missing: {ENDPOINT_LIMIT}, as MAAC has it."
    )
    expires_in = serializers.IntegerField(
        required=False,
        help_text=f"Seconds, {sandboxes.LONGEST_LIFETIME} at most; missing: {sandboxes.LIFETIME}.",
    )
    retry_waits = WaitsField(required=False, help_text="Seconds before each retry; missing: those of the simulator.")


class SandboxOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    token = serializers.CharField(help_text="The sandbox's own API token. It is shown only here.")
    expires_at = serializers.DateTimeField()


class SandboxViewSet(AccountViewSet[Account]):
    serializer_class = SandboxOut
    lookup_url_kwarg = "account_id"

    def get_queryset(self) -> QuerySet[Account]:
        return selectors.sandboxes(account=self.account, now=self.now)

    @extend_schema(request=SandboxIn, responses={201: SandboxOut})
    def create(self, _request: Request) -> Response:
        """Make a sandbox. It is an account licensed for every zone, with its own token, and gone when it expires."""
        fields = self.given(SandboxIn)
        account, token = sandboxes.make(parent=self.account, now=self.now, actor=self.actor, **fields)
        made = {"id": account.pk, "name": account.name, "token": token, "expires_at": account.expires_at}
        return Response(SandboxOut(made).data, status=201)

    def destroy(self, _request: Request, **_: int) -> Response:
        """Remove a sandbox with everything in it. Its own token may ask for it, too."""
        sandboxes.remove(sandbox=self.get_object(), now=self.now)
        return Response(status=204)
