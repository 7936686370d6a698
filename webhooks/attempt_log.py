"""Counts each finished attempt in the metrics and, if the attempt log is on, writes one JSON line about it.

A line holds no body, header or secret. The log is on with MAAC_SIM_ATTEMPT_LOG=true or MAAC_SIM_LOG_LEVEL=INFO.
"""

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

from webhooks.engine.job import Answered
from webhooks.metrics import Finished, count_attempts

log = logging.getLogger("webhooks.attempt")
problems = logging.getLogger(__name__)


def note_attempts(attempts: Sequence[Finished]) -> None:
    """Count these attempts and, if the log level is INFO, write a line about each."""
    _logging_errors(count_attempts, attempts)
    if log.isEnabledFor(logging.INFO):
        for attempt in attempts:
            _logging_errors(_log, attempt)


def _logging_errors(note: Callable[[Any], None], what: Any) -> None:
    """The attempts are settled already, so an exception is logged and not raised: it must not end the run."""
    try:
        note(what)
    except Exception:
        problems.exception("Settled attempts could not be counted or logged.")


def _log(attempt: Finished) -> None:
    log.info("%s", json.dumps(_line(attempt), ensure_ascii=False))


def _line(attempt: Finished) -> dict[str, Any]:
    job, outcome, verdict, finished_at = attempt
    line = {
        "at": finished_at.isoformat(timespec="milliseconds"),
        "delivery": job.delivery_id,
        "event": job.event_id,
        "endpoint": job.endpoint_id,
        "topic": job.topic,
        "key": job.idempotency_key,
        "number": job.number,
        "verdict": verdict.move,
        "reason": verdict.reason,
        "status": outcome.status_code if isinstance(outcome, Answered) else None,
        "duration_ms": round(outcome.timings.total, 3),
        "retry_in": verdict.retry_in,
        "address": outcome.address,
    }
    return {**line, "fault": job.fault.kind} if job.fault else line
