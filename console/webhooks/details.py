"""API > Webhook: the details of one endpoint, and its share secret."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.selectors import endpoint_add_ons
from console.accounts.audit_labels import worded
from console.base import ConsoleRequest, form_page, page, render_page
from console.webhooks.endpoints import endpoint_of, licence
from console.webhooks.snippets import snippets
from maac_contract.contract import HEADER_IDEMPOTENCY_KEY, HEADER_SIGNATURE, TOPICS
from webhooks import selectors
from webhooks.errors import EndpointNotRunning
from webhooks.log import statistics
from webhooks.models import Endpoint
from webhooks.secrets import SecretUnreadable
from webhooks.services import endpoints

LAST_DELIVERIES = 6
LAST_NOTICES = 3
LAST_ENTRIES = 8


@page
def details(request: ConsoleRequest, pk: int) -> HttpResponse:
    return _details(request, endpoint_of(request, pk))


@form_page
def secret(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Show the share secret by POST, hide it by GET: as a fragment for htmx, otherwise as the whole page."""
    endpoint = endpoint_of(request, pk)
    shown = _revealed(request, endpoint) if request.method == "POST" else {}
    if request.headers.get("HX-Request"):
        return render_page(request, "console/webhooks/secret.html", {"endpoint": endpoint, **shown})
    return _details(request, endpoint, shown) if shown else redirect("console:webhook", pk)


@form_page
def rotate(request: ConsoleRequest, pk: int) -> HttpResponse:
    endpoint = endpoint_of(request, pk)
    if request.method == "POST":
        try:
            endpoints.rotate_secret(endpoint=endpoint, now=request.now, actor=request.actor)
        except EndpointNotRunning as gone:
            raise Http404 from gone
        message = _("The share secret is changed. From now on only the new one signs: give it to your engineer.")
        messages.success(request, message)
        return redirect("console:webhook", pk)
    return render_page(request, "console/webhooks/rotate.html", {"endpoint": endpoint})


def _revealed(request: ConsoleRequest, endpoint: Endpoint) -> dict[str, Any]:
    try:
        return {"secret": endpoints.reveal_secret(endpoint=endpoint, now=request.now, actor=request.actor)}
    except SecretUnreadable:
        return {"is_unreadable": True}
    except EndpointNotRunning as gone:
        raise Http404 from gone


def _details(request: ConsoleRequest, endpoint: Endpoint, shown: dict[str, Any] | None = None) -> HttpResponse:
    facts = licence(request)
    topics = [TOPICS[name] for name in endpoint.event_types if name in TOPICS]
    zones = {topic.zone for topic in topics}
    context = {
        **facts,
        "endpoint": endpoint,
        "topics": topics,
        "periods": [period for period in facts["periods"] if period.zone in zones],
        "add_ons": endpoint_add_ons(account=request.account, now=request.now),
        "recent": selectors.recent(endpoints=[endpoint])[endpoint.pk],
        "bars": _last_day(request, endpoint),
        "deliveries": selectors.last_deliveries(endpoint=endpoint, count=LAST_DELIVERIES),
        "notices": selectors.notices(account=request.account).filter(endpoint=endpoint)[:LAST_NOTICES],
        "history": worded(selectors.audit_entries(endpoint=endpoint)[:LAST_ENTRIES]),
        "headers": sorted(endpoint.extra_headers.items()),
        "snippets": snippets(endpoint=endpoint),
        "signature_header": HEADER_SIGNATURE,
        "key_header": HEADER_IDEMPOTENCY_KEY,
        **(shown or {}),
    }
    return render_page(request, "console/webhooks/details.html", context)


def _last_day(request: ConsoleRequest, endpoint: Endpoint) -> list[statistics.Bucket]:
    return statistics.over_time(
        account=request.account,
        since=request.now - statistics.DAY,
        until=request.now,
        now=request.now,
        endpoint=endpoint.pk,
        buckets=24,
        with_latency=False,
    )
