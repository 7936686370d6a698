"""The REST API of tracked links and clicks, below /api/v1/modules/messages/."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modules.contacts.contact_fields import ContactReference, pop_contact
from modules.messages import clicks, selectors
from modules.messages.api_shapes import Id
from modules.messages.models import Click, TrackedLink
from rest.base.fields import Number, StrictSerializer, Text
from rest.base.paging import NewestFirst
from rest.base.request import account_of, now_utc

MOST_SALES = 1_000_000
MOST_REVENUE = 1e12


class MessageLinkIn(StrictSerializer):
    url = Text(required=False, help_text="The address of a tracked link; or give `keyword`.")
    keyword = Text(required=False, help_text="The text that a tap sends: a trigger keyword; or give `url`.")
    utm_campaign = Text(required=False, allow_null=True)
    utm_source = Text(required=False, allow_null=True)
    utm_medium = Text(required=False, allow_null=True)
    utm_content = Text(required=False, allow_null=True)
    tags = serializers.ListField(child=Text(), required=False, help_text="Tags that whoever clicks gets.")


class MessageLinkOut(serializers.ModelSerializer[TrackedLink]):
    tags = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = TrackedLink
        fields = ["id", "url", "keyword", *clicks.UTM, "tags"]


class MessageClickIn(ContactReference):
    direct_message_id = Id()
    link_id = Id(help_text="A link or keyword of the message's template.")
    adds_to_cart = serializers.IntegerField(required=False, min_value=0, max_value=MOST_SALES)
    transactions = serializers.IntegerField(required=False, min_value=0, max_value=MOST_SALES)
    transaction_revenue = Number(required=False, min_value=0, max_value=MOST_REVENUE)


class MessageClickOut(serializers.ModelSerializer[Click]):
    event_id = serializers.IntegerField(
        allow_null=True, help_text="The message event whose report counts it; null: none."
    )

    class Meta:
        model = Click
        fields = ["id", "line_uid", "direct_message_id", "link_id", "event_id", *clicks.SALES, "clicked_at"]


class LinksView(APIView):
    """Tracked links and trigger keywords of a template."""

    pagination_class = NewestFirst

    @extend_schema(responses=MessageLinkOut(many=True))
    def get(self, request: Request, template_id: int) -> Response:
        """List the template's tracked links and keywords, newest first."""
        template = get_object_or_404(selectors.templates(account=account_of(request)), pk=template_id)
        pages = NewestFirst()
        page = pages.paginate_queryset(template.links.order_by("-id"), request, view=self)
        return pages.get_paginated_response(MessageLinkOut(page, many=True).data)

    @extend_schema(request=MessageLinkIn, responses={201: MessageLinkOut})
    def post(self, request: Request, template_id: int) -> Response:
        """Add a tracked link or a trigger keyword to a template."""
        template = get_object_or_404(selectors.templates(account=account_of(request)), pk=template_id)
        given = MessageLinkIn(data=request.data)
        given.is_valid(raise_exception=True)
        made = clicks.add_link(template=template, **given.validated_data)
        return Response(MessageLinkOut(made).data, status=status.HTTP_201_CREATED)


class LinkView(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, template_id: int, link_id: int) -> Response:
        """Delete a tracked link or keyword with its clicks."""
        template = get_object_or_404(selectors.templates(account=account_of(request)), pk=template_id)
        get_object_or_404(template.links, pk=link_id).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class ClicksView(APIView):
    """Clicks on links and keywords of direct messages."""

    pagination_class = NewestFirst

    @extend_schema(responses=MessageClickOut(many=True))
    def get(self, request: Request) -> Response:
        """List clicks, newest first."""
        rows = Click.objects.filter(account=account_of(request)).order_by("-id")
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(MessageClickOut(page, many=True).data)

    @extend_schema(request=MessageClickIn, responses={201: MessageClickOut})
    def post(self, request: Request) -> Response:
        """Click a link of a message as a contact, with what followed at the shop. The event's report counts it."""
        account, given = account_of(request), MessageClickIn(data=request.data)
        given.is_valid(raise_exception=True)
        fields: dict[str, Any] = dict(given.validated_data)
        contact = pop_contact(account=account, fields=fields)
        message = selectors.direct_messages(account=account).filter(pk=fields.pop("direct_message_id")).first()
        if message is None:
            raise ValidationError({"direct_message_id": ["Nothing of your account has this id."]})
        link = TrackedLink.objects.filter(template_id=message.template_id, pk=fields.pop("link_id")).first()
        if link is None:
            raise ValidationError({"link_id": ["The message's template has no such link or keyword."]})
        made = clicks.click(contact=contact, message=message, link=link, now=now_utc(), **fields)
        return Response(MessageClickOut(made).data, status=status.HTTP_201_CREATED)
