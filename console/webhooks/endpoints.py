"""API > Webhook: list, create, edit, pause, resume and delete endpoints."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.selectors import zone_periods
from accounts.services import endpoint_limit
from console.base import ConsoleRequest, action, came_from, form_page, page, render_page, save_form
from console.webhooks.forms import DeleteForm, EndpointForm, choices_by_zone, values_of
from maac_contract.contract import TOPICS, ZONES
from webhooks import selectors
from webhooks.engine.extra_headers import EXTRA_HEADERS
from webhooks.log import statistics
from webhooks.models import Endpoint
from webhooks.services import endpoints
from webhooks.services.callback import callback_of

PER_PAGE = 25


def endpoint_of(request: ConsoleRequest, pk: int) -> Endpoint:
    """One of the account's endpoints; 404 for a deleted one."""
    return get_object_or_404(selectors.endpoints(account=request.account), pk=pk)


@page
def listing(request: ConsoleRequest) -> HttpResponse:
    shown = Paginator(selectors.endpoints(account=request.account), PER_PAGE).get_page(request.GET.get("page"))
    if not shown.object_list:
        return render_page(request, "console/webhooks/empty.html")
    recent = selectors.recent(endpoints=list(shown))
    hours = statistics.by_hour(account=request.account, now=request.now)
    if callback := callback_of(request.account):
        hours = {pk: buckets for pk, buckets in hours.items() if pk != callback.pk}
    rows = [{"endpoint": each, "recent": recent[each.pk], "bars": hours.get(each.pk, [])} for each in shown]
    context = {"page": shown, "rows": rows, "today": _today(hours), **licence(request)}
    return render_page(request, "console/webhooks/list.html", context)


def _today(hours: Mapping[int, Sequence[statistics.Bucket]]) -> dict[str, Any]:
    """Deliveries of those hours, and their success rate."""
    buckets = [bucket for of_endpoint in hours.values() for bucket in of_endpoint]
    delivered = sum(bucket.delivered for bucket in buckets)
    sent = delivered + sum(bucket.failed for bucket in buckets)
    return {"delivered": delivered, "rate": delivered / sent if sent else None}


def licence(request: ConsoleRequest) -> dict[str, Any]:
    """Running endpoints and their limit, the licence period of each zone, and the unlicensed event types."""
    periods = zone_periods(account=request.account, zones=ZONES, now=request.now)
    licensed = {period.zone for period in periods if period.is_licensed}
    return {
        "running": selectors.running_endpoints(account=request.account),
        "limit": endpoint_limit(account=request.account, now=request.now),
        "periods": periods,
        "unlicensed": [name for name, topic in TOPICS.items() if topic.zone not in licensed],
    }


@form_page
def create(request: ConsoleRequest) -> HttpResponse:
    form = EndpointForm(request.POST if request.method == "POST" else None)
    if endpoint := save_form(
        form,
        lambda: endpoints.create(account=request.account, **form.cleaned_data, now=request.now, actor=request.actor),
    ):
        messages.success(request, _created(endpoint))
        return redirect("console:webhooks")
    return _form_page(request, form)


@form_page
def edit(request: ConsoleRequest, pk: int) -> HttpResponse:
    endpoint = endpoint_of(request, pk)
    form = EndpointForm(request.POST if request.method == "POST" else None, initial=values_of(endpoint))
    if save_form(
        form, lambda: endpoints.edit(endpoint=endpoint, **form.cleaned_data, now=request.now, actor=request.actor)
    ):
        messages.success(request, _("The changes are saved."))
        return redirect("console:webhook", pk)
    return _form_page(request, form, endpoint)


@action
def pause(request: ConsoleRequest, pk: int) -> HttpResponse:
    endpoint = endpoints.pause(endpoint=endpoint_of(request, pk), now=request.now, actor=request.actor)
    text = _("%(name)s is paused. Events that happen until it is resumed will not be sent to it.")
    messages.success(request, text % {"name": endpoint.name})
    return redirect(came_from(request))


@action
def resume(request: ConsoleRequest, pk: int) -> HttpResponse:
    endpoint = endpoints.resume(endpoint=endpoint_of(request, pk), now=request.now, actor=request.actor)
    messages.success(request, _("%(name)s is running again.") % {"name": endpoint.name})
    return redirect(came_from(request))


@form_page
def delete(request: ConsoleRequest, pk: int) -> HttpResponse:
    endpoint = endpoint_of(request, pk)
    form = DeleteForm(endpoint, request.POST if request.method == "POST" else None)
    if form.is_valid():
        endpoints.delete(endpoint=endpoint, now=request.now, actor=request.actor)
        messages.success(request, _("%(name)s is deleted.") % {"name": endpoint.name})
        return redirect("console:webhooks")
    return render_page(request, "console/webhooks/delete.html", {"endpoint": endpoint, "form": form})


def _form_page(request: ConsoleRequest, form: EndpointForm, endpoint: Endpoint | None = None) -> HttpResponse:
    facts = licence(request)
    is_full = endpoint is None and facts["running"] >= facts["limit"]
    held: Sequence[str] = endpoint.event_types if endpoint else ()
    context = {
        **facts,
        "form": form,
        "endpoint": endpoint,
        "zones": choices_by_zone(form, facts["periods"], held),
        "header_limit": EXTRA_HEADERS,
        "is_full": is_full,
        "can_pause": selectors.endpoints(account=request.account).filter(status="running")[:PER_PAGE]
        if is_full
        else [],
    }
    return render_page(request, "console/webhooks/form.html", context)


def _created(endpoint: Endpoint) -> str:
    """The message on the list, with a link to the details."""
    message = _("{name} is created and running. Give your engineer its share secret, then send a test. {details}")
    url = reverse("console:webhook", args=[endpoint.pk])
    details = format_html('<a href="{}">{}</a>', url, _("Show its details"))
    return format_html(message, name=endpoint.name, details=details)
