"""The query string of the delivery log: parsing the filters, and building the queries of links."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from console.base import ConsoleRequest
from webhooks.log.filters import LogFilter
from webhooks.log.search import Criteria

_CURSOR = re.compile(r"(before|after)-(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class LogQuery:
    """A parsed query string. `criteria` is None if `faults` lists errors."""

    given: dict[str, str]
    criteria: Criteria | None
    faults: list[str]
    older_than: int | None = None
    newer_than: int | None = None

    @property
    def is_newest(self) -> bool:
        return self.older_than is None and self.newer_than is None

    @property
    def filters(self) -> dict[str, str]:
        return {name: value for name, value in self.given.items() if name in LogFilter.base_fields}

    def to(self, **changes: str | int | None) -> str:
        """The query of the first page with these changes; a filter that becomes None is left out."""
        return _encoded({**self.filters, **changes})


def shortened(query: QueryDict) -> str | None:
    """The query without empty and repeated fields, as forms send them; None if it has none of them."""
    short = [(name, filled[-1]) for name, values in query.lists() if (filled := [each for each in values if each])]
    return urlencode(short) if sum(map(len, dict(query.lists()).values())) != len(short) else None


def read(request: ConsoleRequest, *, others: Collection[str] = ()) -> LogQuery:
    """Parse the request's query. `others` are the view's parameters that are not filters."""
    return _parse(request.GET.dict(), request, request.now, others)


def of_filters(request: ConsoleRequest, filters: dict[str, str], *, now: datetime) -> LogQuery:
    """Parse stored filters; relative times count back from `now`, the time when they were stored."""
    return _parse(filters, request, now, ())


def _parse(given: dict[str, str], request: ConsoleRequest, now: datetime, others: Collection[str]) -> LogQuery:
    asked = LogFilter(given, zone=request.account.zone_info, now=now, others=others)
    faults = [] if asked.is_valid() else list(_faults(asked))
    cursor = _CURSOR.fullmatch(given.get("cursor", ""))
    if given.get("cursor") and not cursor:
        faults.append(_("This is no page of the log."))
    side, position = (cursor[1], int(cursor[2])) if cursor else ("", None)
    return LogQuery(
        given,
        None if faults else asked.criteria,
        faults,
        older_than=position if side == "before" else None,
        newer_than=position if side == "after" else None,
    )


def _faults(asked: LogFilter) -> Iterable[str]:
    for name, faults in asked.errors.items():
        for fault in faults:
            yield str(fault) if name == "__all__" else _("%(name)s: %(fault)s") % {"name": name, "fault": fault}


def _encoded(values: Mapping[str, str | int | None]) -> str:
    return urlencode({name: value for name, value in values.items() if value is not None})
