"""The filter form above the delivery log: its options, and the active filters as chips."""

from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.base import ConsoleRequest
from console.deliveries.labels import STATUSES, reason_sentence
from console.deliveries.log_query import LogQuery
from maac_contract.binding_callback import CALLBACK
from maac_contract.contract import TOPICS
from webhooks import selectors
from webhooks.log.filters import LogFilter
from webhooks.models import Endpoint
from webhooks.services.callback import callback_of

Words = str | Promise

PRESETS: dict[str, Words] = {
    "15m": gettext_lazy("15 minutes"),
    "1h": gettext_lazy("1 hour"),
    "24h": gettext_lazy("24 hours"),
    "7d": gettext_lazy("7 days"),
}
_LAST = gettext_lazy("Last %(value)s")


class Chip(NamedTuple):
    """An active filter, and the query without it."""

    label: str
    without: str


class Preset(NamedTuple):
    """A range of time that ends now."""

    label: Words
    query: str
    is_chosen: bool


def form(request: ConsoleRequest, query: LogQuery) -> dict[str, Any]:
    endpoints = _endpoints(request, query)
    since = query.filters.get("since", "")
    return {
        "endpoints": endpoints,
        "topics": (*TOPICS, CALLBACK),
        "statuses": STATUSES,
        "chips": [_chip(name, query, endpoints) for name in LogFilter.base_fields if name in query.filters],
        "presets": [Preset(label, query.to(since=name, until=None), since == name) for name, label in PRESETS.items()],
        "any_time": query.to(since=None, until=None),
        "is_any_time": not since and "until" not in query.filters,
        "preset": since if since in PRESETS else "",
        "since_input": "" if since in PRESETS else _input(query, "since"),
        "until_input": _input(query, "until"),
        "is_unfolded": bool({"topic", "is_test", "key", "until"} & set(query.filters))
        or (since and since not in PRESETS),
    }


def _endpoints(request: ConsoleRequest, query: LogQuery) -> dict[int, str]:
    """The account's endpoints, its binding callback, and the chosen one even if it is deleted."""
    present = selectors.endpoints(account=request.account).order_by("name").values_list("id", "name")
    endpoints = dict(present)
    if callback := callback_of(request.account):
        endpoints[callback.pk] = _("Binding callback")
    chosen = query.criteria.endpoint if query.criteria else None
    if chosen is not None and chosen not in endpoints:
        endpoints |= dict(Endpoint.of_any_kind.filter(account=request.account, pk=chosen).values_list("id", "name"))
    return endpoints


def _chip(name: str, query: LogQuery, endpoints: dict[int, str]) -> Chip:
    value = query.filters[name]
    label = _LAST if name == "since" and value in PRESETS else LogFilter.base_fields[name].label
    return Chip(str(label) % {"value": _value_label(name, value, query, endpoints)}, query.to(**{name: None}))


def _value_label(name: str, value: str, query: LogQuery, endpoints: dict[int, str]) -> str:
    """A filter's value as its label; unchanged if it is unknown."""
    if name in ("since", "until"):
        return str(PRESETS.get(value) or _input(query, name).replace("T", " ") or value)
    if name == "is_test":
        return {"true": _("test events"), "false": _("real events")}.get(value, value)
    if name == "endpoint" and query.criteria:
        return endpoints.get(query.criteria.endpoint or 0, value)
    if name == "reason":
        return reason_sentence(value)
    return str(STATUSES.get(value, value)) if name == "status" else value


def _input(query: LogQuery, name: str) -> str:
    """A time in the format of `<input type="datetime-local">`; empty for None."""
    moment: datetime | None = getattr(query.criteria, name, None)
    return "" if moment is None else timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M:%S")
