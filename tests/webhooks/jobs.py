"""Jobs and outcomes for the engine's tests."""

from typing import Any

from webhooks.engine.job import Answered, Job, Outcome, Reason, Timings, Unanswered


def job(number: int = 1, **changes: Any) -> Job:
    fields: dict[str, Any] = {
        "delivery_id": number,
        "endpoint_id": 1,
        "claim_token": "c" * 32,
        "url": "http://127.0.0.1:9/hook",
        "secret": "s3cret",
        "body": b"{}",
        "idempotency_key": f"{number:032x}",
        "number": 1,
        "tries": 1,
        "retry_waits": (1.0, 2.0, 4.0),
    }
    return Job(**{**fields, **changes})


def answered(status: int, **changes: Any) -> Answered:
    fields: dict[str, Any] = {
        "started_at": 1.0,
        "timings": Timings(total=1.5),
        "address": "127.0.0.1:9",
        "request_headers": (),
        "status_code": status,
        "headers": (),
        "body": b"",
        "truncated": False,
    }
    return Answered(**{**fields, **changes})


def unanswered(reason: Reason = Reason.CONNECTION_LOST) -> Outcome:
    return Unanswered(1.0, Timings(total=1.5), "", (), reason, "It was so.")
