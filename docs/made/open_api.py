"""The calls of MAAC's own Open API that the simulator answers, from its paths."""

import re
from collections.abc import Iterator

from django.conf import settings

from docs.made.markdown import code, table
from modules.openapi import base
from modules.openapi.limits import WINDOWS
from modules.openapi.urls import urlpatterns

BASE = "/openapi/v1/"
CONVERTER = re.compile(r"<\w+:(\w+)>")
METHODS = ("get", "post", "patch", "put", "delete")


def open_api() -> str:
    return table(["call", "limit"], ([code(call), limit] for call, limit in calls()))


def calls() -> Iterator[tuple[str, str]]:
    """Method and path, and how often an account may call it."""
    for pattern in urlpatterns:
        view: type[base.OpenApiView] = vars(pattern.callback)["view_class"]
        if view is base.NothingHere:
            continue
        limit = _limit_of(view.limited_as) if view.limited_as else ""
        path = CONVERTER.sub(r"{\1}", str(pattern.pattern))
        for method in METHODS:
            if hasattr(view, method):
                yield f"{method.upper()} {BASE}{path}", limit


def _limit_of(name: str) -> str:
    window = WINDOWS.get(name, 1)
    return f"{settings.OPENAPI_RATE_LIMITS[name]} a {'second' if window == 1 else 'minute'}"
