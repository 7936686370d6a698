"""Redeliver what the delivery log's filter shows: count it, ask for confirmation, then redeliver in steps.

What was delivered is left out, unless the filter names that status or somebody asks for it.

The progress is kept in the page itself, signed. A step that is posted twice redelivers nothing twice.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.errors import Refusal
from console.base import ConsoleRequest, action, came_from, form_page, render_page
from console.deliveries import log_query
from console.deliveries.labels import STATUSES
from console.deliveries.log_form import form
from console.deliveries.log_query import LogQuery
from webhooks.engine.lifecycle import Status
from webhooks.errors import InvalidInput
from webhooks.ids import is_id
from webhooks.log import bulk_redelivery
from webhooks.log.bulk_redelivery import AT_MOST, Counts, RedeliveryPreview, Run
from webhooks.log.search import Criteria
from webhooks.services.redeliver_many import AT_ONCE, Obstacle, redeliver_many

SALT = "console.redeliver_found"
VALID_SECONDS = 24 * 60 * 60

OBSTACLES = {
    Obstacle.IN_PROGRESS: gettext_lazy("They are still being sent. Wait until they are done, or use new keys."),
    Obstacle.ENDPOINT_PAUSED: gettext_lazy("Their endpoint is paused. Resume it first."),
    Obstacle.ENDPOINT_DELETED: gettext_lazy("Their endpoint is deleted."),
    Obstacle.ZONE_NOT_LICENSED: gettext_lazy("Their zone has no valid licence. Ask customer support."),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The state between two steps: account, time of the request, filter, counts, and progress."""

    account: int
    asked_at: str
    filters: dict[str, str]
    preview: RedeliveryPreview
    run: Run | None = None
    new_key: bool = False
    with_delivered: bool = False

    def signed(self) -> str:
        return signing.dumps(asdict(self), salt=SALT, compress=True)

    @property
    def asked_datetime(self) -> datetime:
        return datetime.fromisoformat(self.asked_at)


def _load_plan(request: ConsoleRequest, signed: str) -> Plan:
    """The plan in a signed page; refused if it is forged, expired or of another account."""
    try:
        plan = signing.loads(signed, salt=SALT, max_age=VALID_SECONDS)
    except signing.BadSignature as error:
        raise InvalidInput(_("This page is out of date. Start again from the delivery log.")) from error
    if plan["account"] != request.account.pk:
        raise InvalidInput(_("You have switched to another account. Start again from the delivery log."))
    run = Run(**plan.pop("run")) if plan["run"] else plan.pop("run")
    return Plan(preview=RedeliveryPreview(**plan.pop("preview")), run=run, **plan)


@form_page
def redeliver_found(request: ConsoleRequest) -> HttpResponse:
    """GET counts what the filter shows, and continues counting with a `plan`; POST redelivers the next step."""
    try:
        context = _redeliver_step(request) if request.method == "POST" else _count_step(request)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("console:deliveries")
    if request.headers.get("HX-Request"):
        return render(request, "console/deliveries/redeliver/state.html", context)
    return render_page(request, "console/deliveries/redeliver/page.html", context)


def _count_step(request: ConsoleRequest) -> dict[str, Any]:
    if signed := request.GET.get("plan"):
        plan = _load_plan(request, signed)
        query, criteria = _filter_of(plan, request)
    else:
        query = log_query.read(request, others=["delivered"])
        if query.criteria is None:
            raise InvalidInput(query.faults[0])
        criteria = query.criteria
        begun = bulk_redelivery.begin_preview()
        with_delivered = bool(criteria.status) or request.GET.get("delivered") == "1"
        plan = Plan(request.account.pk, request.now.isoformat(), query.filters, begun, with_delivered=with_delivered)
        criteria = _narrowed(plan, criteria)
    preview = bulk_redelivery.preview_step(
        account=request.account, criteria=criteria, preview=plan.preview, now=request.now
    )
    return _context(request, replace(plan, preview=preview), query)


def _redeliver_step(request: ConsoleRequest) -> dict[str, Any]:
    plan = _load_plan(request, request.POST.get("plan", ""))
    query, criteria = _filter_of(plan, request)
    if plan.run is None:
        plan = replace(plan, new_key=request.POST.get("keys") == "new")
    run = bulk_redelivery.run_step(
        account=request.account,
        criteria=criteria,
        preview=plan.preview,
        run=plan.run or bulk_redelivery.begin_run(plan.preview),
        new_key=plan.new_key,
        asked_at=plan.asked_datetime,
        now=request.now,
    )
    return _context(request, replace(plan, run=run), query)


@action
def redeliver_selected(request: ConsoleRequest) -> HttpResponse:
    """Send the rows that were ticked again under their keys, and say how many were."""
    ids = [int(each) for each in request.POST.getlist("delivery") if is_id(each)][:AT_ONCE]
    if not ids:
        raise InvalidInput(_("Tick at least one delivery."))
    done = redeliver_many(
        account=request.account, delivery_ids=ids, new_key=False, asked_at=request.now, now=request.now
    )
    text = ngettext("%(count)s delivery is sent again.", "%(count)s deliveries are sent again.", done.count)
    messages.success(request, text % {"count": done.count})
    for obstacle, count in done.obstacles.items():
        messages.warning(request, f"{count} · {OBSTACLES[obstacle]}")
    return redirect(came_from(request))


def _filter_of(plan: Plan, request: ConsoleRequest) -> tuple[LogQuery, Criteria]:
    query = log_query.of_filters(request, plan.filters, now=plan.asked_datetime)
    if query.criteria is None:
        raise InvalidInput(query.faults[0])
    return query, _narrowed(plan, query.criteria)


def _narrowed(plan: Plan, criteria: Criteria) -> Criteria:
    return criteria if plan.with_delivered else replace(criteria, other_than=Status.DELIVERED)


def _context(request: ConsoleRequest, plan: Plan, query: LogQuery) -> dict[str, Any]:
    preview, run = plan.preview, plan.run
    return {
        **form(request, query),
        "query": query,
        "plan": plan.signed(),
        "preview": preview,
        "run": run,
        "new_key": plan.new_key,
        "with_delivered": plan.with_delivered,
        "since_asked": urlencode({"since": plan.asked_at}),
        "at_most": AT_MOST,
        "by_status": [(STATUSES.get(status, status), status, count) for status, count in preview.by_status.items()],
        "blocked": _explained(run.blocked if run else preview.blocked),
        "in_progress_words": OBSTACLES[Obstacle.IN_PROGRESS],
    }


def _explained(blocked: Counts) -> list[tuple[object, int]]:
    return [(OBSTACLES[Obstacle(reason)], count) for reason, count in blocked.items()]
