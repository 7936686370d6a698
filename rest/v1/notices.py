"""The calls of /api/v1/: notices that an endpoint keeps failing."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from rest.base.views import AccountViewSet
from webhooks import selectors
from webhooks.models import Notice
from webhooks.services.notices import mark_read


class NoticeOut(serializers.ModelSerializer[Notice]):
    endpoint = serializers.IntegerField(source="endpoint_id")
    endpoint_name = serializers.CharField(source="endpoint.name")

    class Meta:
        model = Notice
        fields = ["id", "endpoint", "endpoint_name", "reason", "message", "created_at", "read_at"]


@extend_schema_view(
    list=extend_schema(description="List the notices about your endpoints that keep failing, newest first.")
)
class NoticeViewSet(ListModelMixin, AccountViewSet[Notice]):
    serializer_class = NoticeOut
    lookup_url_kwarg = "notice_id"

    def get_queryset(self) -> QuerySet[Notice]:
        return selectors.notices(account=self.account)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def read(self, _request: Request, **_: int) -> Response:
        """Mark a notice as read. The first time counts."""
        notice = self.get_object()
        self.expect_nothing()
        return self.shown(mark_read(notice=notice, now=self.now))
