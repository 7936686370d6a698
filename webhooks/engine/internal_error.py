"""Turns an exception about one job into the outcome of its attempt, so that no other job is affected."""

import logging

from webhooks.engine.job import Job, Outcome, Reason, Timings, Unanswered

LONGEST = 500

log = logging.getLogger(__name__)


def described(error: Exception) -> str:
    """Class and message of an exception in one line of at most `LONGEST` characters that any database can store."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text[:LONGEST].encode(errors="backslashreplace").decode()


def internal_error(job: Job, error: Exception, now: float, outcome: Outcome | None = None) -> Outcome:
    """The outcome of an attempt that failed with an exception, which is logged. `now` is in seconds since 1970.

    Start, timings, address and request headers are taken from the `outcome`, if there was one.
    """
    log.error("Attempt %d of delivery %d could not be processed.", job.number, job.delivery_id, exc_info=error)
    sent = outcome[:4] if outcome else (now, Timings(total=0.0), "", ())
    return Unanswered(*sent, Reason.INTERNAL_ERROR, described(error))
