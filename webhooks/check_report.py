"""A stored check of a receiver, read back as the receiver_check package's own Result and Report."""

from django.utils.translation import gettext as _

from receiver_check.report_codec import from_text
from receiver_check.verdicts import Report, Result
from webhooks.errors import CheckNotOver
from webhooks.models import Check


def results_of(check: Check) -> tuple[Result, ...]:
    """The results so far, without their HTTP exchanges, which are stored when the check ends."""
    return from_text(check.results)


def report_of(check: Check) -> Report:
    """The report of a check that is done; raises CheckNotOver for every other."""
    if check.status != Check.Status.DONE or check.started_at is None or check.seconds is None:
        raise CheckNotOver(_("This check has no report: it is %(status)s.") % {"status": check.status})
    return Report(check.url, check.options["seed"], check.started_at, check.seconds, results_of(check))
