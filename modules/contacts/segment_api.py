"""The REST API of segments, below /api/v1/modules/contacts/segments/."""

from datetime import UTC, datetime
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modules.contacts import rules, segments, selectors
from modules.contacts.models import Segment
from rest.base.fields import StrictSerializer, Text, WholeNumber
from rest.base.paging import NewestFirst
from rest.base.request import account_of


class FilterIn(StrictSerializer):
    status = Text(help_text="with, without")
    tag_id = WholeNumber()


class SegmentIn(StrictSerializer):
    name = Text(max_length=rules.TEXT_LIMIT)
    description = Text(required=False, allow_blank=True, max_length=rules.DESCRIPTION_LIMIT)
    operator = Text(required=False, help_text=", ".join(rules.OPERATORS))
    tags = FilterIn(many=True)


class ListIn(StrictSerializer):
    name = Text(max_length=rules.TEXT_LIMIT)
    description = Text(required=False, allow_blank=True, max_length=rules.DESCRIPTION_LIMIT)
    csv = Text(trim_whitespace=False, help_text="The file's text: one LINE UID a line.")


class SegmentEdit(StrictSerializer):
    name = Text(required=False, max_length=rules.TEXT_LIMIT)
    description = Text(required=False, allow_blank=True, max_length=rules.DESCRIPTION_LIMIT)
    csv = Text(required=False, trim_whitespace=False, help_text="Replaces the list of a segment from a list.")


class SegmentOut(serializers.ModelSerializer[Segment]):
    kind = serializers.CharField(source="get_kind_display", help_text="Tags, List")
    status = serializers.CharField(source="get_status_display", help_text="Pending, Ready")
    member_count = serializers.IntegerField(help_text="-1 until the members are counted.")
    counted_at = serializers.DateTimeField(allow_null=True)
    tags = serializers.JSONField(source="filters")

    class Meta:
        model = Segment
        fields = [
            "id", "name", "description", "kind", "operator", "tags", "status", "member_count", "counted_at",
            "created_at",
        ]  # fmt: skip


class MembersOut(serializers.Serializer[Any]):
    line_uids = serializers.ListField(child=serializers.CharField())


class SegmentsView(APIView):
    """Segments of contacts."""

    pagination_class = NewestFirst

    @extend_schema(responses=SegmentOut(many=True))
    def get(self, request: Request) -> Response:
        """List segments, newest first."""
        pages = NewestFirst()
        page = pages.paginate_queryset(selectors.segments(account=account_of(request)), request, view=self)
        return pages.get_paginated_response(SegmentOut(page, many=True).data)

    @extend_schema(request=SegmentIn, responses={201: SegmentOut})
    def post(self, request: Request) -> Response:
        """Create a segment from tags. A worker determines its members a moment later, and again each day."""
        fields = SegmentIn(data=request.data)
        fields.is_valid(raise_exception=True)
        given = dict(fields.validated_data)
        made = segments.create_from_tags(
            account=account_of(request), filters=given.pop("tags"), now=datetime.now(UTC), **given
        )
        return Response(SegmentOut(made).data, status=status.HTTP_201_CREATED)


class ListsView(APIView):
    @extend_schema(request=ListIn, responses={201: SegmentOut})
    def post(self, request: Request) -> Response:
        """Create a segment from a list of LINE UIDs; those of nobody are passed over."""
        fields = ListIn(data=request.data)
        fields.is_valid(raise_exception=True)
        made = segments.create_from_list(
            account=account_of(request), now=datetime.now(UTC), **_with_content(fields.validated_data)
        )
        return Response(SegmentOut(made).data, status=status.HTTP_201_CREATED)


class SegmentView(APIView):
    """One segment."""

    @extend_schema(responses=SegmentOut)
    def get(self, request: Request, segment_id: int) -> Response:
        """Show a segment."""
        return Response(SegmentOut(_found(request, segment_id)).data)

    @extend_schema(request=SegmentEdit, responses=SegmentOut)
    def patch(self, request: Request, segment_id: int) -> Response:
        """Change a segment; omitted fields stay. It is counted again."""
        fields = SegmentEdit(data=request.data, partial=True)
        fields.is_valid(raise_exception=True)
        found, given = _found(request, segment_id), _with_content(fields.validated_data)
        return Response(SegmentOut(segments.edit(segment=found, now=datetime.now(UTC), **given)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, segment_id: int) -> Response:
        """Delete a segment. Its contacts stay."""
        segments.delete(segment=_found(request, segment_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class MembersView(APIView):
    @extend_schema(responses=MembersOut)
    def get(self, request: Request, segment_id: int) -> Response:
        """List the LINE UIDs of a segment's members, as of its last count."""
        return Response({"line_uids": segments.line_uids(segment=_found(request, segment_id))})


def _with_content(given: dict[str, Any]) -> dict[str, Any]:
    """The fields with the text of `csv` as bytes in `content`."""
    others = {name: value for name, value in given.items() if name != "csv"}
    return {**others, "content": given["csv"].encode()} if "csv" in given else others


def _found(request: Request, segment_id: int) -> Segment:
    return get_object_or_404(selectors.segments(account=account_of(request)), pk=segment_id)
