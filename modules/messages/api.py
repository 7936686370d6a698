"""The REST API below /api/v1/modules/messages/."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

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
from modules.messages.models import Broadcast, DirectMessage, MessageEvent, Open, Template
from modules.messages.opens import open_message
from rest.base.views import AccountViewSet, Row


@extend_schema_view(
    list=extend_schema(description="List message templates, newest first."),
    retrieve=extend_schema(description="Show a message template."),
)
class TemplateViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Template]):
    serializer_class = MessageTemplateOut
    lookup_url_kwarg = "template_id"

    def get_queryset(self) -> QuerySet[Template]:
        return selectors.templates(account=self.account)

    @extend_schema(request=MessageTemplateIn, responses={201: MessageTemplateOut})
    def create(self, _request: Request) -> Response:
        """Create a message template."""
        made = services.create_template(account=self.account, now=self.now, **self.given(MessageTemplateIn))
        return self.shown(made, status=201)

    @extend_schema(request=MessageTemplateEdit)
    def partial_update(self, _request: Request, **_: int) -> Response:
        """Change a message template; omitted fields stay."""
        template, fields = self.get_object(), self.given(MessageTemplateEdit)
        return self.shown(services.edit_template(template=template, now=self.now, **fields))


@extend_schema_view(
    list=extend_schema(
        description="List message events, newest first. Their ids are the `event_id` of the Open API.",
        parameters=[OpenApiParameter("name", str, description="Text in the name.")],
    ),
    retrieve=extend_schema(description="Show a message event."),
)
class EventViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[MessageEvent]):
    serializer_class = MessageEventOut
    lookup_url_kwarg = "event_id"

    def get_queryset(self) -> QuerySet[MessageEvent]:
        name = self.request.query_params.get("name", "") if self.action == "list" else ""
        if name and not name.isprintable():
            raise ValidationError({"name": [rules.NOT_A_NAME]})
        return selectors.events(account=self.account, name=name)

    @extend_schema(request=MessageEventIn, responses={201: MessageEventOut})
    def create(self, _request: Request) -> Response:
        """Create a message event; an account has at most 1,000."""
        made = services.create_event(account=self.account, now=self.now, **self.given(MessageEventIn))
        return self.shown(made, status=201)

    @extend_schema(request=MessageEventEdit)
    def partial_update(self, _request: Request, **_: int) -> Response:
        """Rename a message event, or archive it."""
        return self.shown(services.edit_event(event=self.get_object(), **self.given(MessageEventEdit)))


@extend_schema_view(
    list=extend_schema(description="List broadcasts, newest first."),
    retrieve=extend_schema(description="Show a broadcast."),
)
class BroadcastViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Broadcast]):
    serializer_class = BroadcastOut
    lookup_url_kwarg = "broadcast_id"

    def get_queryset(self) -> QuerySet[Broadcast]:
        return selectors.broadcasts(account=self.account)

    @extend_schema(request=BroadcastIn, responses={201: BroadcastOut})
    def create(self, _request: Request) -> Response:
        """Send a broadcast to all contacts who have not blocked the account, or to those of them with a tag."""
        fields = self.given(BroadcastIn)
        template = _named(selectors.templates(account=self.account), fields.pop("template_id"), "template_id")
        made = services.send_broadcast(account=self.account, template=template, now=self.now, **fields)
        return self.shown(made, status=201)


@extend_schema_view(list=extend_schema(description="List messages sent through the Open API, newest first."))
class DirectMessageViewSet(ListModelMixin, AccountViewSet[DirectMessage]):
    serializer_class = DirectMessageOut

    def get_queryset(self) -> QuerySet[DirectMessage]:
        return selectors.direct_messages(account=self.account)

    def get_serializer_context(self) -> dict[str, Any]:
        return {"now": self.now}


@extend_schema_view(list=extend_schema(description="List opens, newest first."))
class OpenViewSet(ListModelMixin, AccountViewSet[Open]):
    serializer_class = OpenOut

    def get_queryset(self) -> QuerySet[Open]:
        return selectors.opens(account=self.account)

    @extend_schema(request=OpenIn, responses={201: OpenOut})
    def create(self, _request: Request) -> Response:
        """Open a message as a contact. `outcome`: whether it published `message.first_open`, else why not."""
        fields = self.given(OpenIn)
        contact = pop_contact(account=self.account, fields=fields)
        message: Broadcast | DirectMessage
        if "broadcast_id" in fields:
            message = _named(selectors.broadcasts(account=self.account), fields["broadcast_id"], "broadcast_id")
        else:
            found = selectors.direct_messages(account=self.account)
            message = _named(found, fields["direct_message_id"], "direct_message_id")
        return self.shown(open_message(contact=contact, message=message, now=self.now), status=201)


def _named(rows: QuerySet[Row], pk: int, field: str) -> Row:
    """The row that a body refers to by id."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise ValidationError({field: ["Nothing of your account has this id."]})
    return found
