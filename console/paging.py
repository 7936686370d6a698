"""Pages of a list in the console, newest first, by cursor: they stay fast however long the list is."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from console.base import ConsoleRequest
from webhooks.ids import is_id

PAGE_SIZE = 30

Row = TypeVar("Row", bound=Model)


def newest(request: ConsoleRequest, found: QuerySet[Row], size: int = PAGE_SIZE) -> tuple[list[Row], dict[str, Any]]:
    """The rows of the page that the address asks for, and what `console/parts/pages.html` wants to know."""
    before = request.GET.get("before", "")
    is_older = is_id(before)
    rows = list((found.filter(pk__lt=int(before)) if is_older else found)[: size + 1])
    following = rows[size - 1].pk if len(rows) > size else None
    return rows[:size], {"following": following, "is_older": is_older}
