"""Sends exact requests within a deadline and returns the responses. No redirects, no retries."""

import http.client
import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from maac_contract.sentences import gettext_noop
from receiver_check.deadline import Deadline
from receiver_check.verdicts import Answer, Message, Sentence

READ_LIMIT = 64 * 1024
SAFE = "%/:?#[]@!$&'()*+,;=~"

TOO_LATE = gettext_noop("nothing complete within %(seconds)g s")
NOT_OPENED = gettext_noop("the connection did not open within %(seconds)g s")
TIME_OVER = gettext_noop("the time of the whole run is over")
NO_ADDRESS = gettext_noop("the name %(host)s could not be resolved")
REFUSED = gettext_noop("the connection was refused")
TLS_FAILED = gettext_noop("TLS failed: %(reason)s")
CLOSED = gettext_noop("the connection was closed before an answer was complete")
NOT_HTTP = gettext_noop("the answer is not HTTP")
NOT_REACHED = gettext_noop("the connection failed: %(reason)s")
NOT_ALLOWED = gettext_noop("the address %(address)s may not be reached from here")


class BadTarget(ValueError):
    """The receiver's URL, a header or the certificate file is invalid; the message says why."""


class AddressRefused(OSError):
    """All of the host's IP addresses are forbidden; the message names the first."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


MayReach = Callable[[str], bool]
"""Whether an IP address may be connected to."""


@dataclass(frozen=True)
class Target:
    """The receiver's address and TLS settings."""

    url: str
    host: str
    port: int
    path: str
    host_header: str
    tls: ssl.SSLContext | None


def target(url: str, *, verify_tls: bool = True, ca_file: str | None = None, host_header: str = "") -> Target:
    """Parse the receiver's URL; BadTarget if it is invalid. `host_header` replaces the URL's host."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
        ascii_host = (host or "").encode("idna").decode() if not (host or "").isascii() else (host or "")
    except ValueError as error:
        raise BadTarget(f"The URL cannot be read: {error}.") from error
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise BadTarget("The URL must be like http://127.0.0.1:9000/webhook, with http:// or https:// and a host.")
    if parts.username is not None:
        raise BadTarget("The URL has a user name in it; send it in a header: Authorization.")
    if any(ord(char) <= 32 or ord(char) == 127 for char in url.strip()):
        raise BadTarget("The URL has spaces or control characters in it.")
    shown = f"[{ascii_host}]" if ":" in ascii_host else ascii_host
    path = quote(parts.path or "/", safe=SAFE) + (f"?{quote(parts.query, safe=SAFE)}" if parts.query else "")
    usual = {"http": 80, "https": 443}[parts.scheme]
    tls = _tls(verify_tls, ca_file) if parts.scheme == "https" else None
    return Target(
        url=url.strip(),
        host=ascii_host,
        port=port or usual,
        path=path,
        host_header=host_header or (shown if (port or usual) == usual else f"{shown}:{port}"),
        tls=tls,
    )


def _tls(verify: bool, ca_file: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise BadTarget(f"The certificate file {ca_file} cannot be read: {error}.") from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class RunTime:
    """The time that a run has left. `grows`: each complete answer adds the seconds it took, so that a slow receiver
    uses up nothing, and one that does not answer uses up all.
    """

    def __init__(self, seconds: float, *, grows: bool = False) -> None:
        self._ends = time.monotonic() + seconds
        self._grows = grows
        self._lock = threading.Lock()

    @property
    def left(self) -> float:
        """Seconds; never negative."""
        return max(self._ends - time.monotonic(), 0)

    def answered(self, seconds: float) -> None:
        if self._grows:
            with self._lock:
                self._ends += seconds


class Sender:
    """Sends to one receiver. Each response must be complete within `timeout` seconds."""

    def __init__(
        self,
        to: Target,
        *,
        timeout: float,
        connect_timeout: float,
        run_time: RunTime | None = None,
        may_reach: MayReach | None = None,
    ) -> None:
        """After the `run_time` nothing is sent or awaited.

        `may_reach` is asked about the very address that is about to be connected to.
        """
        self.target = to
        self._may_reach = may_reach
        self.timeout = timeout
        self._connect_timeout = min(connect_timeout, timeout)
        self.run_time = run_time or RunTime(math.inf)

    def connect(self) -> Answer:
        """Open and close a connection: the response has no status, and no fault on success."""
        began = time.monotonic()
        with self._connection() as connection:
            try:
                self._open(connection)
            except OSError as error:
                return Answer(None, time.monotonic() - began, self._fault(error))
            return Answer(None, time.monotonic() - began)

    def send(self, message: Message) -> Answer:
        """Send over a connection of its own."""
        with self._connection() as connection:
            return self._exchange(connection, message)

    def send_over_one_connection(self, messages: Iterable[Message]) -> list[Answer]:
        """Send requests over one connection, as long as the receiver keeps it open."""
        answers: list[Answer] = []
        with self._connection() as connection:
            for message in messages:
                kept = connection.sock is not None
                answer = self._exchange(connection, message)
                if kept and answer.fault == Sentence(CLOSED) and not answer.headers:
                    connection.close()  # It was closed just then, as it may be: a client takes a new one.
                    answer = self._exchange(connection, message)
                answers.append(answer)
        return answers

    def send_at_once(self, messages: Sequence[Message]) -> list[Answer]:
        """Send all requests at the same moment, each over a connection of its own that is opened before."""
        ready = threading.Barrier(len(messages))
        with ThreadPoolExecutor(len(messages)) as senders:
            return list(senders.map(lambda message: self._send_when_all_are_ready(message, ready), messages))

    def _send_when_all_are_ready(self, message: Message, ready: threading.Barrier) -> Answer:
        with self._connection() as connection:
            with suppress(OSError, UnicodeError):  # If it fails again while sending, the answer says why.
                self._open(connection)
            with suppress(threading.BrokenBarrierError):
                ready.wait(self._connect_timeout)
            return self._exchange(connection, message)

    def abandon(self, message: Message, after: float, *, share: float = 1.0) -> Answer:
        """Send this share of the body, wait a little, and disconnect without reading the response."""
        began = time.monotonic()
        with self._connection() as connection:
            try:
                self._put(connection, message, share)
                time.sleep(after)
            except OSError as error:
                return Answer(None, time.monotonic() - began, self._fault(error))
        return Answer(None, time.monotonic() - began)

    @contextmanager
    def _connection(self) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection(self.target.host, self.target.port)
        try:
            yield connection
        finally:
            connection.close()

    def _open(self, connection: http.client.HTTPConnection) -> None:
        to = self.target
        sock = self._socket()
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sock = to.tls.wrap_socket(sock, server_hostname=to.host) if to.tls else sock
        except OSError:
            sock.close()
            raise

    def _socket(self) -> socket.socket:
        """A connection to the first of the host's allowed addresses that accepts one."""
        found = socket.getaddrinfo(self.target.host, self.target.port, type=socket.SOCK_STREAM)
        fault: OSError | None = None
        for address in dict.fromkeys(str(info[4][0]) for info in found):
            try:
                if self._may_reach and not self._may_reach(address):
                    raise AddressRefused(address)
                return socket.create_connection((address, self.target.port), self._connect_timeout)
            except OSError as error:
                fault = error if fault is None or isinstance(fault, AddressRefused) else fault
        raise fault or socket.gaierror(self.target.host)

    def _exchange(self, connection: http.client.HTTPConnection, message: Message) -> Answer:
        began, patience = time.monotonic(), min(self.timeout, self.run_time.left)
        if not patience:
            return Answer(None, 0.0, Sentence(TIME_OVER))
        late = Sentence(TOO_LATE, {"seconds": self.timeout}) if patience == self.timeout else Sentence(TIME_OVER)
        with Deadline(patience) as deadline:
            try:
                deadline.watch(self._put(connection, message))
                with connection.getresponse() as response:
                    body = response.read(READ_LIMIT)
                    headers = tuple(response.getheaders())
                    if response.length and len(body) < READ_LIMIT:
                        raise http.client.IncompleteRead(body, response.length)
                    if not response.isclosed():  # There is more than anyone wants to read.
                        connection.close()
            except (OSError, http.client.HTTPException, ValueError) as error:
                fault = late if deadline.passed else self._fault(error)
                connection.close()
                return Answer(None, time.monotonic() - began, fault)
        seconds = time.monotonic() - began
        if deadline.passed:
            return Answer(None, seconds, late)
        self.run_time.answered(seconds)
        return Answer(response.status, seconds, None, headers, body)

    def _put(self, connection: http.client.HTTPConnection, message: Message, share: float = 1.0) -> socket.socket:
        """Send the message, or this share of its body; returns the socket."""
        connection.putrequest(message.method, self.target.path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", self.target.host_header)
        for name, value in message.headers:
            connection.putheader(name, value)
        if message.method != "GET":
            connection.putheader("Content-Length", str(len(message.body)))
        if connection.sock is None:
            self._open(connection)
        sock: socket.socket = connection.sock
        sock.settimeout(min(self.timeout, self.run_time.left) + 1)  # The deadline comes first.
        with suppress(BrokenPipeError, ConnectionResetError):  # It may have answered before it had read everything.
            connection.endheaders(message.body[: int(len(message.body) * share)] or None)
        return sock

    def _fault(self, error: Exception) -> Sentence:
        match error:
            case TimeoutError():
                return Sentence(NOT_OPENED, {"seconds": self._connect_timeout})
            case AddressRefused():
                return Sentence(NOT_ALLOWED, {"address": error.address})
            case socket.gaierror() | UnicodeError():
                return Sentence(NO_ADDRESS, {"host": self.target.host})
            case ConnectionRefusedError():
                return Sentence(REFUSED)
            case ssl.SSLError():
                return Sentence(TLS_FAILED, {"reason": error.reason or str(error)})
            case ConnectionError() | http.client.IncompleteRead():
                return Sentence(CLOSED)
            case http.client.HTTPException() | ValueError():
                return Sentence(NOT_HTTP)
        return Sentence(NOT_REACHED, {"reason": getattr(error, "strerror", None) or str(error)})
