"""Events > Publish: an event by hand, from a sample or from an earlier event, and one of each type at once."""

import secrets

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.services import licensed_zones
from console.base import ConsoleRequest, action, form_page, render_page
from console.webhooks import payload
from console.webhooks.payload import PayloadProblem
from console.webhooks.send_test import Draft, drafted, seed_of
from maac_contract.contract import TOPICS
from maac_contract.samples import sample
from webhooks import selectors
from webhooks.ids import is_id
from webhooks.services.publish import EventRequest, publish


@form_page
def new(request: ConsoleRequest) -> HttpResponse:
    """GET shows the sample of a type (`?topic=`, `?seed=`) or an earlier event (`?event=`); POST publishes."""
    draft = _draft(request)
    faults: list[PayloadProblem] = []
    if request.method == "POST":
        faults = draft.checked.faults
        if not faults:
            event_request = EventRequest(draft.event_type, data=draft.checked.data)
            (made,) = publish(account=request.account, event_requests=[event_request], now=request.now)
            messages.success(request, _reached(len(made.deliveries)))
            return redirect("console:event", made.event.pk)
    licensed = licensed_zones(account_id=request.account.pk, now=request.now)
    choices = [(topic, topic.zone in licensed) for topic in TOPICS.values()]
    context = {"draft": draft, "choices": choices, "faults": faults}
    return render_page(request, "console/events/new.html", context, status=400 if faults else 200)


@form_page
def check(request: ConsoleRequest) -> HttpResponse:
    """Validate the payload while it is typed."""
    topic = request.POST.get("topic", "")
    if topic not in TOPICS:
        return HttpResponse(status=404)
    checked = payload.check(topic, request.POST.get("data", ""))
    return render(request, "console/send_test/faults.html", {"checked": checked})


@action
def publish_all(request: ConsoleRequest) -> HttpResponse:
    """One event of each type, with a sample payload."""
    seed = secrets.randbelow(10_000)
    requests = [EventRequest(topic, seed=seed) for topic in TOPICS]
    made = publish(account=request.account, event_requests=requests, now=request.now, is_batch=True)
    text = _("%(events)s events are published.") % {"events": len(made)}
    messages.success(request, f"{text} {_reached(sum(len(each.deliveries) for each in made))}")
    return redirect("console:events")


def _reached(count: int) -> str:
    if not count:
        return _("No endpoint gets it; the event's page says why.")
    return ngettext("%(count)s delivery is on its way.", "%(count)s deliveries are on their way.", count) % {
        "count": count
    }


def _draft(request: ConsoleRequest) -> Draft:
    given: QueryDict = request.POST if request.method == "POST" else request.GET
    seed = seed_of(given.get("seed")) or str(secrets.randbelow(10_000))
    if is_id(earlier := given.get("event", "")):
        found = selectors.events(account=request.account).filter(pk=int(earlier)).first()
        if found:
            return drafted(found.topic, seed, payload.pretty(payload.read(found.body)["data"]))
    topic = given.get("topic", "")
    topic = topic if topic in TOPICS else next(iter(TOPICS))
    typed = given.get("data")
    return drafted(topic, seed, payload.pretty(sample(topic, seed=seed)) if typed is None else typed)
