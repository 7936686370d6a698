"""The calls of /api/v1/ about the binding callback: address, preset headers, test, check of its receiver."""

from functools import partial
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from receiver_check.run import Options
from rest.base.fields import SeedField, StrictSerializer, Text, TrueOrFalse
from rest.base.request import account_of, actor_of, expect_nothing, now_utc
from rest.v1.checks import CheckOut
from rest.v1.events import TEST_WAIT, test_result
from rest.v1.fields import HeadersField
from rest.v1.serializers import TestOut
from webhooks import selectors
from webhooks.engine.extra_headers import MASK
from webhooks.models import Endpoint
from webhooks.services import callback, checks
from webhooks.waiting import waiting_of


class CallbackIn(StrictSerializer):
    url = Text(max_length=2000, help_text="Where the receiver takes binding callbacks.")
    headers = HeadersField(
        required=False,
        help_text=f"The preset headers; a value of {MASK} keeps the present one. MAAC's sample: x-api-key.",
    )
    verify_tls = TrueOrFalse(required=False, help_text="`false` takes any certificate; missing: `true`.")


class CallbackOut(serializers.ModelSerializer[Endpoint]):
    """`headers` are masked. `id` is the `endpoint` of its deliveries in the log."""

    headers = serializers.SerializerMethodField()

    class Meta:
        model = Endpoint
        fields = ["id", "url", "headers", "verify_tls", "created_at", "updated_at"]

    def get_headers(self, endpoint: Endpoint) -> dict[str, str]:
        return callback.masked_headers(endpoint)


class CallbackTestIn(StrictSerializer):
    seed = SeedField(required=False, help_text="The same seed makes the same body; missing: any.")


class CallbackView(APIView):
    """The binding callback: MAAC's request when a contact has completed a binding."""

    @extend_schema(responses=CallbackOut)
    def get(self, request: Request) -> Response:
        """Show the address and the names of the preset headers; 404 while none is set."""
        return Response(CallbackOut(callback_of(request)).data)

    @extend_schema(request=CallbackIn, responses=CallbackOut)
    def put(self, request: Request) -> Response:
        """Set the address and the preset headers."""
        fields = CallbackIn(data=request.data)
        fields.is_valid(raise_exception=True)
        given: dict[str, Any] = {"headers": {}, **fields.validated_data}
        set_one = callback.set_callback(account=account_of(request), now=now_utc(), actor=actor_of(request), **given)
        return Response(CallbackOut(set_one).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Remove the address: no callback is sent any more, and pending ones are skipped."""
        callback.remove_callback(account=account_of(request), now=now_utc(), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class CallbackTestView(APIView):
    @extend_schema(request=CallbackTestIn, responses=TestOut)
    def post(self, request: Request) -> Response:
        """Send a sample callback now and wait for what comes of it. One attempt."""
        fields = CallbackTestIn(data=request.data)
        fields.is_valid(raise_exception=True)
        account, waiting = account_of(request), waiting_of(request.META)
        delivery = waiting.once(
            lambda: callback.send_test_callback(account=account, now=now_utc(), **fields.validated_data)
        )
        waiting.wait(partial(selectors.is_event_done, event_id=delivery.event_id), timeout=TEST_WAIT)
        return Response(test_result(selectors.deliveries(account=account).get(pk=delivery.pk)))


class CallbackCheckView(APIView):
    @extend_schema(request=None, responses={202: CheckOut})
    def post(self, request: Request) -> Response:
        """Check the callback's receiver in the background: its answer, its preset headers, duplicates."""
        expect_nothing(request)
        check = checks.start_for_callback(
            callback=callback_of(request), options=Options(seed=""), now=now_utc(), actor=actor_of(request)
        )
        return Response(CheckOut(check).data, status=status.HTTP_202_ACCEPTED)


def callback_of(request: Request) -> Endpoint:
    """The callback of the caller's account, or 404."""
    found = callback.callback_of(account_of(request))
    if found is None:
        raise NotFound("No address is set for the binding callback. Set one with PUT /api/v1/callback/.")
    return found
