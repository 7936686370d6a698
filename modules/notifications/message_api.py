"""The REST API below /api/v1/modules/notifications/messages/."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from modules.notifications import rules, selectors, services, steps
from modules.notifications.api import template_named
from modules.notifications.models import Message, Step
from rest.base.fields import StrictSerializer, Text
from rest.base.views import AccountViewSet
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


@extend_schema_view(
    list=extend_schema(
        description="List messages, newest first.",
        responses=MessageOut(many=True),
        parameters=[
            OpenApiParameter("template", int, description="The template's id."),
            OpenApiParameter("customized_id", str, description="The request's own reference."),
            OpenApiParameter("status", str, description="The latest status."),
        ],
    ),
    retrieve=extend_schema(description="Show a message with the statuses it has reached."),
)
class MessageViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[Message]):
    """Notification messages."""

    lookup_url_kwarg = "message_id"

    def get_queryset(self) -> QuerySet[Message]:
        wanted = _wanted(self.request) if self.action == "list" else {}
        return selectors.messages(account=self.account).filter(**wanted)

    def get_serializer_class(self) -> type[MessageOut]:
        return MessageOut if self.action == "list" else MessageDetailOut

    @extend_schema(request=MessageIn, responses={201: MessageDetailOut})
    def create(self, _request: Request) -> Response:
        """Send a message. `pnp.status_updated` is sent now and at each further status."""
        fields = self.given(MessageIn)
        template = template_named(self.account, fields.pop("template"))
        made = services.push(account=self.account, template=template, now=self.now, **fields)
        return self.shown(made, status=201)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def advance(self, _request: Request, **_: int) -> Response:
        """Make the next move now, without its wait."""
        message = self.get_object()
        self.expect_nothing()
        return self.shown(steps.advance(message=message, now=self.now))


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
