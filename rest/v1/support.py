"""The calls of /api/v1/support/: plans, licences and add-ons of accounts, as customer support changes them.

A token that customer support made for itself reaches every account. Any other reaches the sandboxes of its account:
a test can end the licence of its own sandbox, and nobody can change what the own account has bought.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import selectors, services
from accounts.models import Account, Licence
from maac_contract.contract import ZONES
from rest.base.fields import StrictSerializer, Text
from rest.base.paging import NewestFirst
from rest.base.request import account_of, actor_of, expect_nothing, now_utc, operates
from rest.v1.account import LicenceOut

YEAR = timedelta(days=365)
YEARS = range(2000, 3000)
"""Times outside this range overflow in time zone conversions."""


class SupportLicenceOut(LicenceOut):
    class Meta(LicenceOut.Meta):
        fields = ["id", *LicenceOut.Meta.fields]


class SupportAccountOut(serializers.ModelSerializer[Account]):
    endpoint_limit = serializers.IntegerField(help_text="Without add-ons.")
    licences = serializers.SerializerMethodField()

    class Meta:
        model = Account
        fields = ["id", "name", "plan", "endpoint_limit", "licences"]

    @extend_schema_field(SupportLicenceOut(many=True))
    def get_licences(self, account: Account) -> Any:
        return SupportLicenceOut(account.licences.order_by("id"), many=True, context=self.context).data


class PlanIn(StrictSerializer):
    plan = Text(required=False, help_text=", ".join(Account.Plan.values))
    endpoint_limit = serializers.IntegerField(required=False, help_text="Endpoints that may run without add-ons.")


def check_year(moment: datetime) -> None:
    if moment.year not in YEARS:
        raise serializers.ValidationError("Give a year from 2000 to 2999.")


class Moment(serializers.DateTimeField):
    default_validators = [check_year]


class PeriodIn(StrictSerializer):
    valid_from = Moment(required=False, help_text="Missing: as it is; of a new licence: now.")
    valid_until = Moment(required=False, help_text="Missing: as it is; of a new one: a year later.")


class LicenceIn(PeriodIn):
    zone = serializers.IntegerField(required=False, help_text="The webhook zone; or give `extra_endpoints`.")
    extra_endpoints = serializers.IntegerField(required=False, help_text="More running endpoints: an add-on.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("zone" in attrs) == ("extra_endpoints" in attrs):
            raise serializers.ValidationError({"zone": ["Give either a zone or extra_endpoints."]})
        if "zone" in attrs and attrs["zone"] not in ZONES:
            raise serializers.ValidationError({"zone": [f"The zones are {', '.join(map(str, ZONES))}."]})
        return attrs


class AccountsView(APIView):
    """Plans, licences and add-ons, for customer support."""

    pagination_class = NewestFirst

    @extend_schema(responses=SupportAccountOut(many=True))
    def get(self, request: Request) -> Response:
        """List the accounts whose plans and licences the token may change, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(_reachable(request).order_by("-id"), request, view=self)
        return pages.get_paginated_response(SupportAccountOut(page, many=True, context={"now": now_utc()}).data)


class AccountView(APIView):
    @extend_schema(responses=SupportAccountOut)
    def get(self, request: Request, account_id: int) -> Response:
        """Show an account with its licences and add-ons, past ones included."""
        return _shown(_account(request, account_id))

    @extend_schema(request=PlanIn, responses=SupportAccountOut)
    def patch(self, request: Request, account_id: int) -> Response:
        """Change the plan or the limit of running endpoints. A plan without webhook needs all licences ended."""
        account = _account(request, account_id)
        fields = PlanIn(data=request.data)
        fields.is_valid(raise_exception=True)
        present = {name: getattr(account, name) for name in ("name", "time_zone", "plan", "endpoint_limit")}
        given = {**present, **fields.validated_data}
        return _shown(services.edit_account(account=account, now=now_utc(), actor=actor_of(request), **given))


class LicencesView(APIView):
    @extend_schema(request=LicenceIn, responses={201: SupportLicenceOut})
    def post(self, request: Request, account_id: int) -> Response:
        """Grant a zone or an add-on of running endpoints for a period."""
        account = _account(request, account_id)
        fields = LicenceIn(data=request.data)
        fields.is_valid(raise_exception=True)
        now, given = now_utc(), dict(fields.validated_data)
        given.setdefault("valid_from", now)
        given.setdefault("valid_until", given["valid_from"] + YEAR)
        grant = services.grant_zone if "zone" in given else services.grant_endpoint_add_on
        made = grant(account=account, now=now, actor=actor_of(request), **given)
        return Response(SupportLicenceOut(made, context={"now": now}).data, status=status.HTTP_201_CREATED)


class LicenceView(APIView):
    @extend_schema(request=PeriodIn, responses=SupportLicenceOut)
    def patch(self, request: Request, account_id: int, licence_id: int) -> Response:
        """Renew or shorten a licence: change its period. One that is over stays so; grant a new one."""
        licence = _licence(request, account_id, licence_id)
        fields = PeriodIn(data=request.data)
        fields.is_valid(raise_exception=True)
        present = {"valid_from": licence.valid_from, "valid_until": licence.valid_until}
        given, now = {**present, **fields.validated_data}, now_utc()
        changed = services.change_period(licence=licence, now=now, actor=actor_of(request), **given)
        return Response(SupportLicenceOut(changed, context={"now": now}).data)


class EndLicenceView(APIView):
    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, account_id: int, licence_id: int) -> Response:
        """End a licence or add-on now. One that has not begun is removed."""
        licence = _licence(request, account_id, licence_id)
        expect_nothing(request)
        services.end_licence(licence=licence, now=now_utc(), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _reachable(request: Request) -> QuerySet[Account]:
    return Account.objects.all() if operates(request) else Account.objects.filter(parent=account_of(request))


def _account(request: Request, account_id: int) -> Account:
    if account_id == account_of(request).pk and not operates(request):
        raise PermissionDenied(
            "Only customer support changes the plan and licences of an account. Use a token that a user of customer "
            "support made with that right (API > API token), or try it on a sandbox of yours."
        )
    return get_object_or_404(_reachable(request), pk=account_id)


def _licence(request: Request, account_id: int, licence_id: int) -> Licence:
    return get_object_or_404(selectors.licences(account=_account(request, account_id)), pk=licence_id)


def _shown(account: Account) -> Response:
    return Response(SupportAccountOut(account, context={"now": now_utc()}).data)
