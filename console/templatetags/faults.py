"""Injected faults for the console's templates: `{% load faults %}`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template
from django.utils.translation import gettext as _

from maac_contract.fault_kinds import About, about
from webhooks.models import Endpoint

register = template.Library()

SHOWN = 50


@register.simple_tag
def injected_faults(endpoint: Endpoint, now: datetime) -> list[dict[str, Any]]:
    """The endpoint's newest injected faults, each with the description of its kind."""
    rows = endpoint.faults.order_by("-id")[:SHOWN]
    return [{"fault": row, "about": about(row.kind), "is_active": row.is_active(now)} for row in rows]


@register.filter
def about_fault(kind: str) -> About:
    """Title and description of a kind of fault."""
    return about(kind)


@register.filter
def short(number: float) -> str:
    """Without trailing zeros, such as `1.5` or `86400`."""
    return f"{number:.10g}"


@register.filter
def waits(value: Sequence[float]) -> str:
    """Seconds before each retry, such as `0.01, 0.02, 0.04 s`."""
    numbers = ", ".join(f"{wait:g}" for wait in value)
    return _("%(seconds)s s") % {"seconds": numbers} if numbers else _("No retry")
