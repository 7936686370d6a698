"""What the web server takes for a request: never a second one out of the first one's body."""

import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from maac_sim.environ import environ_of
from tests.processes import Embedded, embedded

HEAD = b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HIDDEN = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
CHUNKS = b"0\r\n\r\n" + HIDDEN
LENGTH = str(len(HIDDEN)).encode()

AMBIGUOUS = {
    "both lengths": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "both, the other way round": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + CHUNKS,
    "two different lengths": HEAD + b"Content-Length: 0\r\nContent-Length: " + LENGTH + b"\r\n\r\n" + HIDDEN,
    "a list of lengths": HEAD + b"Content-Length: 0, " + LENGTH + b"\r\n\r\n" + HIDDEN,
    "a signed length": HEAD + b"Content-Length: +0\r\n\r\n" + HIDDEN,
    "an unknown encoding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKS,
    "chunked is not the last": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKS,
    "two encodings": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + CHUNKS,
    "a vertical tab": HEAD + b"Transfer-Encoding:\x0bchunked\r\n\r\n" + CHUNKS,
    "a space before the colon": HEAD + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKS,
    "a folded header": HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKS,
    "a bare CR": HEAD + b"X: y\rContent-Length: 5\r\n\r\n" + HIDDEN,
    "chunks of HTTP/1.0": HEAD.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "bare LF among chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n" + HIDDEN,
    "a chunk that is longer than it says": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n" + CHUNKS,
    "a negative chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n" + CHUNKS,
    "a head of a megabyte": HEAD + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n" + HIDDEN,
    "a thousand headers": HEAD + b"X: x\r\n" * 1000 + b"\r\n" + HIDDEN,
}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    with embedded(tmp_path_factory.mktemp("web") / "data") as running:
        yield running


def statuses(port: int, sent: bytes) -> list[int]:
    """Of all answers until the server closes the connection."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client, suppress(ConnectionError):
        client.sendall(sent)
        while piece := client.recv(65536):
            got += piece
    return [int(number) for number in re.findall(rb"HTTP/1\.1 (\d+)", got)]


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_body_whose_end_is_ambiguous_ends_the_connection(simulator: Embedded, name: str) -> None:
    answers = statuses(simulator.port, AMBIGUOUS[name])
    assert len(answers) <= 1
    assert all(400 <= status < 500 for status in answers)


def test_two_host_headers_are_refused(simulator: Embedded) -> None:
    assert statuses(simulator.port, HEAD + b"Host: other\r\nContent-Length: 0\r\n\r\n" + HIDDEN) == [400]


def test_a_kept_connection_serves_on_after_a_body_that_nobody_read(simulator: Embedded) -> None:
    unread = HEAD + b"Content-Length: 500000\r\n\r\n" + b"x" * 500_000
    last = HIDDEN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert statuses(simulator.port, unread + unread + last) == [404, 404, 200]


def test_a_header_with_an_underscore_is_not_taken_for_that_of_a_proxy() -> None:
    scope = {
        "method": "GET",
        "raw_path": b"/caf%C3%A9",
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
        "headers": [(b"x_forwarded_proto", b"https"), (b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"host", b"h")],
    }
    environ = environ_of(scope)
    assert "HTTP_X_FORWARDED_PROTO" not in environ
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/café"


def test_many_may_ask_for_the_schema_at_once(simulator: Embedded) -> None:
    ask = HIDDEN.replace(b"/livez", b"/api/schema/").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: statuses(simulator.port, ask), range(100)))
    assert answers == [[200]] * 100
