"""The engine's input and output: a Job, which may carry a FaultSpec, and its Outcome."""

from enum import StrEnum
from typing import NamedTuple

from maac_contract.fault_kinds import FaultKind

Headers = tuple[tuple[str, str], ...]


class FaultSpec(NamedTuple):
    """An injected fault for one attempt. `note` is text that the network adds to the attempt's detail."""

    id: int
    kind: FaultKind
    seconds: float = 0.0
    seed: str = ""
    previous_secret: str | None = None
    note: str = ""


class Job(NamedTuple):
    """One attempt to make: `body` is posted to `url` unchanged, signed with `secret`.

    `number` counts every attempt of the delivery from 1; `tries` counts those of the current series, this one
    included (a redelivery starts a new series). `retry_waits` are the seconds before each retry of the series.
    `secret` is None if it cannot be decrypted: the attempt then fails unsent. `host_override` replaces the URL's host
    in the Host header, but not for TLS. `extra_headers` follow those of the contract. A binding callback
    (`is_callback`) is not signed; its `extra_headers` are the preset headers, whose values no outcome holds.
    """

    delivery_id: int
    endpoint_id: int
    claim_token: str
    url: str
    secret: str | None
    body: bytes
    idempotency_key: str
    number: int
    tries: int
    retry_waits: tuple[float, ...]
    event_id: int = 0
    account_id: int = 0
    topic: str = ""
    is_test: bool = False
    accepted_at: float = 0.0
    """When the delivery was created, in seconds since 1970."""
    verify_tls: bool = True
    host_override: str = ""
    extra_headers: Headers = ()
    fault: FaultSpec | None = None
    missed_fault: FaultSpec | None = None
    """A fault that was chosen for the attempt but had no effect on it."""
    is_repeated: bool = False
    """A reused connection was found closed, and the request was sent again on a new one."""
    error: str = ""
    """Why its row cannot be sent; the attempt then fails unsent."""
    is_callback: bool = False

    @property
    def claim(self) -> tuple[int, str]:
        """Delivery id and claim token: only the holder of the current token may settle the delivery."""
        return self.delivery_id, self.claim_token

    def __repr__(self) -> str:
        """Without the secret and the extra headers, which may hold credentials."""
        return f"<Job: attempt {self.number} of delivery {self.delivery_id} to endpoint {self.endpoint_id}>"


class Reason(StrEnum):
    """Why an attempt ended as it did. Chosen: the names of LINE's webhook test.

    INTERNAL_ERROR is added for an exception in the simulator while it processed the attempt.
    """

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
    INTERNAL_ERROR = "INTERNAL_ERROR"


class Timings(NamedTuple):
    """Durations of an attempt's phases in milliseconds; None for a phase that was not reached or not needed.

    `first_byte` is from the connection being ready to the first byte of the response.
    """

    total: float
    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None


class Answered(NamedTuple):
    """The receiver sent a complete HTTP response, or one longer than the reading limit."""

    started_at: float
    """Seconds since 1970."""
    timings: Timings
    address: str
    """IP address and port of the connection, such as `127.0.0.1:9000`."""
    request_headers: Headers
    status_code: int
    headers: Headers
    body: bytes
    truncated: bool


class Unanswered(NamedTuple):
    """No complete HTTP response was received. What was received is kept, since it often shows the cause."""

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
