"""The scripted receiver is what other tests trust, so it is tried here with clients that share no code with it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from io import BytesIO

import pycurl
import pytest

from tests.receiver import (
    Action,
    Answer,
    CloseSilently,
    Delay,
    Drip,
    DripHead,
    Garbage,
    Hang,
    Huge,
    Receiver,
    Redirect,
    Reset,
    ResetMidAnswer,
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def test_a_request_is_recorded_byte_for_byte(receiver: Receiver) -> None:
    body = '{"note":  "謝謝", "n": 65.0}'.encode()
    head = (
        b"POST /hook?a=1&a=%20 HTTP/1.1\r\nHost: here\r\nX-oDD-CaSe:  two words \r\nX-Empty:\r\nx-odd-case: again\r\n"
    )
    with raw(receiver, head + b"Content-Length: %d\r\n\r\n" % len(body) + body) as client:
        assert client.recv(1000) == b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    (request,) = receiver.requests
    assert (request.method, request.path, request.body) == ("POST", "/hook?a=1&a=%20", body)
    assert request.headers == [
        ("Host", "here"),
        ("X-oDD-CaSe", "two words"),
        ("X-Empty", ""),
        ("x-odd-case", "again"),
        ("Content-Length", str(len(body))),
    ]
    assert request.header("X-ODD-CASE") == "two words"
    assert request.header("Absent") is None
    assert request.json() == {"note": "謝謝", "n": 65.0}
    assert request.at == pytest.approx(time.monotonic(), abs=1)
    assert request.time == pytest.approx(time.time(), abs=1)


def test_a_signature_verifies_only_with_the_secret_and_the_bytes_it_was_made_of(receiver: Receiver) -> None:
    body = json.dumps({"topic": "x"}).encode()
    signature = hmac.new("秘密".encode(), body, hashlib.sha256).hexdigest()
    headers = {"CrescLab-Signature": signature, "CrescLab-Idempotency-Key": "a" * 32}
    post(receiver, "/", body, headers)
    post(receiver, "/", body + b" ", headers)
    post(receiver, "/", body)
    intact, altered, unsigned = receiver.requests
    assert intact.verifies("秘密")
    assert intact.key == "a" * 32
    assert not intact.verifies("other")
    assert not altered.verifies("秘密")
    assert not unsigned.verifies("秘密")
    assert unsigned.key is None


def test_a_script_is_played_once_and_only_for_its_path(receiver: Receiver) -> None:
    receiver.script("/hook", 500, 503)
    receiver.script("/hook", Answer(201, b"made"))
    assert post(receiver, "/other") == (200, b"")
    assert [post(receiver, "/hook?try=1") for _ in range(4)] == [(500, b""), (503, b""), (201, b"made"), (200, b"")]


def test_the_usual_answer_of_a_path_can_be_set_and_scripts_go_before_it(receiver: Receiver) -> None:
    receiver.always("/hook", 429)
    receiver.script("/hook", 200)
    assert [post(receiver, "/hook")[0] for _ in range(3)] == [200, 429, 429]


def test_clearing_forgets_requests_and_scripts_but_no_connection(receiver: Receiver) -> None:
    receiver.script("/hook", 500, 500)
    receiver.always("/other", 500)
    post(receiver, "/hook")
    receiver.clear()
    assert receiver.requests == []
    assert post(receiver, "/hook") == post(receiver, "/other") == (200, b"")
    assert receiver.connections == 3


def test_waiting_returns_as_soon_as_enough_have_come(receiver: Receiver) -> None:
    late = threading.Timer(0.05, lambda: post(receiver, "/hook", b"second"))
    post(receiver, "/other")
    post(receiver, "/hook", b"first")
    late.start()
    assert [request.body for request in receiver.wait_for(2, path="/hook")] == [b"first", b"second"]
    late.join()
    assert len(receiver.wait_for(3)) == 3


def test_waiting_in_vain_says_what_did_come(receiver: Receiver) -> None:
    post(receiver, "/other", b"12345")
    with pytest.raises(
        AssertionError, match=r"waited 0.01 s for 2 requests to /hook, 0 came; in all:\n  POST /other \(5"
    ):
        receiver.wait_for(2, timeout=0.01, path="/hook")
    receiver.clear()
    with pytest.raises(AssertionError, match=r"for 1 requests to any path, 0 came$"):
        receiver.wait_for(1, timeout=0.01)


def test_requests_on_one_connection_are_answered_one_after_the_other(receiver: Receiver) -> None:
    receiver.script("/", Delay(0.02, Answer(200, b"first")), Answer(200, b"second"))
    with raw(receiver, b"GET / HTTP/1.1\r\n\r\n" * 2 + b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n") as client:
        answers = read_all(client)
    assert answers.index(b"first") < answers.index(b"second") < answers.rindex(b"HTTP/1.1 200 OK")
    assert (len(receiver.requests), receiver.connections) == (3, 1)


def test_a_connection_is_kept_alive_until_someone_says_close(receiver: Receiver) -> None:
    receiver.script("/", 200, Answer(200, headers=(("Connection", "close"),)))
    with closing(http.client.HTTPConnection("127.0.0.1", receiver.port)) as client:
        for _ in range(3):
            client.request("GET", "/")
            client.getresponse().read()
    assert receiver.connections == 2


@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_a_chunked_body_is_put_together_however_it_is_cut(receiver: Receiver, piece: int) -> None:
    chunks = b"4\r\nWiki\r\nC;x=y\r\npedia\r\n0\r\n\r\n\r\n0\r\nTrailer: 1\r\n\r\n"
    sent = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    with raw(receiver, b"") as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(sent), piece):
            client.sendall(sent[at : at + piece])
        client.sendall(b"GET /next HTTP/1.1\r\nConnection: close\r\n\r\n")
        read_all(client)
    assert [(request.path, request.body) for request in receiver.requests] == [
        ("/", b"Wikipedia\r\n0\r\n\r\n"),
        ("/next", b""),
    ]


def test_a_large_body_that_waits_to_be_asked_for_is_asked_for(receiver: Receiver) -> None:
    body = bytes(range(256)) * 8_192
    assert curl(receiver.url("/"), body, ["Expect: 100-continue"]) == 200
    assert receiver.requests[0].body == body


def test_what_is_not_http_is_answered_400_and_not_recorded(receiver: Receiver) -> None:
    chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    overlong, not_a_size = chunked + b"3\r\nfour\r\n", chunked + b"z\r\n"
    for nonsense in (b"what\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"x" * 70_000, overlong, not_a_size):
        with raw(receiver, nonsense) as client:
            assert read_all(client).startswith(b"HTTP/1.1 400 ")
    assert receiver.requests == []


def test_an_answer_carries_its_headers_and_no_body_where_none_is_allowed(receiver: Receiver) -> None:
    receiver.script("/", Answer(429, b"later", (("Retry-After", "7"),)), Answer(204, b"never sent"), 299)
    with raw(receiver, b"GET / HTTP/1.1\r\n\r\n" * 2 + b"GET / HTTP/1.0\r\n\r\n") as client:
        answers = read_all(client)
    assert answers == (
        b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\nlater"
        b"HTTP/1.1 204 No Content\r\n\r\n"
        b"HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n"
    )


def test_a_redirect_names_its_target(receiver: Receiver) -> None:
    receiver.always("/old", Redirect("/new"))
    with closing(http.client.HTTPConnection("127.0.0.1", receiver.port)) as client:
        client.request("GET", "/old")
        answer = client.getresponse()
    assert (answer.status, answer.getheader("Location")) == (302, "/new")


def test_a_delayed_answer_comes_when_it_should(receiver: Receiver) -> None:
    receiver.always("/slow", Delay(0.03, then=Delay(0.03, then=202)))
    start = time.monotonic()
    assert post(receiver, "/slow") == (202, b"")
    assert 0.06 <= time.monotonic() - start < 1


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    ("action", "fault"),
    [
        (Reset(), pycurl.E_RECV_ERROR),
        (ResetMidAnswer(), pycurl.E_RECV_ERROR),
        (CloseSilently(), pycurl.E_GOT_NOTHING),
        (Garbage(), pycurl.E_UNSUPPORTED_PROTOCOL),
    ],
    ids=["reset", "reset mid-answer", "close", "garbage"],
)
def test_a_fault_looks_to_curl_like_the_real_one(action: Action, fault: int, tls: bool) -> None:
    with Receiver(tls=tls) as receiver:
        receiver.always("/", action)
        with pytest.raises(pycurl.error) as caught:
            curl(receiver.url("/"))
        assert caught.value.args[0] == fault
        assert len(receiver.requests) == 1


@pytest.mark.parametrize("action", [Hang(), Drip(0.01), DripHead(0.01)], ids=["hang", "drip", "drip head"])
def test_an_answer_without_end_holds_curl_until_its_deadline(receiver: Receiver, action: Action) -> None:
    receiver.always("/", action)
    with pytest.raises(pycurl.error) as caught:
        curl(receiver.url("/"), timeout_ms=50)
    assert caught.value.args[0] == pycurl.E_OPERATION_TIMEDOUT
    assert receiver.wait_for(1)


def test_a_reset_is_a_reset_and_a_close_is_a_close(receiver: Receiver) -> None:
    receiver.script("/", Reset(), CloseSilently(), ResetMidAnswer(500, b"abcdef"))
    with raw(receiver, b"GET / HTTP/1.1\r\n\r\n") as client, pytest.raises(ConnectionResetError):
        client.recv(1)
    with raw(receiver, b"GET / HTTP/1.1\r\n\r\n") as client:
        assert client.recv(1) == b""
    with raw(receiver, b"GET / HTTP/1.1\r\n\r\n") as client:
        assert client.recv(1000) == b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 6\r\n\r\nabc"
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_dripping_goes_on_byte_by_byte(receiver: Receiver) -> None:
    receiver.script("/", Drip(0.01), DripHead(0.001))
    for start, end in (
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"..."),
        (b"HTTP/1.1 200 OK\r\nX-Drip: ", b"..."),
    ):
        with raw(receiver, b"GET / HTTP/1.1\r\n\r\n") as client:
            came = b""
            while len(came) < len(start + end):
                came += client.recv(1000)
        assert came.startswith(start + end)


def test_a_huge_answer_comes_whole_to_whoever_reads_it(receiver: Receiver) -> None:
    receiver.always("/", Huge(3_000_000))
    status, body = post(receiver, "/")
    assert (status, len(body)) == (200, 3_000_000)


def test_tls_is_trusted_by_who_trusts_the_certificate_and_by_nobody_else() -> None:
    with Receiver(tls=True) as receiver:
        context = ssl.create_default_context(cafile=receiver.certificate)
        for host in ("127.0.0.1", "localhost"):
            with closing(http.client.HTTPSConnection(host, receiver.port, context=context)) as client:
                client.request("POST", "/hook", b"secret")
                assert client.getresponse().status == 200
        with pytest.raises(pycurl.error) as caught:
            curl(receiver.url("/hook"), verify=True)
        assert caught.value.args[0] == pycurl.E_PEER_FAILED_VERIFICATION
        assert receiver.url("/hook").startswith("https://127.0.0.1:")
        assert [request.body for request in receiver.requests] == [b"secret"] * 2
        assert receiver.connections == 3
    assert not receiver.certificate.exists()


@pytest.mark.parametrize("tls", [False, True])
def test_closing_is_prompt_whatever_still_hangs(tls: bool) -> None:
    with ExitStack() as clients:
        with Receiver(tls=tls) as receiver:
            stuck: list[Action] = [Hang(), Drip(0.01), DripHead(0.01), Huge(), Delay(60), CloseSilently()]
            receiver.script("/", *stuck)
            for _ in stuck:
                clients.enter_context(raw(receiver, b"GET / HTTP/1.1\r\n\r\n"))
            for _ in range(20):
                clients.enter_context(closing(socket.create_connection(("127.0.0.1", receiver.port))))
            receiver.wait_for(len(stuck))
            start = time.monotonic()
        assert time.monotonic() - start < 0.2
        with socket.socket() as late:
            assert late.connect_ex(("127.0.0.1", receiver.port)) != 0
        receiver.close()


def test_a_receiver_comes_back_at_its_old_address() -> None:
    receiver = Receiver()
    for status in (500, 200):
        receiver.always("/", status)
        with receiver:
            assert post(receiver, "/") == (status, b"")
            url = receiver.url("/")
    with Receiver(port=receiver.port) as successor:
        assert successor.url("/") == url
        assert post(successor, "/") == (200, b"")
    assert len(receiver.requests) == 2


def test_many_clients_at_once_are_all_heard(receiver: Receiver) -> None:
    with ExitStack() as clients:
        request = b"POST /hook HTTP/1.1\r\nContent-Length: 2\r\n\r\nok"
        lines = [clients.enter_context(raw(receiver, request)) for _ in range(200)]
        assert all(line.recv(100).startswith(b"HTTP/1.1 200") for line in lines)
    assert (len(receiver.wait_for(200, path="/hook")), receiver.connections) == (200, 200)


@contextmanager
def raw(receiver: Receiver, data: bytes) -> Iterator[socket.socket]:
    """A plain socket (under TLS if the receiver speaks it) with these bytes already sent."""
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=5) as client:
        if receiver.url().startswith("https:"):
            context = ssl.create_default_context(cafile=receiver.certificate)
            client = context.wrap_socket(client, server_hostname="localhost")
        with client:
            client.sendall(data)
            yield client


def read_all(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65_536), b""))


def post(receiver: Receiver, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=5)) as client:
        client.request("POST", path, body, headers or {})
        answer = client.getresponse()
        return answer.status, answer.read()


def curl(
    url: str, body: bytes = b"{}", headers: list[str] | None = None, timeout_ms: int = 5_000, verify: bool = False
) -> int:
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.POSTFIELDS, body)
    handle.setopt(pycurl.HTTPHEADER, headers or [])
    handle.setopt(pycurl.TIMEOUT_MS, timeout_ms)
    handle.setopt(pycurl.SSL_VERIFYPEER, int(verify))
    handle.setopt(pycurl.WRITEDATA, BytesIO())
    try:
        handle.perform()
        return int(handle.getinfo(pycurl.RESPONSE_CODE))
    finally:
        handle.close()
