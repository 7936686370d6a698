"""The REST API below /api/v1/modules/receipts/campaigns/."""

from datetime import UTC, datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modules.receipts import rules, selectors, services
from modules.receipts.models import Campaign
from rest.base.fields import StrictSerializer, Text, TrueOrFalse
from rest.base.paging import NewestFirst
from rest.base.request import account_of

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


class CampaignsView(APIView):
    """Receipt campaigns and their conditions."""

    pagination_class = NewestFirst

    @extend_schema(responses=CampaignOut(many=True))
    def get(self, request: Request) -> Response:
        """List receipt campaigns, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(selectors.campaigns(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(CampaignOut(page, many=True).data)

    @extend_schema(request=CampaignIn, responses={201: CampaignOut})
    def post(self, request: Request) -> Response:
        """Create a receipt campaign. Omitted conditions do not apply."""
        fields = parsed(CampaignIn(data=request.data), request)
        made = services.create(account=account_of(request), now=datetime.now(UTC), **fields.validated_data)
        return Response(CampaignOut(made).data, status=status.HTTP_201_CREATED)


class CampaignView(APIView):
    """One receipt campaign."""

    @extend_schema(responses=CampaignOut)
    def get(self, request: Request, campaign_id: int) -> Response:
        """Show a receipt campaign."""
        return Response(CampaignOut(_found(request, campaign_id)).data)

    @extend_schema(request=CampaignEdit, responses=CampaignOut)
    def patch(self, request: Request, campaign_id: int) -> Response:
        """Change a receipt campaign; omitted fields stay. Earlier uploads are not evaluated again."""
        found = _found(request, campaign_id)
        fields = parsed(CampaignEdit(data=request.data, partial=True), request)
        edited = services.edit(campaign=found, now=datetime.now(UTC), **fields.validated_data)
        return Response(CampaignOut(edited).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, campaign_id: int) -> Response:
        """Delete a receipt campaign and its uploads. Their events stay in the log."""
        services.delete(campaign=_found(request, campaign_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def parsed(serializer: StrictSerializer, request: Request) -> StrictSerializer:
    """A validated serializer; times without an offset are in the account's time zone."""
    with timezone.override(account_of(request).zone_info):
        serializer.is_valid(raise_exception=True)
    return serializer


def _found(request: Request, campaign_id: int) -> Campaign:
    return get_object_or_404(selectors.campaigns(account=account_of(request)), pk=campaign_id)
