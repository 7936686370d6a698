"""The built-in scenarios: the files of `scenarios/`, and their translated titles."""

from functools import cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FOLDER = Path(__file__).parent / "scenarios"
WORDS: dict[str, tuple[str | Promise, str | Promise]] = {
    "quiet-shop": (_("Quiet shop"), _("An ordinary afternoon: somebody now and then.")),
    "campaign-day": (
        _("Campaign day"),
        _("A receipt campaign begins with a broadcast, is at its height at noon, and ends with points."),
    ),
    "sms-outage": (
        _("SMS outage"),
        _("Notifications go well until the SMS vendor is down; then it comes back."),
    ),
    "load-test": (_("Load test"), _("Every kind of event, a thousand a second.")),
}
"""Title and description, in the order of the pages."""


@cache
def scenarios() -> dict[str, str]:
    """The YAML of each built-in scenario by name."""
    return {name: (FOLDER / f"{name}.yaml").read_text() for name in WORDS}
