"""What goes into the engine and what comes out: a Job to send, the Outcome of sending it."""

from dataclasses import dataclass, field
from enum import StrEnum

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt to make: `body` goes to `url` as it is, signed with `secret`.

    `number` counts every attempt of the delivery from 1; `tries` counts those of the current series, this one
    included (a redelivery starts a new series). `retry_waits` are the seconds before each retry of the series.
    `secret` is None where it cannot be read: the attempt then fails unsent. `host_override` stands in the Host header
    in place of the URL's host; TLS goes by the URL all the same. `extra_headers` follow those of the contract.
    """

    delivery_id: int
    endpoint_id: int
    claim_token: str
    url: str
    secret: str | None = field(repr=False)
    body: bytes
    idempotency_key: str
    number: int
    tries: int
    retry_waits: tuple[float, ...]
    event_id: int = 0
    topic: str = ""
    accepted_at: float = 0.0
    """Seconds since 1970, when the delivery was made."""
    verify_tls: bool = True
    host_override: str = ""
    extra_headers: Headers = ()


class Reason(StrEnum):
    """Why an attempt ended as it did, in the vocabulary of LINE's webhook test."""

    OK = "OK"
    ERROR_STATUS_CODE = "ERROR_STATUS_CODE"
    COULD_NOT_CONNECT = "COULD_NOT_CONNECT"
    NAME_NOT_RESOLVED = "NAME_NOT_RESOLVED"
    CONNECTION_LOST = "CONNECTION_LOST"
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT"
    TLS_ERROR = "TLS_ERROR"
    INVALID_ANSWER = "INVALID_ANSWER"
    INVALID_URL = "INVALID_URL"
    REFUSED_ADDRESS = "REFUSED_ADDRESS"
    UNCLASSIFIED = "UNCLASSIFIED"


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time of an attempt went, in milliseconds; a stage that was not reached or not needed is None.

    `first_byte` runs from the connection being ready to the first byte of the answer.
    """

    total: float
    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The receiver answered with a whole HTTP response (or one cut at our reading limit)."""

    started_at: float
    """Seconds since 1970."""
    timings: Timings
    address: str
    """IP address and port that were reached."""
    request_headers: Headers
    status_code: int
    headers: Headers
    body: bytes
    truncated: bool


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No whole response came. What had arrived until then is kept, since it often tells why."""

    started_at: float
    timings: Timings
    address: str
    request_headers: Headers
    reason: Reason
    detail: str
    headers: Headers = ()
    body: bytes = b""
    truncated: bool = False


Outcome = Answered | Unanswered
