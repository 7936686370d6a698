"""The delivery log: its page, the polled fragments for new rows and continued searches, and its charts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from console import charts
from console.base import ConsoleRequest, page, render_page
from console.deliveries import log_query
from console.deliveries.log_form import form
from console.deliveries.log_page import ROWS, LogPage, counted, load
from console.deliveries.log_query import LogQuery
from console.models import SavedFilter
from webhooks.ids import is_id
from webhooks.log import statistics
from webhooks.log.filtered_stats import filtered_over_time
from webhooks.log.search import Criteria

CHART_SHOWS = timedelta(hours=24)
"""The chart's range if the filter has none."""
BARS = 40
STEP_SECONDS = 0.06
SEARCHES_ON_AT_MOST = 40
"""A long search continues in steps of `STEP_SECONDS`, at most this many before the user is asked."""


@page
def log(request: ConsoleRequest) -> HttpResponse:
    short = log_query.shortened(request.GET)
    if short is not None:
        return redirect(_here(request, short))
    query = log_query.read(request, others=["cursor"])
    saved = SavedFilter.objects.filter(account=request.account).order_by("name")
    context: dict[str, Any] = {"query": query, "saved_filters": saved, **form(request, query)}
    if query.criteria is None:
        return render_page(request, "console/deliveries/log.html", context, status=400)
    shown = load(request, query, query.criteria)
    if query.newer_than is not None and not shown.newer:
        return redirect(_here(request, query.to()))
    shown = counted(request, shown, query.criteria, is_newest=query.is_newest)
    context |= {"log": shown, "is_live": _is_live(query, shown), "found": len(shown.lines), "step": 1}
    context["searches_on"] = query.newer_than is None
    if query.is_newest:
        context |= _charts(request, query.criteria)
    return render_page(request, "console/deliveries/log.html", context)


@page
def live(request: ConsoleRequest) -> HttpResponse:
    """The newest rows if they differ from those shown. With `hold`, rows are updated but none is added."""
    query = log_query.read(request, others=["seen", "newest", "hold"])
    newest = _number(request, "newest")
    if query.criteria is None or newest is None:
        return HttpResponse(status=400)
    held = replace(query, older_than=newest + 1) if request.GET.get("hold") else query
    shown = replace(load(request, held, query.criteria, seen=newest), newer="")
    if shown.fingerprint == request.GET.get("seen"):
        return HttpResponse(status=204)
    shown = counted(request, shown, query.criteria, is_newest=True)
    fresh = sum(line.is_new for line in shown.lines)
    context = {"query": query, "log": shown, "is_live": _is_live(query, shown), "fresh": fresh}
    return render(request, "console/deliveries/live.html", context)


@page
def more(request: ConsoleRequest) -> HttpResponse:
    """Continue a search that ran out of time, up to a full page."""
    query = log_query.read(request, others=["cursor", "found", "step"])
    found, step = _number(request, "found"), _number(request, "step")
    if query.criteria is None or found is None or step is None or found >= ROWS:
        return HttpResponse(status=400)
    shown = load(request, query, query.criteria, room=ROWS - found, seconds=STEP_SECONDS)
    context = {"query": query, "log": replace(shown, newer=""), "step": step + 1, "found": found + len(shown.lines)}
    context["searches_on"] = step < SEARCHES_ON_AT_MOST
    return render(request, "console/deliveries/more.html", context)


@page
def chart(request: ConsoleRequest) -> HttpResponse:
    query = log_query.read(request)
    if query.criteria is None:
        return HttpResponse(status=400)
    return render(request, "console/deliveries/chart_polled.html", {"query": query, **_charts(request, query.criteria)})


def _here(request: ConsoleRequest, query: str) -> str:
    return f"{request.path}?{query}" if query else request.path


def _is_live(query: LogQuery, shown: LogPage) -> bool:
    """Older pages, and searches that are too slow to repeat, are not refreshed."""
    return query.is_newest and "until" not in query.filters and shown.searched_to is None


def _number(request: ConsoleRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if is_id(text) else None


def _charts(request: ConsoleRequest, criteria: Criteria) -> dict[str, Any]:
    """The charts apply every filter; those of answer times only what DeliveryStats has. Events and keys have none."""
    until = criteria.until or request.now
    since = criteria.since or until - CHART_SHOWS
    if criteria.key or criteria.event is not None or since >= until:
        return {}
    if criteria.status or criteria.reason or criteria.text:
        found = filtered_over_time(
            account=request.account, criteria=criteria, since=since, until=until, now=request.now, buckets=BARS
        )
        shown = {"buckets": found.buckets, "outcomes": charts.outcome_chart(found.buckets), "is_filtered": True}
        return {**shown, "chart_since": found.counted_to or since, "chart_until": criteria.until}
    buckets = statistics.over_time(
        account=request.account,
        since=since,
        until=until,
        now=request.now,
        endpoint=criteria.endpoint,
        topic=criteria.topic,
        is_test=criteria.is_test,
        buckets=BARS,
    )
    return {
        "buckets": buckets,
        "outcomes": charts.outcome_chart(buckets),
        "latency": charts.latency_chart(buckets),
        "chart_since": since,
        "chart_until": criteria.until,
    }
