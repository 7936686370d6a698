"""The REST API below /api/v1/modules/messages/."""

from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from modules.contacts.contact_fields import pop_contact
from modules.messages import rules, selectors, services
from modules.messages.api_shapes import (
    BroadcastIn,
    BroadcastOut,
    DirectMessageOut,
    MessageEventEdit,
    MessageEventIn,
    MessageEventOut,
    MessageTemplateEdit,
    MessageTemplateIn,
    MessageTemplateOut,
    OpenIn,
    OpenOut,
)
from modules.messages.models import Broadcast, DirectMessage
from modules.messages.opens import open_message
from rest.base.paging import NewestFirst
from rest.base.request import account_of

Row = TypeVar("Row", bound=Model)
EVENT_NAME = OpenApiParameter("name", str, description="Text in the name.")


class ListView(APIView):
    """Base of the list views."""

    pagination_class = NewestFirst

    def page(
        self, request: Request, rows: QuerySet[Any], shape: type[BaseSerializer[Any]], **context: Any
    ) -> Response:  # fmt: skip
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(shape(page, many=True, context=context).data)


class TemplatesView(ListView):
    @extend_schema(responses=MessageTemplateOut(many=True))
    def get(self, request: Request) -> Response:
        """List message templates, newest first."""
        return self.page(request, selectors.templates(account=account_of(request)), MessageTemplateOut)

    @extend_schema(request=MessageTemplateIn, responses={201: MessageTemplateOut})
    def post(self, request: Request) -> Response:
        """Create a message template."""
        fields = _parsed(MessageTemplateIn, request)
        made = services.create_template(account=account_of(request), now=_now(), **fields)
        return Response(MessageTemplateOut(made).data, status=status.HTTP_201_CREATED)


class TemplateView(APIView):
    @extend_schema(responses=MessageTemplateOut)
    def get(self, request: Request, template_id: int) -> Response:
        """Show a message template."""
        return Response(MessageTemplateOut(_own(selectors.templates(account=account_of(request)), template_id)).data)

    @extend_schema(request=MessageTemplateEdit, responses=MessageTemplateOut)
    def patch(self, request: Request, template_id: int) -> Response:
        """Change a message template; omitted fields stay."""
        template = _own(selectors.templates(account=account_of(request)), template_id)
        fields = _parsed(MessageTemplateEdit, request)
        return Response(MessageTemplateOut(services.edit_template(template=template, now=_now(), **fields)).data)


class EventsView(ListView):
    @extend_schema(responses=MessageEventOut(many=True), parameters=[EVENT_NAME])
    def get(self, request: Request) -> Response:
        """List message events, newest first. Their ids are the `event_id` of the Open API."""
        found = selectors.events(account=account_of(request), name=_text(request, "name"))
        return self.page(request, found, MessageEventOut)

    @extend_schema(request=MessageEventIn, responses={201: MessageEventOut})
    def post(self, request: Request) -> Response:
        """Create a message event; an account has at most 1,000."""
        fields = _parsed(MessageEventIn, request)
        made = services.create_event(account=account_of(request), now=_now(), **fields)
        return Response(MessageEventOut(made).data, status=status.HTTP_201_CREATED)


class EventView(APIView):
    @extend_schema(responses=MessageEventOut)
    def get(self, request: Request, event_id: int) -> Response:
        """Show a message event."""
        return Response(MessageEventOut(_own(selectors.events(account=account_of(request)), event_id)).data)

    @extend_schema(request=MessageEventEdit, responses=MessageEventOut)
    def patch(self, request: Request, event_id: int) -> Response:
        """Rename a message event, or archive it."""
        event = _own(selectors.events(account=account_of(request)), event_id)
        return Response(MessageEventOut(services.edit_event(event=event, **_parsed(MessageEventEdit, request))).data)


class BroadcastsView(ListView):
    @extend_schema(responses=BroadcastOut(many=True))
    def get(self, request: Request) -> Response:
        """List broadcasts, newest first."""
        return self.page(request, selectors.broadcasts(account=account_of(request)), BroadcastOut)

    @extend_schema(request=BroadcastIn, responses={201: BroadcastOut})
    def post(self, request: Request) -> Response:
        """Send a broadcast to all contacts who have not blocked the account, or to those of them with a tag."""
        account, fields = account_of(request), _parsed(BroadcastIn, request)
        template = _named(selectors.templates(account=account), fields.pop("template_id"), "template_id")
        made = services.send_broadcast(account=account, template=template, now=_now(), **fields)
        return Response(BroadcastOut(made).data, status=status.HTTP_201_CREATED)


class BroadcastView(APIView):
    @extend_schema(responses=BroadcastOut)
    def get(self, request: Request, broadcast_id: int) -> Response:
        """Show a broadcast."""
        return Response(BroadcastOut(_own(selectors.broadcasts(account=account_of(request)), broadcast_id)).data)


class DirectMessagesView(ListView):
    @extend_schema(responses=DirectMessageOut(many=True))
    def get(self, request: Request) -> Response:
        """List messages sent through the Open API, newest first."""
        found = selectors.direct_messages(account=account_of(request))
        return self.page(request, found, DirectMessageOut, now=_now())


class OpensView(ListView):
    @extend_schema(responses=OpenOut(many=True))
    def get(self, request: Request) -> Response:
        """List opens, newest first."""
        return self.page(request, selectors.opens(account=account_of(request)), OpenOut)

    @extend_schema(request=OpenIn, responses={201: OpenOut})
    def post(self, request: Request) -> Response:
        """Open a message as a contact. `outcome`: whether it published `message.first_open`, else why not."""
        account, fields = account_of(request), _parsed(OpenIn, request)
        contact = pop_contact(account=account, fields=fields)
        message: Broadcast | DirectMessage
        if "broadcast_id" in fields:
            message = _named(selectors.broadcasts(account=account), fields["broadcast_id"], "broadcast_id")
        else:
            found = selectors.direct_messages(account=account)
            message = _named(found, fields["direct_message_id"], "direct_message_id")
        opened = open_message(contact=contact, message=message, now=_now())
        return Response(OpenOut(opened).data, status=status.HTTP_201_CREATED)


def _now() -> datetime:
    return datetime.now(UTC)


def _parsed(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    fields = shape(data=request.data)
    fields.is_valid(raise_exception=True)
    return dict(fields.validated_data)


def _text(request: Request, name: str) -> str:
    """A query parameter of printable characters; names contain no others, and some databases refuse them."""
    text = request.query_params.get(name, "")
    if text and not text.isprintable():
        raise ValidationError({name: [rules.NOT_A_NAME]})
    return text


def _own(rows: QuerySet[Row], pk: int) -> Row:
    return get_object_or_404(rows, pk=pk)


def _named(rows: QuerySet[Row], pk: int, field: str) -> Row:
    """The row that a body refers to by id."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise ValidationError({field: ["Nothing of your account has this id."]})
    return found
