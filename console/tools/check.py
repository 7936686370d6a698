"""Tools > Check a receiver: start a check, follow its progress, read and download the report."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext as _

from console.base import ConsoleRequest, form_page, page, render_page, save_form
from console.paging import cursor_page
from console.tools.check_form import CheckForm, as_asked, probe_groups
from console.tools.labels import sections, show, state_of
from receiver_check.as_html import as_html
from receiver_check.as_json import as_json
from receiver_check.as_junit import as_junit
from receiver_check.verdicts import Report, sees_effects
from webhooks import selectors
from webhooks.check_report import report_of, results_of
from webhooks.errors import CheckNotOver
from webhooks.ids import is_id
from webhooks.models import Check
from webhooks.secrets import SecretUnreadable
from webhooks.services import checks

PAGE_SIZE = 20

FORMATS: dict[str, tuple[str, Callable[[Report], str]]] = {
    "json": ("application/json", as_json),
    "xml": ("application/xml", as_junit),
    "html": ("text/html", lambda report: as_html(report, translate=gettext, language=get_language() or "en")),
}
"""Report formats: the content type and the writer."""


@form_page
def listing(request: ConsoleRequest) -> HttpResponse:
    """The form, and earlier checks."""
    form = CheckForm(request.account, request.POST if request.method == "POST" else None, _initial(request))
    try:
        if check := save_form(form, lambda: _start(request, form)):
            return redirect("console:check", check.pk)
    except SecretUnreadable:
        form.add_error("endpoint", _("The share secret cannot be decrypted with the keys of this simulator."))
    rows, pages = cursor_page(request, selectors.checks(account=request.account), size=PAGE_SIZE)
    context = {
        "form": form,
        "groups": probe_groups(form),
        "checks": [(each, state_of(each)) for each in rows],
        **pages,
    }
    return render_page(request, "console/tools/checks.html", context)


@page
def details(request: ConsoleRequest, pk: int) -> HttpResponse:
    return render_page(request, "console/tools/check.html", _context(request, _check_of(request, pk)))


@page
def live(request: ConsoleRequest, pk: int) -> HttpResponse:
    """The part of the page that is polled while the check runs."""
    check = _check_of(request, pk)
    if request.headers.get("HX-Request") != "true":
        return redirect("console:check", pk)
    return render(request, "console/tools/live.html", {**_context(request, check), "is_news": True})


@page
def probe(request: ConsoleRequest, pk: int, name: str) -> HttpResponse:
    """One probe with its stored requests and answers."""
    check = _check_of(request, pk)
    found = next((result for result in results_of(check) if result.id == name), None)
    if found is None:
        raise Http404
    return render_page(request, "console/tools/probe.html", {"check": check, "shown": show(found)})


@page
def report(request: ConsoleRequest, pk: int, form: str) -> HttpResponse:
    """The report as a file."""
    try:
        found = report_of(_check_of(request, pk))
    except CheckNotOver as early:
        raise Http404 from early
    kind, write = FORMATS[form]
    answer = HttpResponse(write(found), content_type=f"{kind}; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="receiver-check-{pk}.{form}"'
    return answer


def _start(request: ConsoleRequest, form: CheckForm) -> Check:
    given = form.cleaned_data
    who: dict[str, Any] = {"effects_url": given["effects_url"], "now": request.now, "actor": request.actor}
    if given["endpoint"]:
        return checks.start_for_endpoint(endpoint=given["endpoint"], options=form.options(), **who)
    return checks.start(
        account=request.account, url=given["url"], secret=given["secret"], options=form.options(), **who
    )


def _initial(request: ConsoleRequest) -> dict[str, Any]:
    """Initial values: those of an earlier check (`?again=`), or the endpoint (`?endpoint=`)."""
    again, endpoint = request.GET.get("again", ""), request.GET.get("endpoint", "")
    if is_id(again):
        return as_asked(_check_of(request, int(again)))
    return {"endpoint": int(endpoint)} if is_id(endpoint) else {}


def _check_of(request: ConsoleRequest, pk: int) -> Check:
    return get_object_or_404(selectors.checks(account=request.account), pk=pk)


def _context(request: ConsoleRequest, check: Check) -> dict[str, Any]:
    results = results_of(check)
    return {
        "check": check,
        "state": state_of(check),
        "sections": sections(results) if check.is_over else [],
        "sees_effects": sees_effects(results),
        "so_far": [] if check.is_over else [show(result, 0) for result in results],
        "has_no_worker": check.status == Check.Status.QUEUED and not selectors.worker_health(now=request.now).is_good,
    }
