"""The calls of /api/v1/accounts/: sandboxes, so that each test of a suite has an account of its own."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import ENDPOINT_LIMIT
from rest.base.fields import StrictSerializer, Text
from rest.base.request import account_of, actor_of, now_utc
from rest.v1.serializers import WaitsField
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


class SandboxesView(APIView):
    @extend_schema(request=SandboxIn, responses={201: SandboxOut})
    def post(self, request: Request) -> Response:
        """Make a sandbox. It is an account licensed for every zone, with its own token, and gone when it expires."""
        fields = SandboxIn(data=request.data)
        fields.is_valid(raise_exception=True)
        account, token = sandboxes.make(
            parent=account_of(request), now=now_utc(), actor=actor_of(request), **fields.validated_data
        )
        made = {"id": account.pk, "name": account.name, "token": token, "expires_at": account.expires_at}
        return Response(SandboxOut(made).data, status=status.HTTP_201_CREATED)


class SandboxView(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, account_id: int) -> Response:
        """Remove a sandbox with everything in it. Its own token may ask for it, too."""
        now = now_utc()
        sandbox = get_object_or_404(selectors.sandboxes(account=account_of(request), now=now), pk=account_id)
        sandboxes.remove(sandbox=sandbox, now=now)
        return Response(status=status.HTTP_204_NO_CONTENT)
