"""The REST API of auto replies, below /api/v1/modules/links/auto-replies/."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from modules.contacts.contact_fields import pop_contact
from modules.links import rules, selectors, services
from modules.links.api import SalesIn, UtmIn
from modules.links.models import AutoReply, AutoReplyAct, AutoReplyPart
from rest.base.fields import StrictSerializer, Text
from rest.base.views import AccountViewSet

MOST_PARTS = 20
LARGEST_ID = 2**63 - 1


class ReplyUrlIn(UtmIn):
    url = Text()


class ReplyMessageIn(StrictSerializer):
    message = Text(help_text="The text of a quick reply or postback.")
    tags = serializers.ListField(child=Text(), required=False, help_text="Tags that whoever taps it gets.")


class AutoReplyIn(StrictSerializer):
    name = Text()
    urls = serializers.ListField(child=ReplyUrlIn(), required=False, max_length=MOST_PARTS, help_text="Outgoing links.")
    messages = serializers.ListField(
        child=ReplyMessageIn(), required=False, max_length=MOST_PARTS, help_text="Quick replies."
    )


class PartOut(serializers.ModelSerializer[AutoReplyPart]):
    tags = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = AutoReplyPart
        fields = ["id", "url", "message", "tags", *rules.UTM]


class AutoReplyOut(serializers.ModelSerializer[AutoReply]):
    parts = PartOut(many=True)

    class Meta:
        model = AutoReply
        fields = ["id", "name", "parts", "created_at"]


class ActIn(SalesIn):
    kind = serializers.ChoiceField(choices=AutoReplyAct.Kind.choices)
    part = serializers.IntegerField(
        required=False, min_value=1, max_value=LARGEST_ID, help_text="With `click`: the id of a link or message."
    )


class ActOut(serializers.ModelSerializer[AutoReplyAct]):
    class Meta:
        model = AutoReplyAct
        fields = ["id", "auto_reply", "kind", "part", "group", "line_uid", *rules.SALES, "acted_at"]


@extend_schema_view(
    list=extend_schema(description="List auto replies, newest first."),
    retrieve=extend_schema(description="Show an auto reply."),
)
class AutoReplyViewSet(ListModelMixin, RetrieveModelMixin, AccountViewSet[AutoReply]):
    """Auto replies."""

    serializer_class = AutoReplyOut
    lookup_url_kwarg = "auto_reply_id"

    def get_queryset(self) -> QuerySet[AutoReply]:
        return selectors.auto_replies(account=self.account).prefetch_related("parts")

    @extend_schema(request=AutoReplyIn, responses={201: AutoReplyOut})
    def create(self, _request: Request) -> Response:
        """Create an auto reply."""
        made = services.create_auto_reply(account=self.account, now=self.now, **self.given(AutoReplyIn))
        return self.shown(made, status=201)

    def destroy(self, _request: Request, **_: int) -> Response:
        """Delete an auto reply and what contacts did with it."""
        services.delete(self.get_object())
        return Response(status=204)

    @extend_schema(request=ActIn, responses={201: ActOut})
    @action(detail=True, methods=["post"])
    def acts(self, _request: Request, **_: int) -> Response:
        """Trigger, open or click an auto reply as a contact."""
        reply, fields = self.get_object(), self.given(ActIn)
        contact = pop_contact(account=self.account, fields=fields)
        part_id = fields.pop("part", None)
        part = reply.parts.filter(pk=part_id).first()
        if part_id and part is None:
            raise serializers.ValidationError({"part": ["The auto reply has no such link or message."]})
        made = services.act(auto_reply=reply, contact=contact, now=self.now, part=part, **fields)
        return Response(ActOut(made).data, status=201)
