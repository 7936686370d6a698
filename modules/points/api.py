"""The REST API below /api/v1/modules/points/prizes/."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from modules.points import selectors, services
from modules.points.models import Prize
from rest.base.fields import StrictSerializer, Text, TrueOrFalse
from rest.base.views import AccountViewSet


class PrizeIn(StrictSerializer):
    name = Text()
    memo = Text(required=False, allow_blank=True, help_text="Why the points are given.")
    count = serializers.IntegerField(required=False, help_text="Points of one grant. Default: 1.")
    category = Text(required=False, allow_blank=True, help_text="Empty: null in the event.")
    expires_on = serializers.DateField(
        required=False,
        allow_null=True,
        help_text="The last day on which the points are valid, in the account's time zone.",
    )
    expires_after_days = serializers.IntegerField(
        required=False, allow_null=True, help_text="Days after the grant; the last day ends in the account's time zone."
    )
    needs_bound_contact = TrueOrFalse(
        required=False,
        help_text="true: contacts without a customer id are refused. false: they get points, but no event is sent.",
    )


class PrizeEdit(PrizeIn):
    name = Text(required=False)


class PrizeOut(serializers.ModelSerializer[Prize]):
    class Meta:
        model = Prize
        fields = ["id", *services.EDITABLE, "created_at", "updated_at"]


@extend_schema_view(
    list=extend_schema(description="List prizes, newest first."),
    retrieve=extend_schema(description="Show a prize."),
)
class PrizeViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Prize]):
    """Prizes: rewards of points."""

    serializer_class = PrizeOut
    lookup_url_kwarg = "prize_id"

    def get_queryset(self) -> QuerySet[Prize]:
        return selectors.prizes(account=self.account)

    @extend_schema(request=PrizeIn, responses={201: PrizeOut})
    def create(self, _request: Request) -> Response:
        """Create a prize."""
        made = services.create(account=self.account, now=self.now, **self.given(PrizeIn))
        return self.shown(made, status=201)

    @extend_schema(request=PrizeEdit)
    def partial_update(self, _request: Request, **_: int) -> Response:
        """Change a prize; omitted fields and earlier grants stay."""
        prize, fields = self.get_object(), self.given(PrizeEdit, partial=True)
        return self.shown(services.edit(prize=prize, now=self.now, **fields))

    def destroy(self, _request: Request, **_: int) -> Response:
        """Delete a prize and its grants. Their events stay in the log."""
        services.delete(prize=self.get_object())
        return Response(status=204)
