"""Send test: choose an event type, edit the payload, send it and show the result."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from accounts.errors import Refusal
from accounts.services import licensed_zones
from console.base import ConsoleRequest, form_page, page, render_page
from console.deliveries.attempts import show_attempt
from console.webhooks import payload
from console.webhooks.endpoints import endpoint_of
from console.webhooks.payload import Checked, PayloadProblem
from maac_contract.contract import TOPICS, Topic
from maac_contract.samples import sample
from webhooks import selectors
from webhooks.ids import is_id
from webhooks.models import Delivery, Endpoint
from webhooks.services.send_test import send_test
from webhooks.waiting import waiting_of

SEED_LENGTH = 100
FIRST_LOOK = 0.25
"""Seconds that the response waits for the result: most receivers answer within it, which saves a poll."""
LATE_AFTER = timedelta(seconds=3)
"""A test without an attempt after this time may wait for a worker that is not running."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An event type that can be sent as a test while its zone is licensed."""

    topic: Topic
    is_licensed: bool
    is_subscribed: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """The content of the form, and its validation."""

    event_type: str
    seed: str
    text: str
    checked: Checked

    @property
    def topic(self) -> Topic:
        return TOPICS[self.event_type]


def choices(*, endpoint: Endpoint, now: datetime) -> list[Choice]:
    """Every event type in contract order."""
    licensed = licensed_zones(account_id=endpoint.account_id, now=now)
    return [Choice(topic, topic.zone in licensed, name in endpoint.event_types) for name, topic in TOPICS.items()]


@form_page
def webhook_test(request: ConsoleRequest, pk: int) -> HttpResponse:
    endpoint = endpoint_of(request, pk)
    if request.method == "POST":
        return _send(request, endpoint)
    can_choose = choices(endpoint=endpoint, now=request.now)
    delivery = _delivery_of(request, endpoint, request.GET.get("delivery", ""))
    return _page(request, endpoint, can_choose, _draft(request.GET, can_choose, delivery), delivery=delivery)


@form_page
def check(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Validate the payload while it is typed."""
    endpoint_of(request, pk)
    topic = request.POST.get("event_type", "")
    if topic not in TOPICS:
        return HttpResponse(status=404)
    checked = payload.check(topic, request.POST.get("data", ""))
    return render(request, "console/send_test/faults.html", {"checked": checked})


@page
def result(request: ConsoleRequest, pk: int, delivery_pk: int) -> HttpResponse:
    """The result of a test so far: a fragment that is polled until the delivery is finished."""
    endpoint = endpoint_of(request, pk)
    delivery = get_object_or_404(_tests(request, endpoint), pk=delivery_pk)
    if not _is_htmx(request):
        return _to_page(endpoint, delivery)
    return _fragment(request, endpoint, delivery, is_said=delivery.finished_at is not None)


def _fragment(request: ConsoleRequest, endpoint: Endpoint, delivery: Delivery, *, is_said: bool) -> HttpResponse:
    """The result for htmx. At its end it triggers `test-ended`, which refreshes the list of the last deliveries."""
    context = {**_outcome(request, endpoint, delivery), "is_said": is_said}
    answer = render(request, "console/send_test/result.html", context)
    if delivery.finished_at is not None:
        answer.headers["HX-Trigger"] = "test-ended"
    return answer


def _send(request: ConsoleRequest, endpoint: Endpoint) -> HttpResponse:
    """Without `data` a sample is sent."""
    event_type, seed, text = (request.POST.get(name) for name in ("event_type", "seed", "data"))
    checked = payload.check(event_type, text) if text is not None and event_type in TOPICS else None
    faults = checked.faults if checked else []
    waiting = waiting_of(request.META)
    try:
        delivery = (
            None
            if faults
            else waiting.once(
                lambda: send_test(
                    endpoint=endpoint,
                    event_type=event_type or "",
                    data=checked.data if checked else None,
                    seed=seed_of(seed) or None,
                    now=request.now,
                )
            )
        )
    except Refusal as refusal:
        return _refused(request, endpoint, [PayloadProblem("", refusal.message)])
    if delivery is None:
        return _refused(request, endpoint, faults)
    waiting.wait(partial(selectors.is_event_done, event_id=delivery.event_id), timeout=FIRST_LOOK)
    return _answer(request, endpoint, delivery)


def _answer(request: ConsoleRequest, endpoint: Endpoint, delivery: Delivery) -> HttpResponse:
    if not _is_htmx(request):
        return _to_page(endpoint, delivery)
    fresh = _tests(request, endpoint).get(pk=delivery.pk)
    return _fragment(request, endpoint, fresh, is_said=True)


def _refused(request: ConsoleRequest, endpoint: Endpoint, faults: list[PayloadProblem]) -> HttpResponse:
    """Nothing was sent: show the errors in place of the result and keep the input."""
    if _is_htmx(request):
        return render(request, "console/send_test/refused.html", {"faults": faults, "is_said": True})
    can_choose = choices(endpoint=endpoint, now=request.now)
    draft = _draft(request.POST, can_choose, None)
    if draft is None or not request.POST.get("data"):
        for fault in faults:
            messages.error(request, fault.reason)
    return _page(request, endpoint, can_choose, draft, refused=faults)


def _page(
    request: ConsoleRequest,
    endpoint: Endpoint,
    can_choose: list[Choice],
    draft: Draft | None,
    *,
    delivery: Delivery | None = None,
    refused: list[PayloadProblem] | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {"endpoint": endpoint, "choices": can_choose, "draft": draft, "faults": refused}
    if delivery:
        context |= _outcome(request, endpoint, delivery)
    return render_page(request, "console/send_test/page.html", context)


def _draft(given: QueryDict, can_choose: list[Choice], delivery: Delivery | None) -> Draft | None:
    """Initial content: the input or the earlier test, otherwise the sample of the seed. None: no type is licensed."""
    seed = seed_of(given.get("seed")) or str(secrets.randbelow(10_000))
    if delivery:
        sent = payload.read(delivery.event.body)["data"]
        return drafted(delivery.topic, seed, payload.pretty(sent))
    event_type = _chosen(given.get("event_type", ""), can_choose)
    if event_type is None:
        return None
    typed = given.get("data")
    return drafted(event_type, seed, payload.pretty(sample(event_type, seed=seed)) if typed is None else typed)


def drafted(event_type: str, seed: str, text: str) -> Draft:
    """The form's content with its validation."""
    return Draft(event_type, seed, text, payload.check(event_type, text))


def _chosen(event_type: str, can_choose: list[Choice]) -> str | None:
    """The requested event type if it is licensed; otherwise a licensed one, preferably subscribed."""
    licensed = [choice for choice in can_choose if choice.is_licensed]
    names = [choice.topic.name for choice in sorted(licensed, key=lambda choice: not choice.is_subscribed)]
    return event_type if event_type in names else next(iter(names), None)


def seed_of(text: str | None) -> str:
    """A seed, or empty if it is not printable."""
    seed = (text or "").strip()[:SEED_LENGTH]
    return seed if seed.isprintable() else ""


def _tests(request: ConsoleRequest, endpoint: Endpoint) -> Any:
    return selectors.deliveries(account=request.account).filter(endpoint=endpoint, is_test=True)


def _delivery_of(request: ConsoleRequest, endpoint: Endpoint, pk: str) -> Delivery | None:
    return get_object_or_404(_tests(request, endpoint), pk=pk) if is_id(pk) else None


def _outcome(request: ConsoleRequest, endpoint: Endpoint, delivery: Delivery) -> dict[str, Any]:
    attempt = delivery.attempts.order_by("-number").first()
    age = request.now - delivery.created_at
    is_late = delivery.finished_at is None and attempt is None and age > LATE_AFTER
    return {
        "endpoint": endpoint,
        "delivery": delivery,
        "shown": show_attempt(delivery, attempt) if attempt else None,
        "seconds": max(0, int(age.total_seconds())),
        "limit": f"{settings.WEBHOOK_ATTEMPT_TIMEOUT:g}",
        "has_no_worker": is_late and not selectors.worker_health(now=request.now).is_good,
        "every": _poll_interval(age),
    }


def _poll_interval(age: timedelta) -> str:
    """The polling interval: short while the result is likely to arrive soon."""
    if age < LATE_AFTER:
        return "300ms"
    return "1s" if age < timedelta(minutes=1) else "10s"


def _to_page(endpoint: Endpoint, delivery: Delivery) -> HttpResponse:
    return redirect(f"{reverse('console:webhook_test', args=[endpoint.pk])}?delivery={delivery.pk}#test-result")


def _is_htmx(request: ConsoleRequest) -> bool:
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers
