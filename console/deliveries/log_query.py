"""The delivery log's address: which filters it names, and the addresses of other views of the log."""

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
    """What an address asks for. `faults` says what of it cannot be understood; then there is no `criteria`."""

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
    """The same query in short, if it holds empty fields as a form sends them, or the same field again."""
    short = [(name, spoken[-1]) for name, values in query.lists() if (spoken := [each for each in values if each])]
    return urlencode(short) if sum(map(len, dict(query.lists()).values())) != len(short) else None


def read(request: ConsoleRequest, *, others: Collection[str] = ()) -> LogQuery:
    """What the request's address asks for. `others` are names beside the filters that this view knows."""
    return _understood(request.GET.dict(), request, request.now, others)


def of_filters(request: ConsoleRequest, filters: dict[str, str], *, now: datetime) -> LogQuery:
    """What filters asked for that were read before: their moments count back from then."""
    return _understood(filters, request, now, ())


def _understood(given: dict[str, str], request: ConsoleRequest, now: datetime, others: Collection[str]) -> LogQuery:
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
