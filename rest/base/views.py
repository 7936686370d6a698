"""The bases of REST calls, and their router.

A call that reads or changes rows of one kind is an action of an `AccountViewSet`: `get_queryset` names the rows of the
account, `serializer_class` the shape of an answer, and REST framework's mixins list and show them. A call that is about
no rows is an `AccountAPIView`. Both read bodies with `given`.
"""

from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import Model
from django.utils import timezone
from rest_framework.metadata import SimpleMetadata
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import Serializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.models import Account
from rest.base.request import account_of, actor_of, expect_nothing, now_utc

Row = TypeVar("Row", bound=Model)


class Metadata(SimpleMetadata):
    """What OPTIONS answers: no fields, which only the OpenAPI schema describes."""

    def determine_actions(self, _request: object, _view: object) -> dict[str, Any]:
        return {}


class AccountAPIView(APIView):
    """Calls at one path, about the account whose token is sent."""

    metadata_class = Metadata

    @property
    def account(self) -> Account:
        return account_of(self.request)

    @property
    def actor(self) -> str:
        """How the audit log names the caller."""
        return actor_of(self.request)

    @cached_property
    def now(self) -> datetime:
        """One time for everything that the call does."""
        return now_utc()

    def given(self, shape: type[Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """The body's validated fields, or 400. Times without an offset are in the account's time zone."""
        fields = shape(data=self.request.data, partial=partial)
        with timezone.override(self.account.zone_info):
            fields.is_valid(raise_exception=True)
        return dict(fields.validated_data)

    def expect_nothing(self) -> None:
        """Refuse a body that has fields."""
        expect_nothing(self.request)


class AccountViewSet(AccountAPIView, GenericViewSet[Row]):
    """Calls about the account's rows of one kind. A row is found by its id in the path, `lookup_url_kwarg`."""

    lookup_value_converter = "int"

    def shown(self, row: Row, *, status: int = 200) -> Response:
        return Response(self.get_serializer(row).data, status=status)


class Router(SimpleRouter):
    """REST framework's router for paths such as `prizes/<int:prize_id>/`."""

    def __init__(self) -> None:
        super().__init__(use_regex_path=False)

    def get_default_basename(self, viewset: type[Any]) -> str:
        return viewset.__name__
