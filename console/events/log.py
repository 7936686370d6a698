"""Events: every accepted event, also those that reached no endpoint, and why."""

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from console.base import ConsoleRequest, page, render_page
from console.deliveries.delivery import readable
from console.deliveries.journey import journey
from console.paging import cursor_page
from events.models import Event
from maac_contract.contract import TOPICS
from webhooks import selectors
from webhooks.models import Attempt, Delivery

SEARCHED = 20_000
"""The filter for events that reached nobody looks at so many of the newest events."""
DELIVERIES_SHOWN = 20
ATTEMPTS_SHOWN = 200


@page
def log(request: ConsoleRequest) -> HttpResponse:
    topic, is_missed = request.GET.get("topic", ""), request.GET.get("reached") == "nobody"
    found = selectors.events(account=request.account).prefetch_related(None)
    if topic in TOPICS:
        found = found.filter(topic=topic)
    if is_missed:
        found = _reached_nobody(found, request)
    in_order = Prefetch("deliveries", Delivery.objects.select_related("endpoint").order_by("id"))
    rows, pages = cursor_page(request, found.prefetch_related(in_order))
    chosen = request.GET.copy()
    chosen.pop("before", None)
    context = {
        "events": rows,
        "topics": TOPICS,
        "topic": topic,
        "is_missed": is_missed,
        "searched": SEARCHED,
        "query": chosen.urlencode(),
        **pages,
    }
    return render_page(request, "console/events/log.html", context)


@page
def event(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(selectors.events(account=request.account), pk=pk)
    deliveries = list(selectors.deliveries_of_event(event=found)[:DELIVERIES_SHOWN])
    context = {
        "event": found,
        "lines": _lines(deliveries, request),
        "is_pending": any(each.finished_at is None for each in deliveries),
        "body": found.body,
        "readable": readable(found.body),
        "size": len(found.body.encode()),
    }
    return render_page(request, "console/events/event.html", context)


def _reached_nobody(events: QuerySet[Event], request: ConsoleRequest) -> QuerySet[Event]:
    """Those without a delivery among the newest: an index finds no others, and a scan of all would not end."""
    newest = Event.objects.filter(account=request.account).order_by("-id")
    oldest = newest.values_list("id", flat=True)[SEARCHED : SEARCHED + 1].first() or 0
    return events.filter(~Exists(Delivery.objects.filter(event=OuterRef("pk"))), pk__gt=oldest)


def _lines(deliveries: list[Delivery], request: ConsoleRequest) -> list[dict[str, Any]]:
    """Each delivery with its journey."""
    attempts = Attempt.objects.filter(delivery__in=deliveries).order_by("delivery_id", "number")[:ATTEMPTS_SHOWN]
    by_delivery: dict[int, list[Attempt]] = {}
    for each in attempts:
        by_delivery.setdefault(each.delivery_id, []).append(each)
    return [
        {"delivery": each, "journey": journey(each, by_delivery.get(each.pk, []), now=request.now)}
        for each in deliveries
    ]
