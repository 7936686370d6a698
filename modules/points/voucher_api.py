"""The REST API below /api/v1/modules/points/vouchers/, and the points that a contact has."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Account
from modules.contacts import selectors as contact_selectors
from modules.contacts.models import Contact
from modules.points import selectors, vouchers
from modules.points.models import Voucher
from rest.base.fields import StrictSerializer, Text, TrueOrFalse, WholeNumber
from rest.base.paging import NewestFirst
from rest.base.request import account_of, now_utc


class VoucherIn(StrictSerializer):
    name = Text()
    code = Text(required=False, help_text="Missing: random, one for each contact.")
    line_uids = serializers.ListField(
        child=Text(),
        required=False,
        allow_empty=False,
        max_length=vouchers.MOST_AT_ONCE,
        help_text="Contacts who receive a voucher each. Missing: one voucher that nobody has received yet.",
    )
    points = WholeNumber(required=False, help_text="Points that redeeming it costs. Default: 0.")
    valid_until = serializers.DateTimeField(required=False, allow_null=True, help_text="Missing: for ever.")


class VoucherEdit(StrictSerializer):
    line_uid = Text(required=False, allow_null=True, help_text="The contact who receives it; null: nobody.")
    valid_until = serializers.DateTimeField(required=False, allow_null=True)
    is_blocked = TrueOrFalse(required=False, help_text="true: the prize is being edited; redeeming answers 408.")


class VoucherOut(serializers.ModelSerializer[Voucher]):
    line_uid = serializers.SerializerMethodField(help_text="Who has received it; null: nobody yet.")

    class Meta:
        model = Voucher
        fields = [
            "id", "name", "code", "line_uid", "points", "valid_until", "is_blocked", "created_at", "redeemed_at",
            "customer_id", "mobile", "gender", "store", "revenue",
        ]  # fmt: skip

    def get_line_uid(self, voucher: Voucher) -> str | None:
        return voucher.contact.line_uid if voucher.contact else None


class IssuedOut(serializers.Serializer[Any]):
    results = VoucherOut(many=True)


class BalanceOut(serializers.Serializer[Any]):
    line_uid = serializers.CharField()
    points = serializers.IntegerField(help_text="Granted, not lapsed, not spent.")


class VouchersView(APIView):
    """Vouchers with codes of their own, which the Open API redeems."""

    pagination_class = NewestFirst

    @extend_schema(
        responses=VoucherOut(many=True), parameters=[OpenApiParameter("code", str, description="The whole code.")]
    )
    def get(self, request: Request) -> Response:
        """List vouchers, newest first."""
        rows = selectors.vouchers(account=account_of(request))
        if code := request.query_params.get("code", ""):
            rows = rows.filter(code=code)
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(VoucherOut(page, many=True).data)

    @extend_schema(request=VoucherIn, responses={201: IssuedOut})
    def post(self, request: Request) -> Response:
        """Issue vouchers: one for each contact, or one for nobody yet."""
        account, given = account_of(request), VoucherIn(data=request.data)
        given.is_valid(raise_exception=True)
        fields = dict(given.validated_data)
        named = fields.pop("line_uids", None)
        contacts: list[Contact | None] = [None] if named is None else [_contact(account, uid) for uid in named]
        made = vouchers.issue(account=account, contacts=contacts, now=now_utc(), **fields)
        return Response({"results": VoucherOut(made, many=True).data}, status=status.HTTP_201_CREATED)


class VoucherView(APIView):
    @extend_schema(responses=VoucherOut)
    def get(self, request: Request, voucher_id: int) -> Response:
        """Show a voucher and, once it is redeemed, what the redemption named."""
        return Response(VoucherOut(_voucher(request, voucher_id)).data)

    @extend_schema(request=VoucherEdit, responses=VoucherOut)
    def patch(self, request: Request, voucher_id: int) -> Response:
        """Hand a voucher out, change its validity, block or unblock it; omitted fields stay."""
        found, given = _voucher(request, voucher_id), VoucherEdit(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        fields = dict(given.validated_data)
        if "line_uid" in fields:
            line_uid = fields.pop("line_uid")
            fields["contact"] = None if line_uid is None else _contact(account_of(request), line_uid)
        return Response(VoucherOut(vouchers.edit(voucher=found, **fields)).data)


class BalanceView(APIView):
    @extend_schema(responses=BalanceOut)
    def get(self, request: Request, line_uid: str) -> Response:
        """Show the points that a contact has now."""
        contact = get_object_or_404(contact_selectors.contacts(account=account_of(request)), line_uid=line_uid)
        return Response({"line_uid": line_uid, "points": selectors.balance(contact=contact, now=now_utc())})


def _voucher(request: Request, voucher_id: int) -> Voucher:
    return get_object_or_404(selectors.vouchers(account=account_of(request)), pk=voucher_id)


def _contact(account: Account, line_uid: str) -> Contact:
    found = contact_selectors.contacts(account=account).filter(line_uid=line_uid).first()
    if found is None:
        raise ValidationError({"line_uid": [f"The account has no such contact: {line_uid}."]})
    return found
