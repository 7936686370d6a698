"""A delivery from its acceptance to its end as one bar: the queue, the attempts, and the waits between them."""

import math
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from console.templatetags.console import milliseconds
from webhooks.engine.job import Reason
from webhooks.models import Attempt, Delivery

WIDTH = 1000
GAP = 3


class Leg(NamedTuple):
    """A part of the bar: its style, what it stands for, and its position in units of `WIDTH`."""

    css: str
    title: str
    x: int
    width: int


class Journey(NamedTuple):
    """`total` is the time in milliseconds from acceptance to the end, or until now."""

    legs: list[Leg]
    total: float


def journey(delivery: Delivery, attempts: list[Attempt], *, now: datetime) -> Journey:
    """The bar of a delivery's attempts, given in their order.

    Widths grow with the logarithm of the time: an attempt of milliseconds stays visible beside a wait of hours.
    """
    legs: list[tuple[str, str, float]] = []
    reached = delivery.created_at
    for attempt in attempts:
        waited = _milliseconds(reached, attempt.started_at)
        words = _("in the queue: %(time)s") if attempt is attempts[0] else _("waited %(time)s")
        legs.append(("wait", words % {"time": milliseconds(waited)}, waited))
        numbers = {"number": attempt.number, "time": milliseconds(attempt.duration_ms)}
        tone = "good" if attempt.reason == Reason.OK else "bad"
        legs.append((tone, _("attempt %(number)s: %(time)s") % numbers, attempt.duration_ms))
        reached = attempt.started_at + timedelta(milliseconds=attempt.duration_ms)
    if delivery.finished_at is None:
        waiting = _milliseconds(reached, now)
        legs.append(("wait", _("waiting for %(time)s") % {"time": milliseconds(waiting)}, waiting))
    return Journey(_laid_out(legs), _milliseconds(delivery.created_at, delivery.finished_at or now))


def _laid_out(legs: list[tuple[str, str, float]]) -> list[Leg]:
    weights = [1 + math.log10(1 + spent) for _css, _title, spent in legs]
    unit = (WIDTH - GAP * len(legs)) / max(1.0, sum(weights))
    laid: list[Leg] = []
    x = 0
    for (css, title, _spent), weight in zip(legs, weights, strict=True):
        width = max(1, int(unit * weight))
        laid.append(Leg(css, title, x, width))
        x += width + GAP
    return laid


def _milliseconds(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds() * 1000)
