"""Tools > Try it: set the built-in receiver up, send events to it, and see what arrived."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.base import ConsoleRequest, action, page, render_page
from modules.demo import furnish
from modules.try_it import services
from modules.try_it.models import Received, Receiver
from webhooks.models import Endpoint

SHOWN = 20


@page
def show(request: ConsoleRequest) -> HttpResponse:
    return render_page(request, "try_it/page.html", _context(request))


@page
def live(request: ConsoleRequest) -> HttpResponse:
    """The part of the page that is polled; 204 as long as nothing has arrived, so that what is unfolded stays so."""
    context = _context(request)
    if context["receiver"] is None or request.GET.get("newest") == str(context["newest"]):
        return HttpResponse(status=204)
    return render_page(request, "try_it/received.html", context)


@action
def start(request: ConsoleRequest) -> HttpResponse:
    """Set the receiver up and publish one event of each type."""
    base = settings.OWN_URL or request.build_absolute_uri("/")
    receiver = services.set_up(account=request.account, base=base, now=request.now, actor=request.actor)
    services.send_samples(receiver=receiver, now=request.now)
    messages.success(request, _("The receiver is set up, and one event of each type is on its way to it."))
    return redirect("try_it:show")


@action
def demo(request: ConsoleRequest) -> HttpResponse:
    """Fill an empty account with demo content."""
    base = settings.OWN_URL or request.build_absolute_uri("/")
    if furnish(account=request.account, base=base, now=request.now, actor=request.actor):
        messages.success(request, _("Demo content is there: contacts, a campaign, a survey, templates, a prize."))
    else:
        messages.info(request, _("This account has contacts, so it is left as it is."))
    return redirect("console:home")


@action
def send(request: ConsoleRequest) -> HttpResponse:
    made = services.send_samples(
        receiver=get_object_or_404(_receivers(request)), now=request.now, topic=request.POST.get("topic", "")
    )
    text = ngettext("%(count)s event is published.", "%(count)s events are published.", len(made))
    messages.success(request, text % {"count": len(made)})
    return redirect("try_it:show")


@action
def answer(request: ConsoleRequest) -> HttpResponse:
    receiver = get_object_or_404(_receivers(request))
    services.choose_answer(receiver=receiver, answer=request.POST.get("answer", ""))
    messages.success(request, _("From now on the receiver answers like this."))
    return redirect("try_it:show")


def _receivers(request: ConsoleRequest) -> Any:
    running = Receiver.objects.filter(account=request.account).exclude(endpoint__status=Endpoint.Status.DELETED)
    return running.select_related("endpoint", "account")


def _context(request: ConsoleRequest) -> dict[str, Any]:
    receiver = _receivers(request).first()
    if receiver is None:
        return {"receiver": None}
    received = list(Received.objects.filter(receiver=receiver).order_by("-id")[:SHOWN])
    return {
        "receiver": receiver,
        "endpoint": receiver.endpoint,
        "received": received,
        "newest": received[0].pk if received else 0,
        "answers": Receiver.Answer,
    }
