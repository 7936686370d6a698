"""The stages of an attempt and their durations, as parts of a bar."""

from typing import NamedTuple

from django.utils.translation import gettext as _

from webhooks.models import Attempt

WIDTH = 1000
NARROWEST = 8
"""The smallest width, so that short stages stay visible."""


class Part(NamedTuple):
    """A stage of an attempt: its name, duration, and position in the bar in units of `WIDTH`."""

    css: str
    name: str
    milliseconds: float
    x: int
    width: int


def time_split(attempt: Attempt) -> list[Part]:
    """The stages that took time, in their order. The rest of the duration comes last."""
    # Translators: the stages of a request, as labels of a bar: finding the address, connecting, the TLS handshake,
    # then the wait until the first byte of the answer.
    stages = [
        ("seg1", _("DNS"), attempt.dns_ms),
        ("seg2", _("Connect"), attempt.connect_ms),
        ("seg3", _("TLS"), attempt.tls_ms),
        ("seg4", _("First byte"), attempt.first_byte_ms),
    ]
    rest = attempt.duration_ms - sum(spent or 0 for _css, _name, spent in stages)
    stages.append(("seg5", _("Rest of the answer") if attempt.first_byte_ms else _("Waiting"), rest))
    took = [(css, name, spent) for css, name, spent in stages if spent and spent >= 0.05]
    return _laid_out(took)


def _laid_out(took: list[tuple[str, str, float]]) -> list[Part]:
    total = sum(spent for _css, _name, spent in took)
    room = WIDTH - NARROWEST * len(took)
    parts: list[Part] = []
    x = 0
    for css, name, spent in took:
        width = NARROWEST + int(room * spent / total)
        parts.append(Part(css, name, spent, x, width))
        x += width
    return parts
