"""The REST API below /api/v1/modules/points/grants/."""

from datetime import UTC, datetime
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Account
from modules.contacts import selectors as contact_selectors
from modules.contacts.models import Contact
from modules.points import granting, rules, selectors
from modules.points.models import Grant, Prize
from rest.base.fields import Nothing, StrictSerializer, Text, TrueOrFalse
from rest.base.paging import NewestFirst
from rest.base.request import account_of

LARGEST_ID = 2**63 - 1


class GrantIn(StrictSerializer):
    prize = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, help_text="The prize's id.")
    line_uid = Text(required=False, help_text="The contact's LINE UID; or give `contact`, or `line_uids`.")
    contact = serializers.IntegerField(
        required=False, min_value=1, max_value=LARGEST_ID, help_text="The contact's id, instead of `line_uid`."
    )
    line_uids = serializers.ListField(
        child=Text(),
        required=False,
        allow_empty=False,
        max_length=rules.CONTACT_LIMIT,
        help_text="LINE UIDs of several contacts.",
    )
    count = serializers.IntegerField(required=False, help_text="Points. Default: the prize's.")
    memo = Text(required=False, allow_blank=True, help_text="Why the points are granted. Default: the prize's memo.")
    grant_key = Text(required=False, help_text="Your own key. With the same prize and contact it repeats the grant.")
    points_id = serializers.UUIDField(
        required=False, help_text="The grant's id. Default: random. An existing id repeats that grant."
    )
    resend = TrueOrFalse(
        required=False, help_text="Publish the event of a repeated grant again, under the same points_id."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len({"line_uid", "contact", "line_uids"} & set(attrs)) != 1:
            raise serializers.ValidationError({"line_uid": ["Give one of line_uid, contact and line_uids."]})
        return attrs


class GrantOut(serializers.ModelSerializer[Grant]):
    line_uid = serializers.CharField(source="contact.line_uid")
    event_id = serializers.IntegerField(
        source="webhook_event_id", allow_null=True, help_text="The latest webhook event of this grant; null: none."
    )

    class Meta:
        model = Grant
        fields = [
            "id", "prize", "contact", "line_uid", "points_id", "grant_key", "count", "memo", "category", "expire_date",
            "granted_at", "event_id",
        ]  # fmt: skip


class GrantedOut(GrantOut):
    repeated = serializers.BooleanField(help_text="Whether the grant existed before.")

    class Meta(GrantOut.Meta):
        fields = [*GrantOut.Meta.fields, "repeated"]


class GrantsOut(serializers.Serializer[Any]):
    results = GrantedOut(many=True)


class GrantsView(APIView):
    """Grants of points to contacts."""

    pagination_class = NewestFirst

    @extend_schema(responses=GrantOut(many=True))
    def get(self, request: Request) -> Response:
        """List grants, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(selectors.grants(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(GrantOut(page, many=True).data)

    @extend_schema(request=GrantIn, responses={201: GrantsOut, 200: GrantsOut})
    def post(self, request: Request) -> Response:
        """Grant points to contacts. Each grant sends `prize.points_added`.

        All contacts get the points or none. A repeated grant is not published again without `resend`; 200 says
        that all of them were there before.
        """
        serializer = GrantIn(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields, account = dict(serializer.validated_data), account_of(request)
        prize = _prize(account, fields.pop("prize"))
        contacts = _contacts(account, fields)
        granted = granting.grant(prize=prize, contacts=contacts, now=datetime.now(UTC), **fields)
        rows = [{**GrantOut(each.grant).data, "repeated": each.is_repeat} for each in granted]
        is_new = not all(each.is_repeat for each in granted)
        return Response({"results": rows}, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class GrantView(APIView):
    """One grant."""

    @extend_schema(responses=GrantOut)
    def get(self, request: Request, grant_id: int) -> Response:
        """Show a grant."""
        return Response(GrantOut(_found(request, grant_id)).data)


class ResendView(APIView):
    @extend_schema(request=None, responses=GrantOut)
    def post(self, request: Request, grant_id: int) -> Response:
        """Publish a grant's event again, under the same points_id."""
        Nothing(data=request.data).is_valid(raise_exception=True)
        resent = granting.resend(grant=_found(request, grant_id), now=datetime.now(UTC))
        return Response(GrantOut(resent).data)


def _found(request: Request, grant_id: int) -> Grant:
    return get_object_or_404(selectors.grants(account=account_of(request)), pk=grant_id)


def _prize(account: Account, prize_id: int) -> Prize:
    found = selectors.prizes(account=account).filter(pk=prize_id).first()
    if found is None:
        raise serializers.ValidationError({"prize": ["The account has no such prize."]})
    return found


def _contacts(account: Account, fields: dict[str, Any]) -> list[Contact]:
    """Remove the contact fields from validated data and return the contacts they identify, in that order."""
    name = next(each for each in ("line_uid", "contact", "line_uids") if each in fields)
    value = fields.pop(name)
    wanted = value if name == "line_uids" else [value]
    column = "pk" if name == "contact" else "line_uid"
    found = contact_selectors.contacts(account=account).filter(**{f"{column}__in": wanted})
    known = {getattr(contact, column): contact for contact in found}
    missing = [str(each) for each in wanted if each not in known][:5]
    if missing:
        raise serializers.ValidationError({name: [f"The account has no such contact: {', '.join(missing)}."]})
    return [known[each] for each in wanted]
