"""The page of one delivery: its attempts, the exact bytes, a curl command that repeats it, and sending it again."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.errors import Refusal
from console.base import ConsoleRequest, action, page, render_page
from console.deliveries.attempts import Shown, attempts_in_series, gives_up_at_once, show_attempts
from console.deliveries.curl import as_curl
from console.deliveries.journey import journey
from console.webhooks import payload
from webhooks import selectors
from webhooks.engine.job import Reason
from webhooks.engine.lifecycle import Status
from webhooks.models import Delivery, Endpoint, QueueEntry
from webhooks.secrets import SecretUnreadable
from webhooks.services.redeliver import check_redelivery, redeliver

ATTEMPTS_SHOWN = 40
"""The newest; a delivery that was sent again by hand many times has more."""
RELATIVES_SHOWN = 20
QUICK = timedelta(minutes=1)
"""A delivery that is due for longer waits for a worker, so it is polled less often."""


@page
def delivery(request: ConsoleRequest, pk: int) -> HttpResponse:
    return render_page(request, "console/delivery/page.html", _facts(_of(request, pk), request.now))


@action
def send_again(request: ConsoleRequest, pk: int) -> HttpResponse:
    has_new_key = request.POST.get("new_key") == "1"
    again = redeliver(delivery=_of(request, pk), new_key=has_new_key, now=request.now)
    if has_new_key:
        messages.success(request, _("This is the new delivery: the same bytes under a new key."))
    else:
        messages.success(request, _("It is being sent once more: the same bytes under the same key."))
    return redirect("console:delivery", again.pk)


def _of(request: ConsoleRequest, pk: int) -> Delivery:
    found = selectors.deliveries(account=request.account).select_related("endpoint__account")
    return get_object_or_404(found, pk=pk)


def _facts(delivery: Delivery, now: datetime) -> dict[str, Any]:
    attempts = selectors.last_attempts(delivery=delivery, count=ATTEMPTS_SHOWN)
    shown = show_attempts(delivery, attempts)
    due: QueueEntry | None = getattr(delivery, "queue_entry", None)
    return {
        "delivery": delivery,
        "endpoint": delivery.endpoint,
        "is_deleted": delivery.endpoint.status == Endpoint.Status.DELETED,
        "attempts": shown,
        "journey": journey(delivery, attempts, now=now),
        "last": shown[0] if shown else None,
        "hidden_attempts": attempts[0].number - 1 if attempts else 0,
        "series": _series(delivery),
        "gave_up": _gave_up(delivery, shown),
        "body": delivery.event.body,
        "readable": readable(delivery.event.body),
        "size": len(delivery.event.body.encode()),
        "curl": _curl(delivery),
        "refusal": _refusal(delivery, now),
        "is_pending": delivery.status == Status.PENDING,
        "due": due,
        "every": "1s" if due and now - due.due_at < QUICK else "5s",
        "relatives": selectors.deliveries_of_event(event=delivery.event)[:RELATIVES_SHOWN],
    }


def _series(delivery: Delivery) -> dict[str, int]:
    """Which attempt of how many comes next, or was the last one."""
    made = delivery.attempt_count - delivery.series_start
    return {"made": made, "next": made + 1, "of": attempts_in_series(delivery)}


def _gave_up(delivery: Delivery, shown: list[Shown]) -> str:
    """Why there is no further attempt.

    An `error` of the simulator, a `status` or `address` that MAAC does not retry, or all attempts are `used`.
    """
    if delivery.status == Status.FAILED and delivery.reason == Reason.INTERNAL_ERROR:
        return "error"
    if delivery.status != Status.FAILED or not shown:
        return ""
    last = shown[0].attempt
    if not gives_up_at_once(last):
        return "used"
    return "status" if last.status_code else "address"


def readable(body: str) -> str:
    """The body as indented JSON, or as it is if it is none."""
    try:
        return payload.pretty(payload.read(body))
    except payload.Unreadable:
        return body


def _curl(delivery: Delivery) -> str | None:
    try:
        return as_curl(delivery)
    except SecretUnreadable:
        return None


def _refusal(delivery: Delivery, now: datetime) -> str:
    """Why it cannot be redelivered; empty if it can."""
    try:
        check_redelivery(delivery=delivery, now=now)
    except Refusal as refusal:
        return refusal.message
    return ""
