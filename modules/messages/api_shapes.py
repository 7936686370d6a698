"""Serializers of /api/v1/modules/messages/."""

from typing import Any

from rest_framework import serializers

from modules.contacts.contact_fields import ContactReference
from modules.messages import rules
from modules.messages.models import Broadcast, DirectMessage, MessageEvent, Open, Template
from rest.base.fields import StrictSerializer, Text, TrueOrFalse

LARGEST_ID = 2**63 - 1


class Id(serializers.IntegerField):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **options)


class MessageTemplateIn(StrictSerializer):
    name = Text()
    parameters = serializers.ListField(child=Text(), required=False, max_length=rules.PARAMETER_LIMIT)
    line_answer = Text(
        required=False, help_text=f"LINE's response for its messages: {', '.join(rules.LINE_ANSWERS)}."
    )  # fmt: skip


class MessageTemplateEdit(MessageTemplateIn):
    name = Text(required=False)


class MessageTemplateOut(serializers.ModelSerializer[Template]):
    class Meta:
        model = Template
        fields = ["id", "name", "parameters", "line_answer", "created_at", "updated_at"]


class MessageEventIn(StrictSerializer):
    name = Text()


class MessageEventEdit(StrictSerializer):
    name = Text(required=False)
    archived = TrueOrFalse(required=False, source="is_archived")


class MessageEventOut(serializers.ModelSerializer[MessageEvent]):
    archived = serializers.BooleanField(source="is_archived")

    class Meta:
        model = MessageEvent
        fields = ["id", "archived", "name", "created_at"]


class BroadcastIn(StrictSerializer):
    name = Text()
    template_id = Id()
    tag = Text(required=False, allow_blank=True, help_text="Only contacts with this tag; empty: all.")


class BroadcastOut(serializers.ModelSerializer[Broadcast]):
    class Meta:
        model = Broadcast
        fields = ["id", "name", "template_id", "tag", "total_count", "fail_count", "sent_at"]


class DirectMessageOut(serializers.ModelSerializer[DirectMessage]):
    status = serializers.SerializerMethodField()

    class Meta:
        model = DirectMessage
        fields = [
            "id", "category", "status", "template_id", "event_id", "total_count", "fail_count", "created_at", "sent_at",
        ]  # fmt: skip

    def get_status(self, message: DirectMessage) -> str:
        return message.status_at(self.context["now"])


class OpenIn(ContactReference):
    direct_message_id = Id(required=False)
    broadcast_id = Id(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("direct_message_id" in attrs) == ("broadcast_id" in attrs):
            raise serializers.ValidationError({"direct_message_id": ["Give this or broadcast_id."]})
        return super().validate(attrs)


class OpenOut(serializers.ModelSerializer[Open]):
    event_id = serializers.IntegerField(
        source="webhook_event_id", allow_null=True, help_text="The webhook event of this open; null: none."
    )

    class Meta:
        model = Open
        fields = [
            "id", "line_uid", "broadcast_id", "direct_message_id", "message_type", "message_id", "is_first", "outcome",
            "opened_at", "event_id",
        ]  # fmt: skip
