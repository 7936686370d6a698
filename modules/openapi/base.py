"""The base of the Open API's views."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts.models import Account
from modules.openapi.errors import as_json, as_text
from modules.openapi.limits import CallLimit
from modules.openapi.paging import OLDEST, page_of
from rest.base.request import account_of, now_utc


class AnyAccept(BaseContentNegotiation):
    """Ignores the Accept header: each call has one form of answer."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(
        self, _request: Request, renderers: Iterable[BaseRenderer], _format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class OpenApiView(APIView):
    """Uses the REST API's tokens. Excluded from the simulator's own OpenAPI schema."""

    schema = None
    content_negotiation_class = AnyAccept
    request: Request
    limited_as: ClassVar[str] = ""
    """The name of the view's rate limit; empty: none."""

    @property
    def account(self) -> Account:
        return account_of(self.request)

    @property
    def zone(self) -> ZoneInfo:
        return self.account.zone_info

    @property
    def now(self) -> datetime:
        return now_utc()

    def get_throttles(self) -> list[BaseThrottle]:
        return [CallLimit()] if self.limited_as else []

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Any]:
        return as_json

    def list_of(
        self, rows: QuerySet[Any], answer: Callable[[Any], Any], *, start: str, order: Sequence[str] = OLDEST
    ) -> Response:
        found, following = page_of(rows, start=start, order=order)
        return Response({"results": [answer(row) for row in found], "next": following})


class PlainTextErrors(OpenApiView):
    """Errors are one line of text."""

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Any]:
        return as_text


class NothingHere(OpenApiView):
    """404 for any other path, including a documented one without its final slash."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404
