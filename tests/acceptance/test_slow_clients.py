"""The web server, embedded and scaled, among clients that would hold it up."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.processes import Api, Process, embedded
from tests.receiver import Hang, Receiver
from tests.scaled import Stack
from tests.servers import Server
from tests.slow_clients import SlowClients, share_of_a_core

RECEIPT = "receipt.receipt_validated"
EACH = 18
WAITING = 64
SOON = 1.0
CPU_SHARE = 0.6
"""Of a core; a thread that spins uses a whole one. The slow clients' own work for the server is a tenth."""


@dataclass
class Web:
    port: int
    token: str
    api: Api
    process: Process


@pytest.fixture(params=["embedded", pytest.param("scaled", marks=pytest.mark.slow)])
def web(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Web]:
    with ExitStack() as programs:
        if request.param == "embedded":
            simulator = programs.enter_context(embedded(tmp_path / "data"))
            yield Web(simulator.port, simulator.token, simulator.api, simulator.process)
            return
        redis: Server = request.getfixturevalue("redis")
        stack = Stack(tmp_path, request.getfixturevalue("database_url"), redis.url, programs)
        stack.worker("delivers")
        process = stack.web("/readyz")
        yield Web(stack.port, stack.token, stack.api, process)


def check_that_it_answers_soon(web: Web) -> None:
    """On new connections, each time."""
    headers = {"Authorization": f"Bearer {web.token}"}
    for _ in range(3):
        calls: list[tuple[str, str, dict[str, Any]]] = [
            ("GET", "/livez", {}),
            ("POST", "/api/v1/events/", {"json": {"topic": RECEIPT}, "headers": headers}),
        ]
        for method, path, options in calls:
            start = time.monotonic()
            answer = requests.request(method, f"http://127.0.0.1:{web.port}{path}", timeout=10, **options)
            took = time.monotonic() - start
            assert answer.ok, answer.text
            print(f"{method} {path} {took:.3f} s")
            assert took < SOON, f"{method} {path} took {took:.1f} s"


def test_slow_clients_and_waiting_calls_hold_up_nobody(web: Web, receiver: Receiver) -> None:
    receiver.always("/hook", Hang())
    web.api.post("/endpoints/", {"name": "Hangs", "url": receiver.url("/hook"), "event_types": [RECEIPT]})
    event = web.api.post("/events/", {"topic": RECEIPT}).json()["id"]
    check_that_it_answers_soon(web)
    with SlowClients(web.port, web.token, each=EACH) as clients, waiting_calls(web, event):
        assert len(clients) > 200
        check_that_it_answers_soon(web)
        share = share_of_a_core(web.process.pid, 2)
        print(f"share of a core: {share:.2f}")
        assert share < CPU_SHARE
        check_that_it_answers_soon(web)
    check_that_it_answers_soon(web)
    assert "Traceback" not in web.process.output()
    assert "ERROR" not in web.process.output()


class waiting_calls:
    """Many that wait for one event, until the end of the block."""

    def __init__(self, web: Web, event: int) -> None:
        path = f"/api/v1/events/{event}/wait/?timeout=60"
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {web.token}\r\n\r\n"
        self._clients = [socket.create_connection(("127.0.0.1", web.port)) for _ in range(WAITING)]
        for client in self._clients:
            client.sendall(head.encode())

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
