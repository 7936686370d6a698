"""The call of /api/v1/ that sends again whatever a filter of the delivery log shows."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from rest.base.fields import StrictSerializer, TrueOrFalse
from rest.base.views import AccountAPIView
from rest.v1.filters import PARAMETERS, read_criteria
from webhooks.log import bulk_redelivery


class RedeliverFoundIn(StrictSerializer):
    new_key = TrueOrFalse(default=False, help_text="Send them as new deliveries, each under a new key.")
    dry_run = TrueOrFalse(default=False, help_text="Only count: nothing is sent.")


class RedeliverFoundOut(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField()
    matched = serializers.IntegerField(help_text="Deliveries that the filter shows.")
    by_status = serializers.DictField(child=serializers.IntegerField())
    redelivered = serializers.IntegerField(help_text="How many are sent again; in a dry run, how many would be.")
    not_redelivered = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many are not, by reason: in_progress, endpoint_paused, endpoint_deleted, zone_not_licensed.",
    )
    more = serializers.BooleanField(
        help_text=f"The filter shows more than {bulk_redelivery.AT_MOST}; these are the newest of them."
    )


class RedeliverFoundView(AccountAPIView):
    @extend_schema(
        operation_id="v1_deliveries_redeliver_found_create",
        request=RedeliverFoundIn,
        responses={200: RedeliverFoundOut, 202: RedeliverFoundOut},
        parameters=PARAMETERS,
    )
    def post(self, request: Request) -> Response:
        """Send again what the log shows under the same filters, at most 10,000 deliveries; or only count them."""
        fields = self.given(RedeliverFoundIn)
        criteria = read_criteria(request, now=self.now, others=())
        preview, run = bulk_redelivery.redeliver_found(account=self.account, criteria=criteria, now=self.now, **fields)
        answer = {
            "dry_run": fields["dry_run"],
            "matched": preview.matched,
            "by_status": preview.by_status,
            "redelivered": run.redelivered,
            "not_redelivered": run.blocked,
            "more": preview.has_more,
        }
        return Response(answer, status=200 if fields["dry_run"] else 202)
