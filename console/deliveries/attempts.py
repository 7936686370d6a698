"""An attempt as pages show it: request, answer, timing and explanation."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from console.deliveries.explained_answers import status_line
from console.deliveries.explanations import Explanation, explain_attempt
from console.deliveries.time_split import Part, time_split
from maac_contract import contract
from webhooks.engine.addresses import wire_url
from webhooks.engine.job import Reason
from webhooks.engine.lifecycle import FINAL_REASONS
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.retry_waits import waits_of

UNCONNECTED = (
    Reason.COULD_NOT_CONNECT, Reason.NAME_NOT_RESOLVED, Reason.TLS_ERROR, Reason.REFUSED_ADDRESS, Reason.INVALID_URL,
)  # fmt: skip
"""Reasons that occur before any byte of the request is sent."""

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """`may_differ`: the endpoint was changed afterwards, so the first line shows its current path. `is_altered`: an
    injected fault sent other bytes than the event's."""

    line: str
    headers: Headers
    body: str
    was_sent: bool
    may_differ: bool
    is_altered: bool
    signature_header: str = contract.HEADER_SIGNATURE


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer, as far as it was received."""

    status_line: str
    headers: Headers
    body: str
    is_truncated: bool
    retry_after: str | None
    kept_kib: int = contract.ANSWER_KEPT_LIMIT // 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """`waited` is the time since the end of the attempt before, in milliseconds."""

    attempt: Attempt
    explanation: Explanation
    parts: list[Part]
    request: Request
    answer: Answer | None
    waited: float | None = None
    begins_series: bool = False


def show_attempts(delivery: Delivery, attempts: list[Attempt]) -> list[Shown]:
    """The attempts of a delivery, the newest first, each with the time since the one before it."""
    befores = [None, *attempts[:-1]] if attempts else []
    shown = [show_attempt(delivery, attempt, before=before) for before, attempt in zip(befores, attempts, strict=True)]
    return shown[::-1]


def show_attempt(delivery: Delivery, attempt: Attempt, *, before: Attempt | None = None) -> Shown:
    endpoint = delivery.endpoint
    return Shown(
        attempt=attempt,
        explanation=explain_attempt(attempt, endpoint),
        parts=time_split(attempt),
        request=_request(delivery, attempt, endpoint),
        answer=_answer(attempt),
        waited=_waited(before, attempt) if before else None,
        begins_series=attempt.number > 1 and attempt.number == delivery.series_start + 1,
    )


def gives_up_at_once(attempt: Attempt) -> bool:
    """Whether MAAC does not try again after it, however many attempts are left."""
    if attempt.reason == Reason.ERROR_STATUS_CODE:
        return not contract.is_retried_status(attempt.status_code or 0)
    return attempt.reason in FINAL_REASONS


def attempts_in_series(delivery: Delivery) -> int:
    """How many attempts the delivery gets before it fails."""
    return 1 + len(waits_of(delivery))


def _waited(before: Attempt, attempt: Attempt) -> float:
    between = (attempt.started_at - before.started_at).total_seconds() * 1000
    return max(0.0, between - before.duration_ms)


def _request(delivery: Delivery, attempt: Attempt, endpoint: Endpoint) -> Request:
    parts = urlsplit(wire_url(endpoint.url))
    altered = attempt.request_body
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return Request(
        line=f"{contract.METHOD} {target} HTTP/1.1",
        headers=[(name, value) for name, value in attempt.request_headers],
        body=delivery.event.body if altered is None else bytes(altered).decode("utf-8", "replace"),
        was_sent=bool(attempt.request_headers) and attempt.reason not in UNCONNECTED,
        may_differ=endpoint.updated_at > attempt.started_at,
        is_altered=altered is not None,
    )


def _answer(attempt: Attempt) -> Answer | None:
    body = bytes(attempt.response_body)
    headers = [(name, value) for name, value in attempt.response_headers]
    if not (attempt.status_code or headers or body):
        return None
    return Answer(
        status_line=status_line(attempt.status_code) if attempt.status_code else "",
        headers=headers,
        body=body.decode("utf-8", "replace"),
        is_truncated=attempt.response_truncated,
        retry_after=next((value for name, value in headers if name.lower() == "retry-after"), None),
    )
