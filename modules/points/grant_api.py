"""The REST API below /api/v1/modules/points/grants/."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from modules.contacts import selectors as contact_selectors
from modules.contacts.models import Contact
from modules.points import granting, rules, selectors
from modules.points.models import Grant, Prize
from rest.base.fields import StrictSerializer, Text, TrueOrFalse
from rest.base.views import AccountViewSet

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


@extend_schema_view(
    list=extend_schema(description="List grants, newest first."), retrieve=extend_schema(description="Show a grant.")
)
class GrantViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Grant]):
    """Grants of points to contacts."""

    serializer_class = GrantOut
    lookup_url_kwarg = "grant_id"

    def get_queryset(self) -> QuerySet[Grant]:
        return selectors.grants(account=self.account)

    @extend_schema(request=GrantIn, responses={201: GrantsOut, 200: GrantsOut})
    def create(self, _request: Request) -> Response:
        """Grant points to contacts. Each grant sends `prize.points_added`.

        All contacts get the points or none. A repeated grant is not published again without `resend`; 200 says
        that all of them were there before.
        """
        fields = self.given(GrantIn)
        prize = _prize(self.account, fields.pop("prize"))
        contacts = _contacts(self.account, fields)
        granted = granting.grant(prize=prize, contacts=contacts, now=self.now, **fields)
        rows = [{**GrantOut(each.grant).data, "repeated": each.is_repeat} for each in granted]
        return Response({"results": rows}, status=200 if all(each.is_repeat for each in granted) else 201)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resend(self, _request: Request, **_: int) -> Response:
        """Publish a grant's event again, under the same points_id."""
        self.expect_nothing()
        return self.shown(granting.resend(grant=self.get_object(), now=self.now))


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
