"""Segments from tags, and custom segments from a CSV file of LINE UIDs."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from modules.contacts import segments, selectors, uid_lists
from modules.contacts.models import Segment
from modules.openapi import contact_answers, contact_queries, queries
from modules.openapi.base import OpenApiView
from rest.base.fields import BodyTooLarge, LimitedJSONParser


class UploadParser(MultiPartParser):
    """Refuses a body that cannot be a file within the limit, before it is received."""

    limit = uid_lists.SIZE_LIMIT + 1024 * 1024

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        if int(parser_context["request"].META.get("CONTENT_LENGTH") or 0) > self.limit:
            raise BodyTooLarge.of(self.limit)
        return super().parse(stream, media_type, parser_context)


class SegmentBase(OpenApiView):
    def found(self, segment_id: int) -> Segment:
        return get_object_or_404(selectors.segments(account=self.account), pk=segment_id)

    def answer(self, segment: Segment, code: int = status.HTTP_200_OK) -> Response:
        return Response(contact_answers.segment(segment, self.zone), status=code)


class SegmentsView(SegmentBase):
    def get(self, request: Request) -> Response:
        asked = queries.query(contact_queries.NameQuery, request)
        found = selectors.segments(account=self.account, name=asked["name"])
        return self.list_of(found, lambda row: contact_answers.segment(row, self.zone), start=asked["start"])

    def post(self, request: Request) -> Response:
        fields = queries.body(contact_queries.NewSegment, request)
        made = segments.create_from_tags(account=self.account, filters=fields.pop("tags"), now=self.now, **fields)
        return self.answer(made, status.HTTP_201_CREATED)


class SegmentView(SegmentBase):
    def get(self, _request: Request, segment_id: int) -> Response:
        return self.answer(self.found(segment_id))

    def delete(self, _request: Request, segment_id: int) -> Response:
        segments.delete(segment=self.found(segment_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SegmentMembersView(SegmentBase):
    def get(self, _request: Request, segment_id: int) -> HttpResponse:
        segment = self.found(segment_id)
        text = uid_lists.written(segments.line_uids(segment=segment))
        day = self.now.astimezone(self.zone).date()
        headers = {"Content-Disposition": f"attachment; filename={day}_segment_{segment.pk}_members.csv"}
        return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


class ListSegmentsView(SegmentBase):
    parser_classes = (UploadParser,)

    def post(self, request: Request) -> Response:
        fields = _with_content(queries.body(contact_queries.NewListSegment, request))
        made = segments.create_from_list(account=self.account, now=self.now, **fields)
        return self.answer(made, status.HTTP_201_CREATED)


class ListSegmentView(SegmentBase):
    parser_classes = (UploadParser, LimitedJSONParser)

    def patch(self, request: Request, segment_id: int) -> Response:
        fields = _with_content(queries.body(contact_queries.SegmentPatch, request))
        lists = selectors.segments(account=self.account).filter(kind=Segment.Kind.LIST)
        segment = get_object_or_404(lists, pk=segment_id)
        return self.answer(segments.edit(segment=segment, now=self.now, **fields))


def _with_content(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with the bytes of the file as `content`. A file beyond the limit is read no further than that."""
    if "file" in fields:
        fields["content"] = fields.pop("file").read(uid_lists.SIZE_LIMIT + 1)
    return fields
