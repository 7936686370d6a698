"""One HTTP exchange: its libcurl handle, the response received so far, and the Outcome it is turned into."""

import io
import math
import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pycurl

from maac_contract import contract
from maac_contract.binding_callback import callback_headers
from maac_contract.signature import signed_headers
from webhooks.engine.addresses import host_header, wire_url
from webhooks.engine.extra_headers import MASK
from webhooks.engine.fault_injection import altered
from webhooks.engine.internal_error import internal_error
from webhooks.engine.job import Answered, Headers, Job, Outcome, Reason, Timings, Unanswered
from webhooks.engine.throttled_body import THROTTLING, ThrottledBody, throttled_body

IDLE_CONNECTION_SECONDS = 1
"""Receivers close idle connections after 2 to 5 seconds; a request sent just then would be lost."""
FINAL_STATUSES = range(200, 600)

_CLOSED = (pycurl.E_SEND_FAIL_REWIND, pycurl.E_GOT_NOTHING, pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR)
"""The error codes of libcurl for a reused connection that the receiver has closed."""
_INTERIM = re.compile(r"HTTP/\S+ +1\d\d(\s|$)", re.ASCII)
_STATUS_LINE = re.compile(r"HTTP/\S+ \d\d\d(\s|$)", re.ASCII)
"""Checked here, since libcurl accepts longer numbers and reads their first three digits."""
_LINE_SHOWN = 50

_E_TOO_LARGE = 100
"""CURLE_TOO_LARGE, which pycurl has no name for."""

_REASONS: dict[int, Reason] = {
    pycurl.E_URL_MALFORMAT: Reason.INVALID_URL,
    pycurl.E_COULDNT_RESOLVE_HOST: Reason.NAME_NOT_RESOLVED,
    pycurl.E_COULDNT_CONNECT: Reason.COULD_NOT_CONNECT,
    pycurl.E_OPERATION_TIMEDOUT: Reason.REQUEST_TIMEOUT,
    pycurl.E_GOT_NOTHING: Reason.CONNECTION_LOST,
    pycurl.E_SEND_ERROR: Reason.CONNECTION_LOST,
    pycurl.E_RECV_ERROR: Reason.CONNECTION_LOST,
    pycurl.E_PARTIAL_FILE: Reason.CONNECTION_LOST,
    pycurl.E_SEND_FAIL_REWIND: Reason.CONNECTION_LOST,
    pycurl.E_ABORTED_BY_CALLBACK: Reason.CONNECTION_LOST,
    pycurl.E_SSL_CONNECT_ERROR: Reason.TLS_ERROR,
    pycurl.E_PEER_FAILED_VERIFICATION: Reason.TLS_ERROR,
    pycurl.E_SSL_CACERT_BADFILE: Reason.TLS_ERROR,
    pycurl.E_SSL_CERTPROBLEM: Reason.TLS_ERROR,
    pycurl.E_SSL_CIPHER: Reason.TLS_ERROR,
    pycurl.E_SSL_ISSUER_ERROR: Reason.TLS_ERROR,
    pycurl.E_UNSUPPORTED_PROTOCOL: Reason.INVALID_ANSWER,
    pycurl.E_FTP_WEIRD_SERVER_REPLY: Reason.INVALID_ANSWER,
    pycurl.E_HTTP2: Reason.INVALID_ANSWER,
    _E_TOO_LARGE: Reason.INVALID_ANSWER,
    pycurl.E_BAD_CONTENT_ENCODING: Reason.INVALID_ANSWER,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of an attempt: timeouts in seconds, sizes of the response in bytes."""

    connect_timeout: float = contract.CONNECT_TIMEOUT
    attempt_timeout: float = contract.ATTEMPT_TIMEOUT
    answer_read: int = contract.ANSWER_READ_LIMIT
    answer_kept: int = contract.ANSWER_KEPT_LIMIT
    head_read: int = contract.ANSWER_READ_LIMIT


class Exchange:
    """Reusable for one job after another: `begin`, let libcurl perform `handle`, then read the `outcome`."""

    def __init__(self, limits: Limits, user_agent: str, ca_file: Path | None) -> None:
        self.handle = _new_handle(limits, ca_file)
        self.job: Job
        self.throttled: ThrottledBody | None = None
        self._limits = limits
        self._user_agent = user_agent
        self._verifies_tls = True
        self._refusal: str | None = None
        self._has_socket = False
        self.opened: socket.socket | None = None
        self._error: Exception | None = None
        self._is_repeat = False
        self._started_at = 0.0
        self._url = ""
        self._headers: Headers = ()
        self._length = 0
        self._head: list[bytes] = []
        self._body: list[bytes] = []
        self._head_read = 0
        self._read = 0
        self.handle.setopt(pycurl.HEADERFUNCTION, self.guarded(self._on_header, -1))
        self.handle.setopt(pycurl.WRITEFUNCTION, self.guarded(self._on_body, -1))

    def begin(self, job: Job, now: float) -> None:
        """Prepare the handle to send `job`; `now` is in seconds since 1970. Raises ValueError or pycurl.error."""
        self.job, self._started_at, self._refusal, self._has_socket = job, now, None, False
        self.opened = None
        self._error = None
        self._head.clear()
        self._body.clear()
        self._head_read = self._read = 0
        host = ("Host", job.host_override or host_header(job.url))
        fault = job.fault
        signed, body = (job, job.body) if fault is None else altered(job, fault)
        self._headers = (host, *self._signed(signed))
        self._length = len(body)
        self.throttled = throttled_body(fault, body) if fault is not None and fault.kind in THROTTLING else None
        handle = self.handle
        url = wire_url(job.url)
        if url != self._url:
            handle.setopt(pycurl.URL, url)
            self._url = url
        if job.verify_tls is not self._verifies_tls:
            self._set_tls(job.verify_tls)
        handle.setopt(pycurl.HTTPHEADER, [*_NOT_OURS, *map(": ".join, self._headers)])
        handle.setopt(pycurl.POSTFIELDSIZE_LARGE, self._length)
        if self._is_repeat:
            self._set_repeat(False)
        # A read callback without rewind keeps libcurl from resending the body; `repeat` resends it at most once.
        read = self.guarded(self.throttled.read, pycurl.READFUNC_ABORT) if self.throttled else io.BytesIO(body).read
        handle.setopt(pycurl.READFUNCTION, read)

    def may_repeat(self, code: int) -> bool:
        """Whether the connection broke before any response, and the request was not repeated yet.

        Requests with an injected fault are not repeated.
        """
        return code in _CLOSED and not (self._is_repeat or self._error or self._head or self.job.fault)

    def repeat(self, now: float) -> None:
        """Prepare the handle to send the same job again, on a new connection."""
        self.begin(self.job._replace(is_repeated=True), now)
        self._set_repeat(True)

    def guarded(self, callback: Callable[..., Any], stop: int) -> Callable[..., Any]:
        """Wrap a callback for libcurl: an exception is stored and `stop` returned, which aborts the transfer."""

        def call(*arguments: Any) -> Any:
            try:
                return callback(*arguments)
            except Exception as error:
                self._error = error
                return stop

        return call

    def refuse(self, refusal: str) -> None:
        """Record that the address policy refused one of the host's addresses."""
        self._refusal = refusal

    def allow(self, opened: socket.socket) -> None:
        """Record the socket for an allowed address: a later failure is then not due to a refused address."""
        self._has_socket = True
        self.opened = opened

    def outcome(self, code: int, message: str) -> Outcome:
        """The outcome of the finished transfer; `code` (0 for success) and `message` are libcurl's."""
        if self._error:
            return internal_error(self.job, self._error, self._started_at)
        status_code: int = self.handle.getinfo(pycurl.RESPONSE_CODE)
        head = _parse_head(b"".join(self._head))
        body = b"".join(self._body)
        kept, truncated = body[: self._limits.answer_kept], self._read > self._limits.answer_kept
        started_at, timings, address, sent = self._started_at, self._timings(), self._address(), self._sent_headers()
        is_whole = code == 0 or (code == pycurl.E_WRITE_ERROR and self._read > self._limits.answer_read)
        if is_whole and head.is_complete and status_code in FINAL_STATUSES and _STATUS_LINE.match(head.status_line):
            return Answered(started_at, timings, address, sent, status_code, head.headers, kept, truncated)
        reason, detail = _nonsense(head) if is_whole else self._fault(code, message, status_code, timings)
        return Unanswered(started_at, timings, address, sent, reason, detail, head.headers, kept, truncated)

    def _signed(self, job: Job) -> Headers:
        if job.is_callback:
            return (*callback_headers(user_agent=self._user_agent), *job.extra_headers)
        if job.secret is None:
            raise ValueError("without its share secret a request cannot be signed")
        documented = signed_headers(
            job.body, secret=job.secret, idempotency_key=job.idempotency_key, user_agent=self._user_agent
        )
        return (*documented, *job.extra_headers)

    def _set_tls(self, verify: bool) -> None:
        """Switch verification on or off. libcurl never shares connections or TLS sessions between the two."""
        self.handle.setopt(pycurl.SSL_VERIFYPEER, int(verify))
        self.handle.setopt(pycurl.SSL_VERIFYHOST, 2 if verify else 0)
        self._verifies_tls = verify

    def _set_repeat(self, is_repeat: bool) -> None:
        self.handle.setopt(pycurl.FRESH_CONNECT, int(is_repeat))
        self._is_repeat = is_repeat

    def _on_header(self, line: bytes) -> int | None:
        """Keep a line of the response's headers or trailers; -1 makes libcurl stop reading."""
        self._head_read += len(line)
        if self._head_read > self._limits.head_read:
            return -1
        self._head.append(line)
        return None

    def _on_body(self, chunk: bytes) -> int | None:
        """Keep a chunk of the response body; any number but the chunk's length makes libcurl stop reading."""
        wanted = self._limits.answer_kept + 1 - min(self._read, self._limits.answer_kept + 1)
        self._body.append(chunk[:wanted])
        self._read += len(chunk)
        return -1 if self._read > self._limits.answer_read else None

    def _fault(self, code: int, message: str, status_code: int, timings: Timings) -> tuple[Reason, str]:
        if self._refusal and not self._has_socket:
            return Reason.REFUSED_ADDRESS, self._refusal
        if self._head_read > self._limits.head_read:
            return Reason.INVALID_ANSWER, f"The answer's headers are longer than {self._limits.head_read:,} bytes."
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return self._timeout(status_code, timings)
        reason = _REASONS.get(code, Reason.UNCLASSIFIED)
        detail = self._explained(reason, message.rstrip(".") or f"libcurl error {code}")
        return reason, f"{detail} The answer had begun with status {status_code}." if status_code else detail

    def _explained(self, reason: Reason, message: str) -> str:
        """libcurl's message as a sentence that says what to check."""
        cause = self.handle.getinfo(pycurl.OS_ERRNO)
        if reason is Reason.COULD_NOT_CONNECT:
            why = os.strerror(cause) if cause else message
            return f"Could not connect: {why}. Is the receiver listening at this address and port?"
        if reason is Reason.INVALID_ANSWER:
            return f"The answer is not HTTP/1.1: {message}."
        if reason is Reason.CONNECTION_LOST:
            return f"The receiver closed the connection before its answer was complete: {message}."
        return f"The URL cannot be sent to: {message}." if reason is Reason.INVALID_URL else f"{message}."

    def _timeout(self, status_code: int, timings: Timings) -> tuple[Reason, str]:
        connecting = min(self._limits.connect_timeout, self._limits.attempt_timeout)
        if not self._address() and timings.dns is None:
            return Reason.NAME_NOT_RESOLVED, f"The name was not resolved within {connecting:g} s."
        if not self._address():
            return Reason.COULD_NOT_CONNECT, f"No connection within {connecting:g} s. Does a firewall drop it?"
        if timings.connect is not None and timings.tls is None and self._url.startswith("https:"):
            return Reason.TLS_ERROR, f"No TLS session within {connecting:g} s. Does the receiver speak https here?"
        limit = self._limits.attempt_timeout
        if not status_code:
            return Reason.REQUEST_TIMEOUT, f"No answer within {limit:g} s."
        so_far = f"Status {status_code} and {self._read} bytes of the answer came"
        return Reason.REQUEST_TIMEOUT, f"{so_far}, but it was not complete within {limit:g} s."

    def _timings(self) -> Timings:
        info = self.handle.getinfo
        total = info(pycurl.TOTAL_TIME_T)
        dns, connect, tls = info(pycurl.NAMELOOKUP_TIME_T), info(pycurl.CONNECT_TIME_T), info(pycurl.APPCONNECT_TIME_T)
        first = info(pycurl.STARTTRANSFER_TIME_T) if self._head else 0
        return Timings(
            total=total / 1000,
            dns=dns / 1000 if dns else None,
            connect=(connect - dns) / 1000 if connect else None,
            tls=(tls - connect) / 1000 if tls else None,
            first_byte=(first - max(connect, tls)) / 1000 if first else None,
        )

    def _address(self) -> str:
        ip = self.handle.getinfo(pycurl.PRIMARY_IP)
        if not ip:
            return ""
        port = self.handle.getinfo(pycurl.PRIMARY_PORT)
        return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"

    def _sent_headers(self) -> Headers:
        """All headers in the order in which libcurl sends them: ours, Host first, then Content-Length.

        The values of a callback's preset headers are credentials, so they are masked.
        """
        headers = self._headers
        if self.job.is_callback:
            count = len(headers) - len(self.job.extra_headers)
            headers = (*headers[:count], *((name, MASK) for name, _ in headers[count:]))
        return (*headers, ("Content-Length", str(self._length)))


def _nonsense(head: "_Head") -> tuple[Reason, str]:
    """Reason and detail for an invalid response that libcurl accepts as complete."""
    if not head.is_complete:
        return (
            Reason.CONNECTION_LOST,
            "The receiver closed the connection before the headers of its answer were complete.",
        )
    line = ascii(head.status_line[:_LINE_SHOWN])
    return Reason.INVALID_ANSWER, f"The answer begins with {line}; HTTP has statuses from 200 to 599."


def unsent(reason: Reason, detail: str, now: float) -> Outcome:
    """The outcome of a job for which no request was made."""
    return Unanswered(now, Timings(total=0.0), "", (), reason, detail)


_NOT_OURS = ("Accept:", "Expect:")
"""Headers that libcurl adds by default and MAAC does not document; an empty value removes them."""


def _new_handle(limits: Limits, ca_file: Path | None) -> pycurl.Curl:
    handle = pycurl.Curl()
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.POST, 1)
    handle.setopt(pycurl.FOLLOWLOCATION, 0)
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    handle.setopt(pycurl.PROXY, "")
    handle.setopt(pycurl.CONNECTTIMEOUT_MS, math.ceil(limits.connect_timeout * 1000))
    handle.setopt(pycurl.TIMEOUT_MS, math.ceil(limits.attempt_timeout * 1000))
    handle.setopt(pycurl.MAXAGE_CONN, IDLE_CONNECTION_SECONDS)
    if ca_file:
        handle.setopt(pycurl.CAINFO, str(ca_file))
    return handle


class _Head(NamedTuple):
    """Headers and trailers of the final response, whether its header section was complete, and its status line."""

    headers: Headers
    is_complete: bool
    status_line: str


@lru_cache(maxsize=64)
def _parse_head(head: bytes) -> _Head:
    """Parse the header lines of all responses of a transfer; those of interim 1xx responses are skipped.

    The first line of each header section is its status line. Cached: a receiver's responses within a second mostly
    have equal headers.
    """
    headers: list[tuple[str, str]] = []
    begins, is_interim, is_complete, status_line = True, False, False, ""
    for line in map(str.strip, head.decode("latin-1").split("\n")[:-1]):
        if begins:
            status_line, headers, begins, is_complete = line, [], False, False
            is_interim = bool(_INTERIM.match(line))
        elif line:
            name, _, value = line.partition(":")
            headers.append((name.strip(), value.strip()))
        else:
            begins, is_complete = is_interim, True
    return _Head(tuple(headers), is_complete, status_line)
