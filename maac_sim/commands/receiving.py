"""An HTTP server for the commands that receive requests, and what differs between a request and MAAC's contract."""

import hmac
import json
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import typer

from maac_contract import contract
from maac_contract.signature import signature

BODY_LIMIT = 32 * 1024 * 1024
HOP_BY_HOP = frozenset(
    ("connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade")
)
"""Headers of one connection, which a request that is handed on has anew."""


@dataclass(frozen=True)
class Request:
    """A received request. Header names and values are as they were sent, in their order."""

    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first value; empty if there is none."""
        return next((value for given, value in self.headers if given.lower() == name.lower()), "")

    @property
    def end_to_end(self) -> tuple[tuple[str, str], ...]:
        """The headers to hand on."""
        return tuple((name, value) for name, value in self.headers if name.lower() not in HOP_BY_HOP)

    @property
    def key(self) -> str:
        return self.header(contract.HEADER_IDEMPOTENCY_KEY)

    @property
    def topic(self) -> str:
        """For people: the topic, or why there is none."""
        try:
            parsed = json.loads(self.body)
        except (ValueError, RecursionError):
            return "not JSON"
        return str(parsed.get("topic", "no topic")) if isinstance(parsed, dict) else "not an object"


@dataclass(frozen=True)
class Response:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Server(ThreadingHTTPServer):
    """A longer backlog than the standard library's 5, so that bursts are accepted."""

    request_queue_size = 1024
    daemon_threads = True


def server(host: str, port: int) -> Server:
    """A server that listens but does not answer yet. BadParameter if the address is not available."""
    try:
        return Server((host, port), BaseHTTPRequestHandler)
    except OSError as error:
        raise typer.BadParameter(f"Cannot listen on {host}:{port} ({error.strerror}).", param_hint="--port") from error


def serve(server: Server, answer: Callable[[Request], Response], *, after: Callable[[], None] = lambda: None) -> None:
    """Answer every request until Ctrl+C or SIGTERM; `after` runs after each answer has been sent."""
    server.RequestHandlerClass = _handler(answer, after)
    with _interruptible():
        server.serve_forever(poll_interval=0.05)


@contextmanager
def _interruptible() -> Iterator[None]:
    """A shell starts background jobs with SIGINT ignored, and CI stops processes with SIGTERM: both end the block."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        return


def _handler(answer: Callable[[Request], Response], after: Callable[[], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            body = _body(self)
            if body is None:
                self.close_connection = True
                self.send_error(400, "The request body is not complete, or is too large")
                return
            response = answer(Request(self.command, tuple(self.headers.items()), body))
            self.send_response_only(response.status)
            for name, value in response.headers:
                self.send_header(name, value)
            if response.status not in (204, 304):
                self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            if self.command != "HEAD" and response.status not in (204, 304):
                self.wfile.write(response.body)
            self.wfile.flush()
            after()

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = respond

        def log_message(self, format: str, *args: Any) -> None:
            """Disabled: the command prints each request."""

    return Handler


def _body(handler: BaseHTTPRequestHandler) -> bytes | None:
    """The whole body; None if it is malformed or too large. Tunnels may send it in chunks."""
    if "chunked" in handler.headers.get("Transfer-Encoding", "").lower():
        return _chunks(handler)
    length = handler.headers.get("Content-Length") or "0"
    if not length.isdecimal() or int(length) > BODY_LIMIT:
        return None
    body = handler.rfile.read(int(length))
    return body if len(body) == int(length) else None


def _chunks(handler: BaseHTTPRequestHandler) -> bytes | None:
    body = bytearray()
    while True:
        try:
            size = int(handler.rfile.readline(100).split(b";")[0], 16)
        except ValueError:
            return None
        if size < 0 or len(body) + size > BODY_LIMIT:
            return None
        body += handler.rfile.read(size)
        if handler.rfile.readline(1000) not in (b"\r\n", b"\n"):
            if size:
                return None
            while handler.rfile.readline(1000) not in (b"\r\n", b"\n", b""):
                continue  # Trailers, which nobody needs.
        if not size:
            return bytes(body)


def is_signed(request: Request, secret: str) -> bool:
    """Whether the signature header is exactly the signature of the body with this secret."""
    given = request.header(contract.HEADER_SIGNATURE)
    return hmac.compare_digest(given.encode(errors="replace"), signature(secret, request.body).encode())


def why_not_signed(request: Request, secret: str, other_secrets: Sequence[str] = ()) -> list[tuple[str, str, str]]:
    """The mistakes that explain a wrong signature: code, sentence and remedy of each."""
    from receiver_check.explain_request import explain_request

    found = explain_request(request.headers, request.body, secret, other_secrets=other_secrets).findings
    return [(finding.code, finding.what, finding.fix) for finding in found]
