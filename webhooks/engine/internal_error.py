"""An exception about one job becomes the outcome of that attempt, so that no other job is affected."""

import logging

from webhooks.engine.job import Job, Outcome, Reason, Timings, Unanswered

LONGEST = 500

log = logging.getLogger(__name__)


def described(error: Exception) -> str:
    """Kind and text of an exception in one short line that every database stores."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text[:LONGEST].encode(errors="backslashreplace").decode()


def internal_error(job: Job, error: Exception, now: float, outcome: Outcome | None = None) -> Outcome:
    """The outcome of an attempt that an exception ended; the exception goes to the log. `now`: seconds since 1970.

    Of the `outcome` there was before, what was sent is kept.
    """
    log.error("Attempt %d of delivery %d could not be processed.", job.number, job.delivery_id, exc_info=error)
    sent = outcome[:4] if outcome else (now, Timings(total=0.0), "", ())
    return Unanswered(*sent, Reason.INTERNAL_ERROR, described(error))
