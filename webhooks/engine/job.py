"""What goes into the engine and what comes out: a Job to send, perhaps with a FaultSpec, and its Outcome."""

from enum import StrEnum
from typing import NamedTuple

from maac_contract.fault_kinds import FaultKind

Headers = tuple[tuple[str, str], ...]


class FaultSpec(NamedTuple):
    """A injected fault that strikes one attempt. `note` is what the network has to tell of it."""

    id: int
    kind: FaultKind
    seconds: float = 0.0
    seed: str = ""
    previous_secret: str | None = None
    note: str = ""


class Job(NamedTuple):
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
    """Seconds since 1970, when the delivery was made."""
    verify_tls: bool = True
    host_override: str = ""
    extra_headers: Headers = ()
    fault: FaultSpec | None = None
    missed_fault: FaultSpec | None = None
    """One that was to strike the attempt and did not come to it."""
    is_repeated: bool = False
    """A kept connection was found closed, and the request was sent once more on a fresh one."""
    error: str = ""
    """Why its row cannot be sent; the attempt then fails unsent."""

    @property
    def claim(self) -> tuple[int, str]:
        """What makes this attempt the one that may settle the delivery."""
        return self.delivery_id, self.claim_token

    def __repr__(self) -> str:
        """Without the secret and the headers, which may hold another."""
        return f"<Job: attempt {self.number} of delivery {self.delivery_id} to endpoint {self.endpoint_id}>"


class Reason(StrEnum):
    """Why an attempt ended as it did, in the vocabulary of LINE's webhook test.

    INTERNAL_ERROR is ours: an exception in the simulator while it processed this attempt.
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
    """Where the time of an attempt went, in milliseconds; a stage that was not reached or not needed is None.

    `first_byte` runs from the connection being ready to the first byte of the answer.
    """

    total: float
    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None


class Answered(NamedTuple):
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


class Unanswered(NamedTuple):
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
