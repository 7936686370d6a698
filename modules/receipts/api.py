"""The REST API below /api/v1/modules/receipts/campaigns/."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from modules.receipts import rules, selectors, services
from modules.receipts.models import Campaign
from rest.base.fields import StrictSerializer, Text, TrueOrFalse
from rest.base.views import AccountViewSet

MOMENT_HELP = "ISO 8601; without an offset it is meant in the account's time zone."


class Moment(serializers.DateTimeField):
    """A time; without an offset it is in the active time zone."""

    def __init__(self, **options: object) -> None:
        super().__init__(help_text=MOMENT_HELP, **options)  # type: ignore[arg-type]

    def to_internal_value(self, value: Any) -> datetime:
        try:
            return super().to_internal_value(value)
        except OverflowError:
            self.fail("overflow")


class CampaignIn(StrictSerializer):
    name = Text()
    is_active = TrueOrFalse(required=False)
    purchase_from = Moment(required=False, allow_null=True)
    purchase_until = Moment(required=False, allow_null=True)
    upload_from = Moment(required=False, allow_null=True)
    upload_until = Moment(required=False, allow_null=True)
    shops = serializers.ListField(
        child=Text(), required=False, max_length=rules.LIST_LIMIT, help_text="Whole names; empty: any shop."
    )
    keywords = serializers.ListField(
        child=Text(),
        required=False,
        max_length=rules.LIST_LIMIT,
        help_text="An item must contain one of them; empty: any.",
    )
    minimum_amount = serializers.DecimalField(
        max_digits=12, decimal_places=2, required=False, coerce_to_string=False, help_text="Of the receipt's total."
    )
    number_once = TrueOrFalse(required=False, help_text="Whether a receipt number matches only once. Default: true.")
    uploads_per_contact = serializers.IntegerField(
        required=False, allow_null=True, help_text="Most matching receipts per contact; null: no limit."
    )


class CampaignEdit(CampaignIn):
    name = Text(required=False)


class CampaignOut(serializers.ModelSerializer[Campaign]):
    minimum_amount = serializers.FloatField()

    class Meta:
        model = Campaign
        fields = ["id", *services.EDITABLE, "created_at", "updated_at"]


@extend_schema_view(
    list=extend_schema(description="List receipt campaigns, newest first."),
    retrieve=extend_schema(description="Show a receipt campaign."),
)
class CampaignViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Campaign]):
    """Receipt campaigns and their conditions."""

    serializer_class = CampaignOut
    lookup_url_kwarg = "campaign_id"

    def get_queryset(self) -> QuerySet[Campaign]:
        return selectors.campaigns(account=self.account)

    @extend_schema(request=CampaignIn, responses={201: CampaignOut})
    def create(self, _request: Request) -> Response:
        """Create a receipt campaign. Omitted conditions do not apply."""
        made = services.create(account=self.account, now=self.now, **self.given(CampaignIn))
        return self.shown(made, status=201)

    @extend_schema(request=CampaignEdit)
    def partial_update(self, _request: Request, **_: int) -> Response:
        """Change a receipt campaign; omitted fields stay. Earlier uploads are not evaluated again."""
        campaign, fields = self.get_object(), self.given(CampaignEdit, partial=True)
        return self.shown(services.edit(campaign=campaign, now=self.now, **fields))

    def destroy(self, _request: Request, **_: int) -> Response:
        """Delete a receipt campaign and its uploads. Their events stay in the log."""
        services.delete(campaign=self.get_object())
        return Response(status=204)
