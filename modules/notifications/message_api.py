"""The REST API below /api/v1/modules/notifications/messages/."""

from datetime import UTC, datetime
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modules.notifications import rules, selectors, services, steps
from modules.notifications.api import template_named
from modules.notifications.models import Message, Step
from rest.base.fields import Nothing, StrictSerializer, Text
from rest.base.paging import NewestFirst
from rest.base.request import account_of
from webhooks.ids import is_id

FILTERS = ("template", "customized_id", "status", "cursor", "limit")


class Values(serializers.DictField):
    """Parameter values by name."""

    child = Text(allow_blank=True, max_length=rules.VALUE_LIMIT)


class MessageIn(StrictSerializer):
    template = serializers.IntegerField()
    phone_number = Text(
        help_text="E.164, or its SHA-256 if the template has SMS off. Magic numbers have fixed outcomes."
    )
    pnp = Values(required=False, help_text="PNP's parameters.")
    sms = Values(required=False, help_text="SMS' parameters.")
    line_push = Values(required=False, help_text="LINE push's parameters.")
    line_push_template_id = serializers.IntegerField(
        required=False, allow_null=True, help_text="Without it LINE push is not tried."
    )
    event_id = serializers.IntegerField(required=False, allow_null=True, help_text="A message event's id.")
    customized_id = Text(required=False, allow_null=True, max_length=rules.NAME_LIMIT, help_text="Your own reference.")


class StepOut(serializers.ModelSerializer[Step]):
    webhook_event_id = serializers.IntegerField(help_text="The webhook event.")

    class Meta:
        model = Step
        fields = ["status", "at", "webhook_event_id"]


class MessageOut(serializers.ModelSerializer[Message]):
    status = serializers.CharField()
    line_push_status = serializers.SerializerMethodField()
    line_push_error_category = serializers.SerializerMethodField()
    pnp_status = serializers.SerializerMethodField()
    sms_status = serializers.SerializerMethodField()
    sms_error_category = serializers.SerializerMethodField()
    plan = serializers.DictField(
        child=serializers.CharField(), help_text="The outcome of each channel that may be tried."
    )

    class Meta:
        model = Message
        fields = [
            "id", "template", "event_id", "customized_id", "phone_number", "status", "line_push_template_id",
            "line_push_status", "line_push_delivered_at", "line_push_error_category", "pnp_status", "pnp_delivered_at",
            "sms_status", "sms_delivered_at", "sms_error_category", "plan", "due_at", "created_at", "updated_at",
        ]  # fmt: skip

    def get_line_push_status(self, message: Message) -> str | None:
        return message.line_push_status or None

    def get_line_push_error_category(self, message: Message) -> str | None:
        return message.line_push_error_category or None

    def get_pnp_status(self, message: Message) -> str | None:
        return message.pnp_status or None

    def get_sms_status(self, message: Message) -> str | None:
        return message.sms_status or None

    def get_sms_error_category(self, message: Message) -> str | None:
        return message.sms_error_category or None


class MessageDetailOut(MessageOut):
    steps = StepOut(many=True)

    class Meta(MessageOut.Meta):
        fields = [*MessageOut.Meta.fields, "steps"]


class MessagesView(APIView):
    """Notification messages."""

    pagination_class = NewestFirst

    @extend_schema(
        responses=MessageOut(many=True),
        parameters=[
            OpenApiParameter("template", int, description="The template's id."),
            OpenApiParameter("customized_id", str, description="The request's own reference."),
            OpenApiParameter("status", str, description="The latest status."),
        ],
    )
    def get(self, request: Request) -> Response:
        """List messages, newest first."""
        pages = NewestFirst()
        found = selectors.messages(account=account_of(request)).filter(**_wanted(request))
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(MessageOut(page, many=True).data)

    @extend_schema(request=MessageIn, responses={201: MessageDetailOut})
    def post(self, request: Request) -> Response:
        """Send a message. `pnp.status_updated` is sent now and at each further status."""
        parsed = MessageIn(data=request.data)
        parsed.is_valid(raise_exception=True)
        fields = dict(parsed.validated_data)
        template = template_named(request, fields.pop("template"))
        made = services.push(account=account_of(request), template=template, now=datetime.now(UTC), **fields)
        return Response(MessageDetailOut(made).data, status=status.HTTP_201_CREATED)


class MessageView(APIView):
    @extend_schema(responses=MessageDetailOut)
    def get(self, request: Request, message_id: int) -> Response:
        """Show a message with the statuses it has reached."""
        return Response(MessageDetailOut(_message(request, message_id)).data)


class AdvanceView(APIView):
    @extend_schema(request=None, responses=MessageDetailOut)
    def post(self, request: Request, message_id: int) -> Response:
        """Make the next move now, without its wait."""
        message = _message(request, message_id)
        Nothing(data=request.data).is_valid(raise_exception=True)
        return Response(MessageDetailOut(steps.advance(message=message, now=datetime.now(UTC))).data)


def _message(request: Request, message_id: int) -> Message:
    return get_object_or_404(selectors.messages(account=account_of(request)), pk=message_id)


def _wanted(request: Request) -> dict[str, Any]:
    given = request.query_params.dict()
    if unknown := sorted(set(given) - set(FILTERS)):
        raise ValidationError({name: [f"Unknown filter. Known are {', '.join(FILTERS)}."] for name in unknown})
    template = given.get("template", "0")
    if not is_id(template):
        raise ValidationError({"template": ["Write the id of a template."]})
    wanted = {name: value for name, value in given.items() if name not in ("cursor", "limit")}
    if unreadable := [name for name, value in wanted.items() if not value.isprintable()]:
        raise ValidationError({name: ["Write printable characters."] for name in unreadable})
    return wanted
