"""A scripted HTTP receiver on a real socket: it records every request byte for byte and answers as scripted."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http
import itertools
import json
import socket
import ssl
import struct
import tempfile
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from tests.wire import Head, make_certificate, read_chunks, read_head, read_length

BACKLOG = 1024
LONGEST_HEAD = 65_536
# What is written just before a reset must reach the client first: a reset throws away what the kernel has not sent yet.
SETTLE_BEFORE_RESET = 0.02


@dataclass(frozen=True)
class Received:
    """One request as it came off the wire."""

    at: float
    """When it was read whole, by the monotonic clock."""
    time: float
    """The same moment by the wall clock."""
    method: str
    path: str
    """The request target, query included."""
    headers: list[tuple[str, str]]
    """Every header in the order and the spelling it was sent in."""
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        wanted = name.lower()
        return next((value for given, value in self.headers if given.lower() == wanted), None)

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)

    def verifies(self, secret: str) -> bool:
        """Whether the signature header is the HMAC of the raw body under this secret."""
        expected = hmac.new(secret.encode(), self.body, hashlib.sha256).hexdigest()
        given = self.header("CrescLab-Signature") or ""
        return hmac.compare_digest(given.encode(), expected.encode())

    @property
    def key(self) -> str | None:
        """The idempotency key."""
        return self.header("CrescLab-Idempotency-Key")


class Action(Protocol):
    """What the receiver does once it has read a request."""

    def perform(self, line: Line) -> None: ...


@dataclass(frozen=True)
class Answer:
    """A complete answer; `Content-Length` is added unless the headers already speak of a length."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def perform(self, line: Line) -> None:
        line.send(_head(self.status, self._all_headers()) + (self.body if _may_have_body(self.status) else b""))
        line.done(close=any(name.lower() == "connection" and "close" in value.lower() for name, value in self.headers))

    def _all_headers(self) -> tuple[tuple[str, str], ...]:
        names = {name.lower() for name, _ in self.headers}
        if names & {"content-length", "transfer-encoding"} or not _may_have_body(self.status):
            return self.headers
        return (*self.headers, ("Content-Length", str(len(self.body))))


@dataclass(frozen=True)
class Delay:
    """Wait, then act."""

    seconds: float
    then: int | Action = 200

    def perform(self, line: Line) -> None:
        line.later(self.seconds, lambda: _action(self.then).perform(line))


@dataclass(frozen=True)
class Reset:
    """A TCP reset in place of an answer."""

    def perform(self, line: Line) -> None:
        line.reset()


@dataclass(frozen=True)
class ResetMidAnswer:
    """The head and half of the promised body, then a TCP reset."""

    status: int = 200
    body: bytes = b"half of this never arrives"

    def perform(self, line: Line) -> None:
        head = _head(self.status, (("Content-Length", str(len(self.body))),))
        line.send(head + self.body[: len(self.body) // 2])
        line.later(SETTLE_BEFORE_RESET, line.reset)


@dataclass(frozen=True)
class CloseSilently:
    """A clean close without one byte of answer."""

    def perform(self, line: Line) -> None:
        line.close()


@dataclass(frozen=True)
class Drip:
    """The head at once, then one byte of body at a time, until the client goes."""

    interval: float = 0.2
    status: int = 200

    def perform(self, line: Line) -> None:
        line.send(_head(self.status, (("Connection", "close"),)))
        line.drip(itertools.repeat(b"."), self.interval)


@dataclass(frozen=True)
class DripHead:
    """One byte of a head that never ends at a time, until the client goes."""

    interval: float = 0.2
    status: int = 200

    def perform(self, line: Line) -> None:
        start = _head(self.status, ()).removesuffix(b"\r\n") + b"X-Drip: "
        bytes_of_start = (start[at : at + 1] for at in range(len(start)))
        line.drip(itertools.chain(bytes_of_start, itertools.repeat(b".")), self.interval)


@dataclass(frozen=True)
class Hang:
    """No answer, ever; the connection stays open."""

    def perform(self, line: Line) -> None:
        pass


@dataclass(frozen=True)
class Garbage:
    """Bytes that are not HTTP, then a close."""

    data: bytes = b"\x00\xff\x13\x37 this is not HTTP\r\n\r\n"

    def perform(self, line: Line) -> None:
        line.send(self.data)
        line.close()


@dataclass(frozen=True)
class Huge:
    """A body larger than anyone wants to read."""

    size: int = 10_000_000
    status: int = 200

    def perform(self, line: Line) -> None:
        Answer(self.status, b"x" * self.size).perform(line)


@dataclass(frozen=True)
class Redirect:
    """A redirect to somewhere else."""

    to: str
    status: int = 302

    def perform(self, line: Line) -> None:
        Answer(self.status, headers=(("Location", self.to),)).perform(line)


class Receiver:
    """The server: runs in a thread of its own between `with` and the end of the block.

    Scripts and waits go by the path without its query. `tls=True` serves a self-signed certificate for `localhost`
    and 127.0.0.1, which `certificate` names as a file to trust. A `port` can be given to come back at an old address.
    """

    def __init__(self, *, tls: bool = False, port: int = 0) -> None:
        self.port = port
        self._tls = tls
        self._context: ssl.SSLContext | None = None
        self._arrival = threading.Condition()
        self._received: list[Received] = []
        self._received_at: defaultdict[str, list[Received]] = defaultdict(list)
        self._scripts: defaultdict[str, deque[Action]] = defaultdict(deque)
        self._always: dict[str, Action] = {}
        self._connections = 0
        self._lines: set[Line] = set()
        self._welcomes: dict[asyncio.Task[None], socket.socket] = {}
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self._tls:
            self._prepare_tls()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=BACKLOG)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        serving = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(serving)), name="receiver", daemon=True)
        self._thread.start()
        if not serving.wait(10):
            raise RuntimeError("the receiver did not start")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Drop every connection and stop; does nothing the second time."""
        if self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(10)
        self._thread = None
        if self._tls:
            self._directory.cleanup()

    def url(self, path: str = "/") -> str:
        """Where a client reaches this path."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}{path}"

    @property
    def certificate(self) -> Path:
        """The file with the certificate (PEM) that a client has to trust; it is there while the receiver runs."""
        return Path(self._directory.name) / "certificate.pem"

    def script(self, path: str, *actions: int | Action) -> None:
        """Queue what to do with the next requests to this path; after them the path's usual answer again."""
        with self._arrival:
            self._scripts[_route(path)].extend(_action(action) for action in actions)

    def always(self, path: str, action: int | Action) -> None:
        """Set the usual answer of this path in place of 200 with an empty body."""
        with self._arrival:
            self._always[_route(path)] = _action(action)

    @property
    def requests(self) -> list[Received]:
        """Everything received so far, in order of arrival."""
        with self._arrival:
            return list(self._received)

    @property
    def connections(self) -> int:
        """How many connections were accepted so far."""
        with self._arrival:
            return self._connections

    def wait_for(self, count: int, timeout: float = 5, path: str | None = None) -> list[Received]:
        """All requests (to this path) as soon as there are at least `count`; an AssertionError if they do not come."""
        with self._arrival:
            if not self._arrival.wait_for(lambda: len(self._matching(path)) >= count, timeout):
                raise AssertionError(self._what_came(count, timeout, path))
            return list(self._matching(path))

    def clear(self) -> None:
        """Forget requests and scripts. Connections stay open, and counted."""
        with self._arrival:
            self._received.clear()
            self._received_at.clear()
            self._scripts.clear()
            self._always.clear()

    def _prepare_tls(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="receiver-")
        certificate, key = make_certificate()
        self.certificate.write_bytes(certificate + key)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate)
        self.certificate.write_bytes(certificate)

    def _matching(self, path: str | None) -> list[Received]:
        return self._received if path is None else self._received_at[_route(path)]

    def _what_came(self, count: int, timeout: float, path: str | None) -> str:
        came = [f"  {request.method} {request.path} ({len(request.body)} bytes)" for request in self._received]
        first = f"waited {timeout:g} s for {count} requests to {path or 'any path'}, {len(self._matching(path))} came"
        more = [f"  and {len(came) - 20} more"] if len(came) > 20 else []
        return "\n".join([first + ("; in all:" if came else ""), *came[:20], *more])

    def _record(self, request: Received) -> Action:
        route = _route(request.path)
        with self._arrival:
            self._received.append(request)
            self._received_at[route].append(request)
            self._arrival.notify_all()
            if script := self._scripts.get(route):
                return script.popleft()
            return self._always.get(route, _DEFAULT)

    async def _serve(self, serving: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        self._loop.add_reader(self._listener, self._accept)
        serving.set()
        await self._closing.wait()
        self._loop.remove_reader(self._listener)
        self._listener.close()
        await self._drop_everyone()

    def _accept(self) -> None:
        for _ in range(BACKLOG):
            try:
                client, _address = self._listener.accept()
            except OSError:  # Nobody waits any more, or who waited has gone.
                return
            client.setblocking(False)
            with self._arrival:
                self._connections += 1
            task = self._loop.create_task(self._welcome(client))
            self._welcomes[task] = client
            task.add_done_callback(self._welcomes.pop)

    async def _welcome(self, client: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: Line(self), client, ssl=self._context)
        except OSError:  # The TLS handshake failed, which is the client's to report.
            client.close()

    async def _drop_everyone(self) -> None:
        for task, client in list(self._welcomes.items()):
            task.cancel()
            await asyncio.wait([task])
            client.close()  # A task cancelled before its first step never took the socket over.
        for line in list(self._lines):
            line.abort()
        for _ in range(10):  # Transports close their sockets a turn or two of the loop after the abort.
            await asyncio.sleep(0)


class Line(asyncio.Protocol):
    """One connection: takes requests off it one after the other and gives actions the means to answer."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._loop = receiver._loop
        self._buffer = bytearray()
        self._head: Head | None = None
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._receiver._lines.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._receiver._lines.discard(self)
        self._busy = True  # What is still buffered stays unread.
        if self._timer:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._advance()

    def send(self, data: bytes) -> None:
        """Write bytes as they are."""
        self._transport.write(data)

    def done(self, *, close: bool = False) -> None:
        """The answer is complete: close if either side asked for it, else the next request may come."""
        if close or self._head is None or self._head.closes:
            self.close()
        else:
            self._head = None
            self._busy = False

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Act after a while, unless the connection is lost before."""
        self._timer = self._loop.call_later(seconds, self._resume, act)

    def drip(self, pieces: Iterator[bytes], interval: float) -> None:
        """Send one piece per interval for as long as there are pieces and a client."""

        def next_piece() -> None:
            if piece := next(pieces, b""):
                self.send(piece)
                self.later(interval, next_piece)

        next_piece()

    def close(self) -> None:
        """Close once everything written is sent."""
        self._transport.close()

    def reset(self) -> None:
        """Close with a TCP reset."""
        self._transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self._transport.abort()

    def abort(self) -> None:
        """Close now, whatever is unsent."""
        self._transport.abort()

    def _resume(self, act: Callable[[], None]) -> None:
        act()
        self._advance()

    def _advance(self) -> None:
        while not self._busy and (request := self._take()):
            self._busy = True
            self._receiver._record(request).perform(self)

    def _take(self) -> Received | None:
        try:
            return self._take_request()
        except ValueError:
            self._busy = True
            self.send(_head(400, (("Content-Length", "0"), ("Connection", "close"))))
            self.close()
            return None

    def _take_request(self) -> Received | None:
        if self._head is None and not self._take_head():
            return None
        assert self._head is not None
        body = self._take_body(self._head)
        if body is None:
            self._encourage(self._head)
            return None
        return Received(time.monotonic(), time.time(), self._head.method, self._head.path, self._head.headers, body)

    def _take_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > LONGEST_HEAD:
                raise ValueError("the head does not end")
            return False
        self._head = read_head(self._buffer[:end].decode("latin-1"))
        del self._buffer[: end + 4]
        return True

    def _take_body(self, head: Head) -> bytes | None:
        found = read_chunks(self._buffer) if head.chunked else read_length(self._buffer, head.length)
        if found is None:
            return None
        body, end = found
        del self._buffer[:end]
        return body

    def _encourage(self, head: Head) -> None:
        """curl holds a large body back until it gets 100 Continue."""
        if head.waits_for_continue:
            head.waits_for_continue = False
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")


_REASONS = {status.value: status.phrase for status in http.HTTPStatus}
_DEFAULT = Answer()


def _head(status: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, '')}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _may_have_body(status: int) -> bool:
    return status >= 200 and status not in (204, 304)


def _action(action: int | Action) -> Action:
    return Answer(action) if isinstance(action, int) else action


def _route(path: str) -> str:
    return path.partition("?")[0]
