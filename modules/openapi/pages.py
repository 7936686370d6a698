"""Modules > Open API in the console: what clients called, and failures on demand."""

from typing import Any

from django import forms
from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.selectors import is_operator
from console.base import ConsoleRequest, action, form_page, page, render_page, save_form
from console.paging import cursor_page
from maac_contract.openapi_failures import FAILURES, MAGIC, About, Failure
from modules.messages import rules as messages
from modules.messages.labels import MARKS
from modules.notifications.magic import MAGIC as MAGIC_NUMBERS
from modules.openapi import scripted
from modules.openapi.logged_calls import METHODS, Criteria, as_curl, calls
from modules.openapi.models import Call

ANY = ("", gettext_lazy("All"))
STATUSES = [
    ANY,
    ("2xx", "2xx"),
    ("4xx", "4xx"),
    ("5xx", "5xx"),
    *((str(each), str(each)) for each in (400, 403, 404, 429)),
]
FAILED = 400


class CallFilter(forms.Form):
    path = forms.CharField(label=gettext_lazy("Text in the path"), required=False, max_length=200)
    method = forms.ChoiceField(
        label=gettext_lazy("Method"), required=False, choices=[ANY, *((each, each) for each in METHODS)]
    )
    status = forms.ChoiceField(label=gettext_lazy("Status code"), required=False, choices=STATUSES)


class FailureForm(forms.Form):
    """Empty fields take the service's defaults."""

    failure = forms.ChoiceField(
        label=gettext_lazy("What fails"),
        choices=[(each.value, each.value) for each in Failure],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what is to fail.")},
    )
    path = forms.CharField(
        label=gettext_lazy("Only paths that begin so"),
        required=False,
        max_length=scripted.PATH_LIMIT,
        help_text=gettext_lazy("What follows /openapi/v1/, such as member/. Empty: every call that can fail so."),
    )
    times = forms.IntegerField(
        label=gettext_lazy("How many calls"),
        required=False,
        min_value=0,
        initial=1,
        help_text=gettext_lazy("0: all until it expires."),
    )
    expires_in = forms.FloatField(
        label=gettext_lazy("Expires after, in seconds"), required=False, initial=scripted.LIFE
    )

    def options(self) -> dict[str, Any]:
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        return {**given, "times": given.get("times", 1) or None}

    def kinds(self) -> list[dict[str, Any]]:
        chosen = self["failure"].value()
        return [
            {"failure": failure.value, "about": about, "is_chosen": failure.value == chosen}
            for failure, about in FAILURES.items()
        ]


@page
def calls_page(request: ConsoleRequest) -> HttpResponse:
    return render_page(request, "openapi/calls.html", {**_calls(request), "is_live": "before" not in request.GET})


@page
def live(request: ConsoleRequest) -> HttpResponse:
    """The calls alone, for the page that refreshes them."""
    return render_page(request, "openapi/parts/calls.html", _calls(request))


@page
def call_page(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(_visible(request), pk=pk)
    context = {
        "call": found,
        "curl": as_curl(found, origin=f"{request.scheme}://{request.get_host()}"),
        "milliseconds": found.microseconds / 1000,
        "pill": _pill(found),
        "request_lines": _lines(found.request_headers),
        "response_lines": _lines(found.response_headers),
        "about": _about(found),
        "is_request_short": found.request_size > len(found.request_body.encode()),
        "is_response_short": found.response_size > len(found.response_body.encode()),
    }
    return render_page(request, "openapi/call.html", context)


@form_page
def failures_page(request: ConsoleRequest) -> HttpResponse:
    """Scripted failures, and the form that adds one."""
    form = FailureForm(request.POST or None)
    actor = request.actor
    if save_form(form, lambda: scripted.add(account=request.account, now=request.now, actor=actor, **form.options())):
        notes.success(request, _("The failure is scripted. The next matching calls meet it."))
        return redirect("openapi:failures")
    found, pages = cursor_page(request, scripted.failures(account=request.account))
    rows = [
        {"row": each, "about": FAILURES[Failure(each.failure)], "is_active": each.is_active(request.now)}
        for each in found
    ]
    magic = [(value, FAILURES[failure].title) for value, failure in MAGIC.items()]
    magic += [(uid, MARKS[mark]) for uid, mark in messages.MAGIC.items()]
    magic += [(number, about.meaning) for number, about in MAGIC_NUMBERS.items()]
    return render_page(request, "openapi/failures.html", {"form": form, "rows": rows, "magic": magic, **pages})


@action
def failure_remove(request: ConsoleRequest, pk: int) -> HttpResponse:
    rows = scripted.failures(account=request.account).filter(pk=pk)
    if scripted.remove(rows=rows, account=request.account, now=request.now, actor=request.actor):
        notes.success(request, _("The scripted failure is removed."))
    return redirect("openapi:failures")


def _visible(request: ConsoleRequest, criteria: Criteria | None = None) -> Any:
    return calls(account=request.account, criteria=criteria, is_operator=is_operator(request.user))


def _calls(request: ConsoleRequest) -> dict[str, Any]:
    form = CallFilter(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    found = _visible(request, Criteria(**asked))
    rows, pages = cursor_page(request, found if form.is_valid() else found.none())
    shown = [
        {"call": each, "pill": _pill(each), "milliseconds": each.microseconds / 1000, "about": _about(each)}
        for each in rows
    ]
    query = request.GET.copy()
    query.pop("before", None)
    is_filtered = any(asked.values())
    return {"form": form, "shown": shown, "is_filtered": is_filtered, "query": query.urlencode(), **pages}


def _about(call: Call) -> About | None:
    return FAILURES[Failure(call.failure)] if call.failure else None


def _pill(call: Call) -> str:
    if call.status < FAILED:
        return "good"
    return "bad" if call.status >= 500 else "warn"


def _lines(headers: str) -> list[tuple[str, str]]:
    pairs = (line.partition(": ") for line in headers.splitlines())
    return [(name, value) for name, _colon, value in pairs]
