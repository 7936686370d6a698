"""The REST API below /api/v1/modules/points/prizes/."""

from datetime import UTC, datetime

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modules.points import selectors, services
from modules.points.models import Prize
from rest.base.fields import StrictSerializer, Text, TrueOrFalse
from rest.base.paging import NewestFirst
from rest.base.request import account_of


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


class PrizesView(APIView):
    """Prizes: rewards of points."""

    pagination_class = NewestFirst

    @extend_schema(responses=PrizeOut(many=True))
    def get(self, request: Request) -> Response:
        """List prizes, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(selectors.prizes(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(PrizeOut(page, many=True).data)

    @extend_schema(request=PrizeIn, responses={201: PrizeOut})
    def post(self, request: Request) -> Response:
        """Create a prize."""
        fields = PrizeIn(data=request.data)
        fields.is_valid(raise_exception=True)
        made = services.create(account=account_of(request), now=datetime.now(UTC), **fields.validated_data)
        return Response(PrizeOut(made).data, status=status.HTTP_201_CREATED)


class PrizeView(APIView):
    """One prize."""

    @extend_schema(responses=PrizeOut)
    def get(self, request: Request, prize_id: int) -> Response:
        """Show a prize."""
        return Response(PrizeOut(_found(request, prize_id)).data)

    @extend_schema(request=PrizeEdit, responses=PrizeOut)
    def patch(self, request: Request, prize_id: int) -> Response:
        """Change a prize; omitted fields and earlier grants stay."""
        found = _found(request, prize_id)
        fields = PrizeEdit(data=request.data, partial=True)
        fields.is_valid(raise_exception=True)
        edited = services.edit(prize=found, now=datetime.now(UTC), **fields.validated_data)
        return Response(PrizeOut(edited).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, prize_id: int) -> Response:
        """Delete a prize and its grants. Their events stay in the log."""
        services.delete(prize=_found(request, prize_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _found(request: Request, prize_id: int) -> Prize:
    return get_object_or_404(selectors.prizes(account=account_of(request)), pk=prize_id)
