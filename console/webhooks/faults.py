"""Injected faults of an endpoint: add and remove them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.base import ConsoleRequest, action, form_page, render_page, save_form
from console.webhooks.endpoints import endpoint_of
from maac_contract.contract import TOPICS
from maac_contract.fault_kinds import GROUPS, KINDS, FaultKind
from webhooks import selectors
from webhooks.services import faults


class FaultForm(forms.Form):
    """Empty fields take the service's defaults."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of fault"),
        choices=[(kind.value, kind.value) for kind in FaultKind],
        error_messages={"required": gettext_lazy("Choose a kind of fault.")},
    )
    topic = forms.ChoiceField(
        label=gettext_lazy("Event type"),
        choices=[("", gettext_lazy("Any")), *((topic, topic) for topic in TOPICS)],
        required=False,
    )
    attempt = forms.IntegerField(
        label=gettext_lazy("Attempt"),
        help_text=gettext_lazy("Only this attempt of a delivery. Empty: any."),
        required=False,
    )
    every = forms.IntegerField(
        label=gettext_lazy("Every nth"),
        help_text=gettext_lazy("Of the matching attempts, only every second, third and so on. Empty: each."),
        required=False,
    )
    probability = forms.FloatField(
        label=gettext_lazy("Probability"),
        help_text=gettext_lazy("From 0 to 1, at random. Empty: always."),
        required=False,
    )
    seed = forms.CharField(
        label=gettext_lazy("Seed"),
        help_text=gettext_lazy("The same seed gives the same random choices. Empty: a seed is generated."),
        required=False,
    )
    times = forms.IntegerField(
        label=gettext_lazy("How often"),
        initial=1,
        help_text=gettext_lazy("The fault ends after this many attempts. Empty: until it expires."),
        required=False,
    )
    seconds = forms.FloatField(
        label=gettext_lazy("Seconds"),
        help_text=gettext_lazy("Empty: as usual for the kind."),
        required=False,
    )
    count = forms.IntegerField(
        label=gettext_lazy("Group of"),
        help_text=gettext_lazy("How many deliveries are reversed. Empty: three."),
        required=False,
    )
    expires_in = forms.FloatField(
        label=gettext_lazy("Expires after"),
        initial=faults.LIFE,
        help_text=gettext_lazy("Seconds, one day at most. The fault ends then."),
    )

    def given(self) -> dict[str, Any]:
        """The fields that were filled in, and `times` always: None means no limit."""
        values = self.cleaned_data
        return {name: value for name, value in values.items() if value not in (None, "") or name == "times"}

    def groups(self) -> list[dict[str, Any]]:
        chosen = self["kind"].value()
        return [
            {
                "title": _(title),
                "kinds": [{"kind": kind, "about": KINDS[kind], "is_chosen": kind == chosen} for kind in kinds],
            }
            for title, kinds in GROUPS.items()
        ]


@form_page
def new(request: ConsoleRequest, pk: int) -> HttpResponse:
    endpoint = endpoint_of(request, pk)
    form = FaultForm(request.POST if request.method == "POST" else None, initial={"kind": request.GET.get("kind")})
    if save_form(form, lambda: faults.add(endpoint=endpoint, now=request.now, actor=request.actor, **form.given())):
        messages.success(request, _("The injected fault is added. Affected attempts are marked in the log."))
        return redirect("console:webhook", pk)
    return render_page(request, "console/faults/new.html", {"endpoint": endpoint, "form": form})


@action
def remove(request: ConsoleRequest, pk: int) -> HttpResponse:
    fault = get_object_or_404(selectors.faults(account=request.account), pk=pk)
    faults.remove(fault=fault, now=request.now, actor=request.actor)
    messages.success(request, _("The injected fault is removed."))
    return redirect("console:webhook", fault.endpoint_id)


@action
def clear(request: ConsoleRequest, pk: int) -> HttpResponse:
    count = faults.clear(endpoint=endpoint_of(request, pk), now=request.now, actor=request.actor)
    message = ngettext("%(count)d injected fault is removed.", "%(count)d injected faults are removed.", count)
    messages.success(request, message % {"count": count})
    return redirect("console:webhook", pk)
