"""The bridge from the ASGI server to the WSGI application: what it waits for, and what it refuses."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from maac_sim import bridge
from maac_sim.bridge import Bridge
from webhooks.services.publish_group import ENVIRON_KEY
from webhooks.waiting import waiting_of

SCOPE = {
    "method": "POST",
    "raw_path": b"/",
    "query_string": b"",
    "http_version": "1.1",
    "scheme": "http",
    "headers": [],
}
Messages = list[dict[str, Any]]


def piece(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def call(application: Any, *received: dict[str, Any]) -> tuple[int, bytes]:
    """Status and body of the answer; a client that has sent everything goes silent."""
    sent: Messages = []

    async def run() -> None:
        waiting = list(received)

        async def receive() -> dict[str, Any]:
            return waiting.pop(0) if waiting else await asyncio.get_running_loop().create_future()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await Bridge(application, threads=1)(SCOPE, receive, send)

    asyncio.run(run())
    return (sent[0]["status"], b"".join(message["body"] for message in sent[1:])) if sent else (0, b"")


class Waits:
    """An application that makes something and waits for it."""

    def __init__(self, looks_needed: int) -> None:
        self.made = 0
        self.looks = 0
        self.looks_needed = looks_needed

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        waiting = waiting_of(environ)
        number = waiting.once(self.make)
        done = waiting.wait(self.look, timeout=0.1)
        start_response("200 OK", [])
        return [f"{number} {done} {body.decode()}".encode()]

    def make(self) -> int:
        self.made += 1
        return self.made

    def look(self) -> bool:
        self.looks += 1
        return self.looks >= self.looks_needed


def test_a_call_that_waits_is_made_again_with_its_body_and_makes_nothing_twice() -> None:
    assert call(Waits(4), piece(b"ab", more=True), piece(b"c")) == (200, b"1 True abc")


def test_a_wait_ends_with_its_time() -> None:
    assert call(Waits(10**9), piece(b"")) == (200, b"1 False ")


def test_one_waiting_call_too_many_is_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "WAITING_LIMIT", 0)
    application = Waits(10**9)
    assert call(application, piece(b"")) == (200, b"1 False ")
    assert application.looks == 1


def test_a_client_that_leaves_ends_the_wait() -> None:
    application = Waits(10**9)
    assert call(application, piece(b""), {"type": "http.disconnect"}) == (0, b"")
    assert application.looks == 1


def test_a_body_that_does_not_come_or_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "BODY_SECONDS", 0.01)
    monkeypatch.setattr(bridge, "BODY_LIMIT", 4)
    assert call(Waits(1), piece(b"a", more=True))[0] == 408
    assert call(Waits(1), piece(b"abc", more=True), piece(b"def"))[0] == 413
    assert call(Waits(1), piece(b"a", more=True), {"type": "http.disconnect"})[0] == 400


def test_an_application_that_fails_is_answered_for(caplog: pytest.LogCaptureFixture) -> None:
    def fails(_environ: dict[str, Any], _start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise ZeroDivisionError

    assert call(fails, piece(b""))[0] == 500
    assert "POST / failed" in caplog.text


class Groups:
    """An application that records with which calls each was answered; a body of "x" makes it fail."""

    def __init__(self) -> None:
        self.groups: list[int] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.groups.append(id(environ.get(ENVIRON_KEY)))
        body = environ["wsgi.input"].read()
        if body == b"x":
            raise RuntimeError
        start_response("201 Created", [])
        return [body]


def publish_together(
    application: Any, bodies: list[bytes], headers: list[tuple[bytes, bytes]]
) -> list[tuple[int, bytes]]:
    """Status and body of the answers to calls that arrive at the same time."""
    scope = {**SCOPE, "raw_path": b"/api/v1/events/", "headers": headers}
    bridge = Bridge(application, threads=2)

    async def publish(body: bytes) -> tuple[int, bytes]:
        sent: Messages = []

        async def receive() -> dict[str, Any]:
            return piece(body)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await bridge(scope, receive, send)
        return sent[0]["status"], sent[1]["body"]

    async def run() -> list[tuple[int, bytes]]:
        return await asyncio.gather(*map(publish, bodies))

    return asyncio.run(run())


def test_calls_that_publish_an_event_at_the_same_time_are_answered_together() -> None:
    application = Groups()
    bodies = [b"%d" % number for number in range(5)]
    assert publish_together(application, bodies, []) == [(201, body) for body in bodies]
    assert len(set(application.groups)) == 1


def test_a_call_with_an_idempotency_key_is_answered_alone() -> None:
    application = Groups()
    assert publish_together(application, [b"1", b"2"], [(b"idempotency-key", b"k")]) == [(201, b"1"), (201, b"2")]
    assert set(application.groups) == {id(None)}


def test_a_call_that_fails_fails_alone() -> None:
    answers = publish_together(Groups(), [b"1", b"x", b"2"], [])
    assert [status for status, _ in answers] == [201, 500, 201]
