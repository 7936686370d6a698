"""The calls of /api/v1/: notices that an endpoint keeps failing."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rest.base.paging import NewestFirst
from rest.base.request import account_of, expect_nothing, now_utc
from webhooks import selectors
from webhooks.models import Notice
from webhooks.services.notices import mark_read


class NoticeOut(serializers.ModelSerializer[Notice]):
    endpoint = serializers.IntegerField(source="endpoint_id")
    endpoint_name = serializers.CharField(source="endpoint.name")

    class Meta:
        model = Notice
        fields = ["id", "endpoint", "endpoint_name", "reason", "message", "created_at", "read_at"]


class NoticesView(APIView):
    pagination_class = NewestFirst

    @extend_schema(responses=NoticeOut(many=True))
    def get(self, request: Request) -> Response:
        """List the notices about your endpoints that keep failing, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(selectors.notices(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(NoticeOut(page, many=True).data)


class NoticeReadView(APIView):
    @extend_schema(request=None, responses=NoticeOut)
    def post(self, request: Request, notice_id: int) -> Response:
        """Mark a notice as read. The first time counts."""
        notice = get_object_or_404(selectors.notices(account=account_of(request)), pk=notice_id)
        expect_nothing(request)
        return Response(NoticeOut(mark_read(notice=notice, now=now_utc())).data)
