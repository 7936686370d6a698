"""The REST API below /api/v1/modules/receipts/uploads/."""

import math
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from modules.contacts.contact_fields import ContactReference, pop_contact
from modules.receipts import rules, selectors, uploads
from modules.receipts.api import Moment
from modules.receipts.conditions import CODES, SENTENCES, Item
from modules.receipts.models import Campaign, Upload
from rest.base.fields import SeedField, StrictSerializer, Text, TrueOrFalse
from rest.base.views import AccountViewSet
from webhooks.ids import is_id

RECEIPT_FIELDS = ("number", "random_number", "datetime", "channel", "items")
GENERATED_FIELDS = ("seed", "breaking")
LARGEST_ID = 2**63 - 1


@extend_schema_field({"type": "number"})
class Number(serializers.Field[Any, Any, Any, Any]):
    """A JSON number, not a string or boolean."""

    def to_internal_value(self, data: Any) -> float:
        is_number = isinstance(data, int | float) and not isinstance(data, bool)
        if not is_number or abs(data) > rules.LARGEST_AMOUNT or not math.isfinite(data):
            raise serializers.ValidationError(_(rules.NOT_AN_AMOUNT))
        return float(data)


class ItemIn(StrictSerializer):
    description = Text(trim_whitespace=False)
    unit_price = Number()
    quantity = Number(required=False, help_text="Default: 1.")
    amount = Number(required=False, help_text="Default: unit price times quantity.")


class UploadIn(ContactReference):
    campaign = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, help_text="The campaign's id.")
    number = Text(required=False, help_text="E-invoice number: two capital letters, eight digits.")
    random_number = Text(required=False, help_text="Four digits.")
    datetime = Moment(required=False)
    channel = Text(required=False, help_text="The shop's name.")
    items = ItemIn(many=True, required=False)
    upload_datetime = Moment(required=False)
    generate = TrueOrFalse(required=False, help_text="Generate a realistic receipt instead of giving its fields.")
    seed = SeedField(required=False, help_text="With `generate`: the same seed gives the same receipt.")
    breaking = Text(required=False, help_text=f"With `generate`: fail only this condition: {', '.join(CODES)}.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if attrs.pop("generate", False):
            surplus, word = {*RECEIPT_FIELDS, "upload_datetime"} & set(attrs), 'Leave it out with "generate": true.'
        else:
            surplus, word = set(GENERATED_FIELDS) & set(attrs), 'This needs "generate": true.'
            missing = [name for name in RECEIPT_FIELDS if name not in attrs]
            if missing and not surplus:
                raise serializers.ValidationError(
                    {name: ['This field is required, or "generate": true.'] for name in missing}
                )
        if surplus:
            raise serializers.ValidationError({name: [word] for name in sorted(surplus)})
        return attrs


class FailedCondition(serializers.Serializer[Any]):
    code = serializers.CharField(help_text=", ".join(CODES))
    message = serializers.CharField()


class UploadItemOut(serializers.Serializer[Any]):
    description = serializers.CharField()
    unit_price = serializers.FloatField()
    quantity = serializers.FloatField()
    amount = serializers.FloatField()


class UploadOut(serializers.ModelSerializer[Upload]):
    line_uid = serializers.CharField(source="contact.line_uid")
    datetime = serializers.DateTimeField(source="purchased_at")
    upload_datetime = serializers.DateTimeField(source="uploaded_at")
    items = UploadItemOut(many=True)
    total = serializers.FloatField()
    failed_conditions = serializers.SerializerMethodField()
    event_id = serializers.IntegerField(
        source="webhook_event_id", allow_null=True, help_text="The webhook event; null: it did not match."
    )

    class Meta:
        model = Upload
        fields = [
            "id", "campaign", "contact", "line_uid", "number", "random_number", "datetime", "upload_datetime",
            "channel", "items", "total", "matched", "failed_conditions", "event_id",
        ]  # fmt: skip

    @extend_schema_field(FailedCondition(many=True))
    def get_failed_conditions(self, upload: Upload) -> list[dict[str, str]]:
        return [{"code": code, "message": _(SENTENCES[code])} for code in upload.failed_conditions]


@extend_schema_view(
    list=extend_schema(
        description="List uploads, newest first.",
        parameters=[OpenApiParameter("campaign", int, description="Only uploads to the campaign with this id.")],
    ),
    retrieve=extend_schema(description="Show an upload."),
)
class UploadViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Upload]):
    """Uploads of receipts."""

    serializer_class = UploadOut
    lookup_url_kwarg = "upload_id"

    def get_queryset(self) -> QuerySet[Upload]:
        campaign = self.request.query_params.get("campaign") if self.action == "list" else None
        return selectors.uploads(
            account=self.account, campaign=None if campaign is None else _campaign(self.account, campaign)
        )

    @extend_schema(request=UploadIn, responses={201: UploadOut})
    def create(self, _request: Request) -> Response:
        """Upload a receipt as a contact, or generate one. Only a match sends `receipt.receipt_validated`.

        The answer says whether it matched, or which conditions of the campaign it failed.
        """
        fields = self.given(UploadIn)
        campaign = _campaign(self.account, fields.pop("campaign"))
        contact = pop_contact(account=self.account, fields=fields)
        if "number" in fields:
            made = uploads.upload(campaign=campaign, contact=contact, now=self.now, **_receipt(fields))
        else:
            made = uploads.upload_generated(campaign=campaign, contact=contact, now=self.now, **fields)
        return self.shown(made, status=201)


def _receipt(fields: dict[str, Any]) -> dict[str, Any]:
    """Arguments of the service from a receipt's fields."""
    items: list[Item] = [rules.item_of(**item) for item in fields["items"]]
    moments = {"purchased_at": fields["datetime"], "uploaded_at": fields.get("upload_datetime")}
    return {**{name: fields[name] for name in ("number", "random_number", "channel")}, "items": items, **moments}


def _campaign(account: Account, campaign_id: int | str) -> Campaign:
    """The account's campaign with the id in the request."""
    text = str(campaign_id)
    found = selectors.campaigns(account=account).filter(pk=int(text)).first() if is_id(text) else None
    if found is None:
        raise serializers.ValidationError({"campaign": ["The account has no such campaign."]})
    return found
