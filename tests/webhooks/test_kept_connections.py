"""Connections are kept for the next request, and a request into one that was closed is sent once more."""

import io
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing as closing_server
from typing import Any

import pytest

from tests.receiver import (
    Answer,
    CloseSilently,
    Receiver,
    Reset,
    ResetMidAnswer,
)
from tests.webhooks.jobs import job
from tests.webhooks.sending import answer, collect, fault, network, send
from webhooks.engine.job import Reason


def test_connections_are_kept_for_the_next_request(receiver: Receiver) -> None:
    with network() as opened:
        for number in range(5):
            send(opened, job(number, url=receiver.url("/hook")))
    assert receiver.connections == 1


class ClosingServer:
    """Keeps its first connection open after an answer until `close`, and answers on every further one."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(3)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/hook"
        self.heads: list[bytes] = []

    def answer(self, connection: socket.socket | None = None) -> socket.socket:
        connection = connection or self._server.accept()[0]
        request = connection.recv(65536)
        while not request.endswith(b"\r\n\r\n{}"):
            # What is not read makes the close a reset, after which nobody knows what arrived.
            request += connection.recv(65536)
        self.heads.append(request)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        return connection

    def close(self) -> None:
        self._server.close()


def test_a_request_into_a_kept_connection_that_was_closed_is_sent_once_more_on_a_fresh_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = ClosingServer()
    closing: list[socket.socket] = []

    class Body(io.BytesIO):
        """libcurl has chosen a connection when it reads the body, and the receiver closes it then."""

        def read(self, size: int | None = -1) -> bytes:
            while closing:
                closing.pop().close()
            return super().read(size)

    monkeypatch.setattr("webhooks.engine.exchange.io.BytesIO", Body)
    with ThreadPoolExecutor(1) as pool, closing_server(server), network() as opened:
        first = pool.submit(server.answer)
        send(opened, job(1, url=server.url))
        closing.append(first.result())
        second = pool.submit(server.answer)
        opened.start(job(2, url=server.url))
        ((done, outcome),) = collect(opened)
        second.result().close()
    assert (answer(outcome).status_code, done.is_repeated) == (200, True)
    assert [f"{number:032x}".encode() in head for number, head in zip((1, 2), server.heads, strict=True)] == [True] * 2


def test_a_receiver_that_closes_right_after_each_answer_without_saying_so_loses_no_attempt() -> None:
    server = ClosingServer()
    statuses = []
    with ThreadPoolExecutor(1) as pool, closing_server(server), network() as opened:
        for number in range(5):
            closed = pool.submit(lambda: server.answer().close())
            (outcome,) = send(opened, job(number, url=server.url)).values()
            statuses.append(answer(outcome).status_code)
            # A request that arrives before the close may have been read: that attempt is lost, rightly.
            closed.result()
    assert statuses == [200] * 5
    assert len(server.heads) == 5


@pytest.mark.parametrize("ending", [CloseSilently(), Reset(), ResetMidAnswer()])
def test_a_request_that_reached_the_receiver_is_one_attempt_and_never_sent_again_in_silence(
    receiver: Receiver, ending: Any
) -> None:
    receiver.script("/hook", 200, ending)
    with network() as opened:
        send(opened, job(1, url=receiver.url("/hook")))
        reason, _ = fault(send(opened, job(2, url=receiver.url("/hook")))[2])
        assert reason is Reason.CONNECTION_LOST
        assert answer(send(opened, job(3, url=receiver.url("/hook")))[3]).status_code == 200
    assert [got.key for got in receiver.requests] == [f"{number:032x}" for number in (1, 2, 3)]


def test_a_connection_that_libcurl_lets_go_of_is_closed_at_once(receiver: Receiver) -> None:
    receiver.always("/close", Answer(200, b"", (("Connection", "close"),)))
    with network() as opened:
        send(opened, job(1, url=receiver.url("/close")))
        assert len(opened._kept) == 0
