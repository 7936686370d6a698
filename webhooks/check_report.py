"""What a check of a receiver has found, as the receiver check itself tells it."""

from django.utils.translation import gettext as _

from receiver_check.report_codec import from_text
from receiver_check.verdicts import Report, Result
from webhooks.errors import CheckNotOver
from webhooks.models import Check


def results_of(check: Check) -> tuple[Result, ...]:
    """What is known so far; the requests and answers come with the end."""
    return from_text(check.results)


def report_of(check: Check) -> Report:
    """The whole report; CheckNotOver while there is none."""
    if check.status != Check.Status.DONE or check.started_at is None or check.seconds is None:
        raise CheckNotOver(_("This check has no report: it is %(status)s.") % {"status": check.status})
    return Report(check.url, check.options["seed"], check.started_at, check.seconds, results_of(check))
