"""Settles finished attempts; one that cannot be stored does not keep the others from being settled.

A batch is settled by one transaction. If that raises, each attempt is settled alone, in the first of these forms that
the database accepts: unchanged; without the response's headers and body; failed, without the response; and finally the
delivery ends without a stored attempt, so that it is not sent forever.
"""

import logging
from datetime import datetime

from webhooks import outbox
from webhooks.engine.internal_error import described, internal_error
from webhooks.engine.job import Answered, Job, Outcome, Reason
from webhooks.engine.lifecycle import Move, Verdict, judge_error
from webhooks.outbox import OUTAGES, Settlement

OUTAGE_AFTER = 3
"""After this many outage errors in one batch the database is considered down, and the rest is left for later."""

log = logging.getLogger(__name__)


def failed(job: Job, outcome: Outcome, error: Exception, now: datetime) -> Settlement:
    """The settlement of an attempt whose processing raised `error` after its request had finished."""
    replaced = internal_error(job, error, now.timestamp(), outcome)
    return Settlement(job, replaced, judge_error(described(error), tries=job.tries, waits=job.retry_waits), now)


def settle(settlements: list[Settlement], *, at_once: bool) -> list[Settlement]:
    """Settle them, one by one if that fails or `at_once` is false; return those that met a database outage."""
    if not at_once:
        return _settle_each(settlements)
    try:
        _warn_of_late(len(settlements) - outbox.settle(settlements))
    except OUTAGES:
        raise
    except Exception:
        log.exception("%d attempts could not be settled at once; trying one by one.", len(settlements))
        return _settle_each(settlements)
    return []


def _settle_each(settlements: list[Settlement]) -> list[Settlement]:
    refused: list[Settlement] = []
    for place, settlement in enumerate(settlements):
        try:
            _warn_of_late(1 - _settle_alone(settlement))
        except OUTAGES:
            refused.append(settlement)
            if len(refused) == len(settlements):
                raise
            if len(refused) == OUTAGE_AFTER:
                return settlements[place + 1 :] + refused
    return refused


def _warn_of_late(count: int) -> None:
    if count:
        log.warning("%d attempts finished after their lease had expired and were not settled.", count)


def _settle_alone(settlement: Settlement) -> int:
    problem = Exception()
    for simplified in (_as_it_is, _without_text, _without_answer):
        try:
            return outbox.settle([simplified(settlement, problem)])
        except Exception as error:
            log.warning("The attempt of delivery %d could not be stored.", settlement.job.delivery_id, exc_info=error)
            problem = error
    if isinstance(problem, OUTAGES):
        raise problem
    return outbox.end_without_attempt(settlement.job, now=settlement.finished_at)


def _as_it_is(settlement: Settlement, _problem: Exception) -> Settlement:
    return settlement


def _without_text(settlement: Settlement, problem: Exception) -> Settlement:
    verdict = settlement.verdict
    detail = f"{verdict.detail} The text of the answer could not be stored ({type(problem).__name__}).".strip()
    outcome = settlement.outcome._replace(headers=(), body=b"")
    return settlement._replace(outcome=outcome, verdict=verdict._replace(detail=detail))


def _without_answer(settlement: Settlement, problem: Exception) -> Settlement:
    """A failed attempt without a retry, since the receiver may have processed the request."""
    job, outcome, _, now = settlement
    got = f"status {outcome.status_code}" if isinstance(outcome, Answered) else outcome.reason
    detail = f"The attempt ended with {got}, but could not be stored: {described(problem)}"
    bare = internal_error(job, problem, now.timestamp())
    return Settlement(
        job._replace(fault=None, missed_fault=None), bare, Verdict(Move.FAIL, Reason.INTERNAL_ERROR, detail), now
    )
