"""Behaviour files, the reports of deeplinks and tracelinks, and the statistics of auto replies."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from modules.links import selectors
from modules.links.browsing import COLUMNS
from modules.links.models import Link
from modules.openapi import link_answers, queries
from modules.openapi.base import OpenApiView
from modules.openapi.errors import as_json

FIRST_DAY = date(2016, 1, 1)
"""The documented default of `start_date`."""
CHANNEL_TYPES = ("line", "whatsapp", "wccs", "fb", "ig")
MOST_REPORTS = 20


class BehaviorView(OpenApiView):
    kind: str = next(iter(COLUMNS))

    def get(self, _request: Request, day: str) -> StreamingHttpResponse:
        wanted: date = queries.Day(format="%Y-%m-%d").run_validation(day)
        rows = selectors.behavior(account=self.account, kind=self.kind, day=wanted, zone=self.zone)
        headers = {"Content-Disposition": f"attachment; filename={wanted}_{self.kind}.csv"}
        lines = link_answers.behavior_lines(self.kind, rows, self.zone)
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


class LinkQuery(queries.Period):
    """`id` is the simulator's own: MAAC documents no way to choose between several links."""

    id = queries.Id(required=False)


class LinkView(OpenApiView, ABC):
    kind: ClassVar[Link.Kind]

    def get(self, request: Request) -> Response:
        """The newest link, or the one with the given id."""
        asked = queries.query(LinkQuery, request)
        links = selectors.links(account=self.account).filter(kind=self.kind)
        link = links.filter(pk=asked["id"]).first() if "id" in asked else links.first()
        if link is None:
            raise NotFound
        return Response(self.answer(link, asked["start_date"], asked["end_date"]))

    @abstractmethod
    def answer(self, link: Link, start: date | None, end: date | None) -> dict[str, Any]:
        """The documented report of `link` from `start` to `end`, days of the account's zone, both included."""


class DeeplinkView(LinkView):
    kind = Link.Kind.DEEPLINK

    def answer(self, link: Link, start: date | None, end: date | None) -> dict[str, Any]:
        figures = selectors.deeplink_figures(link=link, zone=self.zone, start=start, end=end)
        return link_answers.deeplink(link, figures, self.zone)


class TracelinkView(LinkView):
    kind = Link.Kind.TRACELINK

    def answer(self, link: Link, start: date | None, end: date | None) -> dict[str, Any]:
        figures = selectors.tracelink_figures(link=link, zone=self.zone, start=start, end=end)
        return link_answers.tracelink(link, figures, self.zone)


class SearchDay(queries.Day):
    """A day `YYYY-MM-DD`, with the documented sentence."""

    def __init__(self, name: str) -> None:
        sentence = f"Invalid {name} format. Use YYYY-MM-DD."
        messages: Any = dict.fromkeys(("invalid", "datetime"), sentence)
        super().__init__(required=False, allow_null=True, default=None, input_formats=["%Y-%m-%d"],
                         error_messages=messages)  # fmt: skip


class Search(serializers.Serializer[Any]):
    start_date = SearchDay("start_date")
    end_date = SearchDay("end_date")
    channel_type = serializers.ChoiceField(choices=CHANNEL_TYPES, required=False, allow_null=True, default=None)
    offset = serializers.IntegerField(required=False, default=0, min_value=0, max_value=queries.LARGEST_ID)
    limit = serializers.IntegerField(required=False, default=MOST_REPORTS, min_value=1, max_value=MOST_REPORTS)


class AutoReplySearchView(OpenApiView):
    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Any]:
        return _as_search_error

    def post(self, request: Request) -> Response:
        asked = queries.body(Search, request)
        start = asked["start_date"] or FIRST_DAY
        end = asked["end_date"] or self.now.astimezone(self.zone).date()
        if start > end:
            raise ValidationError({"start_date": ["start_date must not be later than end_date."]})
        if asked["channel_type"] not in (None, "line"):
            raise NotFound("Bot does not exist")
        replies = selectors.auto_replies(account=self.account)
        page = list(replies.prefetch_related("parts")[asked["offset"] : asked["offset"] + asked["limit"]])
        acts = defaultdict(list)
        for act in selectors.act_figures(replies=page, zone=self.zone, start=start, end=end):
            acts[act["auto_reply_id"]].append(act)
        reports = [
            link_answers.auto_reply(
                row, sorted(row.parts.all(), key=lambda part: part.pk), acts[row.pk], zone=self.zone, start=start,
                end=end, channel_name=self.account.name,
            )
            for row in page
        ]  # fmt: skip
        return Response({"count": replies.count(), "reports": reports})


def _as_search_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """This call's own form of 400 and 404; the others as everywhere."""
    answer = as_json(error, context)
    if answer is None:
        return None
    if answer.status_code == 404:
        answer.data = {"message": str(answer.data["detail"])}
    elif answer.status_code == 400:
        answer.data = {"message": "", "errors": _errors(error, answer.data)}
    return answer


def _errors(error: Exception, data: Any) -> list[dict[str, Any]]:
    """Dates are reported for the whole body, as documented; the other fields by name (chosen)."""
    if isinstance(error, ParseError) or not isinstance(data, dict):
        sentence = str(data.get("detail", data) if isinstance(data, dict) else data)
        return [{"loc": ["__root__"], "msg": sentence, "type": "value_error"}]
    return [
        {"loc": ["__root__" if name.endswith("_date") or name == "non_field_errors" else name], "msg": str(sentence),
         "type": "value_error"}
        for name, sentences in data.items()
        for sentence in sentences
    ]  # fmt: skip
