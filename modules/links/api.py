"""The REST API of deeplinks and tracelinks, below /api/v1/modules/links/."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from modules.contacts.contact_fields import ContactReference, pop_contact
from modules.links import rules, selectors, services
from modules.links.models import Click, Link
from rest.base.fields import Number, StrictSerializer, Text, TrueOrFalse
from rest.base.views import AccountViewSet


class UtmIn(StrictSerializer):
    utm_campaign = Text(required=False, allow_blank=True)
    utm_source = Text(required=False, allow_blank=True)
    utm_medium = Text(required=False, allow_blank=True)
    utm_content = Text(required=False, allow_blank=True)
    tags = serializers.ListField(child=Text(), required=False, help_text="Tags that whoever clicks gets.")


class SalesIn(ContactReference):
    adds_to_cart = serializers.IntegerField(required=False, min_value=0, max_value=rules.MOST_SALES)
    transactions = serializers.IntegerField(required=False, min_value=0, max_value=rules.MOST_SALES)
    transaction_revenue = Number(required=False, min_value=0, max_value=rules.MOST_REVENUE)


class LinkIn(UtmIn):
    kind = serializers.ChoiceField(choices=Link.Kind.choices, help_text="A deeplink also makes friends.")
    name = Text()
    url = Text(help_text="The address that the link leads to.")
    description = Text(required=False, allow_blank=True)


class LinkOut(serializers.ModelSerializer[Link]):
    shorten_url = serializers.CharField(read_only=True)
    tags = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Link
        fields = ["id", "kind", "name", "description", "url", "shorten_url", "tags", *rules.UTM, "created_at"]


class ClickIn(SalesIn):
    authorizes = TrueOrFalse(required=False, help_text="Deeplinks: the contact lets the account read its data.")
    is_new_friend = TrueOrFalse(required=False, help_text="Deeplinks: the contact added the account by the link.")


class ClickOut(serializers.ModelSerializer[Click]):
    class Meta:
        model = Click
        fields = ["id", "link", "line_uid", "authorized", "is_new_friend", *rules.SALES, "clicked_at"]


@extend_schema_view(
    list=extend_schema(description="List deeplinks and tracelinks, newest first."),
    retrieve=extend_schema(description="Show a link."),
)
class LinkViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Link]):
    """Deeplinks and tracelinks."""

    serializer_class = LinkOut
    lookup_url_kwarg = "link_id"

    def get_queryset(self) -> QuerySet[Link]:
        return selectors.links(account=self.account)

    @extend_schema(request=LinkIn, responses={201: LinkOut})
    def create(self, _request: Request) -> Response:
        """Create a deeplink or a tracelink."""
        made = services.create_link(account=self.account, now=self.now, **self.given(LinkIn))
        return self.shown(made, status=201)

    def destroy(self, _request: Request, **_: int) -> Response:
        """Delete a link and its clicks. Visits stay in the behaviour files."""
        services.delete(self.get_object())
        return Response(status=204)

    @extend_schema(request=ClickIn, responses={201: ClickOut})
    @action(detail=True, methods=["post"])
    def clicks(self, _request: Request, **_: int) -> Response:
        """Click a link as a contact, with what followed at the shop. Reports and behaviour files have it."""
        link, fields = self.get_object(), self.given(ClickIn)
        contact = pop_contact(account=self.account, fields=fields)
        made: Any = services.click(link=link, contact=contact, now=self.now, **fields)
        return Response(ClickOut(made).data, status=201)
