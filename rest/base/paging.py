"""Lists by cursor: `results` and `next`, never a count."""

from typing import Any

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from webhooks.ids import is_id


class NewestFirst(CursorPagination):
    """`?limit=` rows a page (100, at most 500); `next` is the whole URL of the next page, or null."""

    ordering = "-id"
    page_size = 100
    page_size_query_param = "limit"
    max_page_size = 500

    def get_page_size(self, request: Request) -> int:
        limit = request.query_params.get("limit", str(self.page_size))
        if not (limit.isascii() and limit.isdigit() and limit.strip("0")):
            raise ValidationError({"limit": [f"Write a whole number from 1 to {self.max_page_size}."]})
        return min(int(limit.lstrip("0")[:10]), self.max_page_size)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """The framework takes any position on trust; ours is a row's id."""
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise _bad_cursor() from None
        if cursor and not is_id(str(cursor.position)):
            raise _bad_cursor()
        return cursor

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.get_next_link()})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        following = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {"results": schema, "next": following},
        }


def _bad_cursor() -> ValidationError:
    return ValidationError({"cursor": ["This is no cursor. Follow the URL that `next` gave."]})
