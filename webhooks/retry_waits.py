"""Seconds before each retry: the event's, else its endpoint's, else its account's, else those of the settings.

MAAC's waits are 1, 2 and 4 seconds. With shorter ones a test suite can see a delivery fail within milliseconds.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from webhooks.errors import InvalidInput
from webhooks.models import Delivery

MOST = 10
LONGEST = 3600

Waits = tuple[float, ...]


def are_waits(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) <= MOST and all(map(_is_wait, value))


def checked_waits(waits: Sequence[float] | None) -> list[float] | None:
    """The waits as floats, to be stored; None means that a less specific setting applies. Raises InvalidInput."""
    if waits is None or are_waits(waits):
        return None if waits is None else [float(wait) for wait in waits]
    raise InvalidInput(f"retry_waits: {waits_fault()}", {"retry_waits": [waits_fault()]})


def waits_fault() -> str:
    limits = {"most": MOST, "longest": LONGEST}
    return _("Write at most %(most)d numbers of seconds, each from 0 to %(longest)d.") % limits


def most_specific(event: Sequence[float] | None, others: Sequence[float] | None, *, is_test: bool) -> Waits:
    """The waits that apply to a delivery. `others` are the endpoint's, or its account's if it has none.

    A test event is attempted once (setting WEBHOOK_RETRY_TESTS: retried too) unless it has waits of its own.
    """
    if event is not None:
        return tuple(event)
    if is_test and not settings.WEBHOOK_RETRY_TESTS:
        return ()
    return tuple(settings.WEBHOOK_RETRY_WAITS if others is None else others)


def waits_of(delivery: Delivery) -> Waits:
    endpoint = delivery.endpoint
    others = endpoint.account.retry_waits if endpoint.retry_waits is None else endpoint.retry_waits
    return most_specific(delivery.event.retry_waits, others, is_test=delivery.is_test)


def _is_wait(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LONGEST
