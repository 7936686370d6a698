"""Cursor pagination of lists in the console, newest first."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from console.base import ConsoleRequest
from webhooks.ids import is_id

PAGE_SIZE = 30

Row = TypeVar("Row", bound=Model)


def cursor_page(
    request: ConsoleRequest, queryset: QuerySet[Row], size: int = PAGE_SIZE
) -> tuple[list[Row], dict[str, Any]]:
    """The rows before the id in `?before=`, and the context of `console/parts/pages.html`.

    Filtering by id uses the index; an OFFSET would read and discard every earlier row.
    """
    before = request.GET.get("before", "")
    is_older = is_id(before)
    rows = list((queryset.filter(pk__lt=int(before)) if is_older else queryset)[: size + 1])
    following = rows[size - 1].pk if len(rows) > size else None
    return rows[:size], {"following": following, "is_older": is_older}
