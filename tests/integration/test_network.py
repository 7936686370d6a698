"""The network against a real receiver that answers well, badly, or not at all."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.receiver import (
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
from tests.servers import free_port
from tests.unit.jobs import job
from webhooks.engine.addresses import AddressPolicy
from webhooks.engine.exchange import Limits
from webhooks.engine.job import Answered, Job, Outcome, Reason, Unanswered
from webhooks.engine.network import Network

SHORT = Limits(connect_timeout=0.3, attempt_timeout=0.3)


@contextmanager
def network(**options: Any) -> Iterator[Network]:
    opened = Network(user_agent="maac-sim/test", **{"limits": SHORT, **options})
    try:
        yield opened
    finally:
        opened.close()


def send(opened: Network, *jobs: Job, timeout: float = 3) -> dict[int, Outcome]:
    """Outcomes by delivery id."""
    for one in jobs:
        opened.start(one)
    outcomes: dict[int, Outcome] = {}
    deadline = time.monotonic() + timeout
    while len(outcomes) < len(jobs) and time.monotonic() < deadline:
        outcomes.update({done.delivery_id: outcome for done, outcome in opened.poll(0.05)})
    return outcomes


def send_one(one: Job, **options: Any) -> Outcome:
    with network(**options) as opened:
        return send(opened, one)[one.delivery_id]


def answer(outcome: Outcome) -> Answered:
    assert isinstance(outcome, Answered), outcome
    return outcome


def fault(outcome: Outcome) -> tuple[Reason, str]:
    assert isinstance(outcome, Unanswered), outcome
    return outcome.reason, outcome.detail


def test_the_body_arrives_byte_for_byte_and_the_signature_verifies(receiver: Receiver) -> None:
    body = b'{"data": {"name": "\\u6625 \\ud83c\\udf38"}}\n'
    send_one(job(url=receiver.url("/hook"), body=body, secret="問卷-共享密鑰"))
    (got,) = receiver.requests
    assert (got.method, got.path, got.body) == ("POST", "/hook", body)
    assert got.verifies("問卷-共享密鑰")


def test_the_headers_that_are_logged_are_those_that_arrive(receiver: Receiver) -> None:
    outcome = send_one(job(url=receiver.url("/hook?a=1")))
    assert list(outcome.request_headers) == receiver.requests[0].headers


def test_an_answer_comes_back_whole(receiver: Receiver) -> None:
    receiver.script("/hook", Answer(503, b"\x00later\xff", (("Retry-After", "7"), ("X-A", "1"), ("X-A", "2"))))
    outcome = answer(send_one(job(url=receiver.url("/hook"))))
    assert (outcome.status_code, outcome.body, outcome.truncated) == (503, b"\x00later\xff", False)
    assert [value for name, value in outcome.headers if name == "X-A"] == ["1", "2"]
    assert ("Retry-After", "7") in outcome.headers
    assert outcome.address == f"127.0.0.1:{receiver.port}"
    assert outcome.timings.first_byte is not None
    assert 0 < outcome.timings.first_byte <= outcome.timings.total


def test_a_huge_answer_is_read_to_64_kib_and_kept_to_16(receiver: Receiver) -> None:
    receiver.always("/huge", Huge(10_000_000))
    outcome = answer(send_one(job(url=receiver.url("/huge"))))
    assert (outcome.status_code, len(outcome.body), outcome.truncated) == (200, 16 * 1024, True)


@pytest.mark.parametrize(("size", "truncated"), [(16 * 1024, False), (16 * 1024 + 1, True), (64 * 1024, True)])
def test_only_an_answer_longer_than_what_is_kept_is_marked(receiver: Receiver, size: int, truncated: bool) -> None:
    receiver.always("/hook", Answer(200, b"x" * size))
    outcome = answer(send_one(job(url=receiver.url("/hook"))))
    assert (len(outcome.body), outcome.truncated) == (min(size, 16 * 1024), truncated)


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.script("/hook", Redirect(receiver.url("/elsewhere")))
    assert answer(send_one(job(url=receiver.url("/hook")))).status_code == 302
    assert [got.path for got in receiver.requests] == ["/hook"]


@pytest.mark.parametrize(
    ("action", "reason", "words"),
    [
        (Reset(), Reason.CONNECTION_LOST, "closed the connection"),
        (CloseSilently(), Reason.CONNECTION_LOST, "closed the connection"),
        (ResetMidAnswer(), Reason.CONNECTION_LOST, "had begun with status 200"),
        (Garbage(), Reason.INVALID_ANSWER, "not HTTP"),
        (Hang(), Reason.REQUEST_TIMEOUT, "No answer within 0.3 s"),
        (Drip(interval=0.05), Reason.REQUEST_TIMEOUT, "Status 200"),
        (DripHead(interval=0.05), Reason.REQUEST_TIMEOUT, "within 0.3 s"),
    ],
)
def test_a_receiver_that_misbehaves_is_named(receiver: Receiver, action: Any, reason: Reason, words: str) -> None:
    receiver.always("/hook", action)
    got, detail = fault(send_one(job(url=receiver.url("/hook"))))
    assert got is reason
    assert words in detail


def test_an_attempt_ends_when_its_time_is_over_however_the_answer_drips(receiver: Receiver) -> None:
    receiver.always("/hook", Drip(interval=0.05))
    started = time.monotonic()
    send_one(job(url=receiver.url("/hook")))
    assert time.monotonic() - started < 1.0


def test_nobody_listening_is_named() -> None:
    reason, detail = fault(send_one(job(url=f"http://127.0.0.1:{free_port()}/")))
    assert (reason, "Connection refused" in detail) == (Reason.COULD_NOT_CONNECT, True)


def test_a_name_that_does_not_resolve_is_named() -> None:
    reason, detail = fault(send_one(job(url="http://nowhere.invalid/"), limits=Limits()))
    assert (reason, "nowhere.invalid" in detail) == (Reason.NAME_NOT_RESOLVED, True)


def test_a_timeout_on_a_kept_connection_is_the_receivers_not_the_names(receiver: Receiver) -> None:
    receiver.script("/hook", 200, Hang())
    with network() as opened:
        send(opened, job(1, url=receiver.url("/hook")))
        assert fault(send(opened, job(2, url=receiver.url("/hook")))[2])[0] is Reason.REQUEST_TIMEOUT


def test_a_port_that_takes_no_connection_is_named() -> None:
    with socket.socket() as full, ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        reason, detail = fault(send_one(job(url=f"http://127.0.0.1:{full.getsockname()[1]}/")))
    assert (reason, "No connection within 0.3 s" in detail) == (Reason.COULD_NOT_CONNECT, True)


def test_a_certificate_nobody_vouches_for_is_a_tls_error_and_a_ca_file_cures_it() -> None:
    with Receiver(tls=True) as receiver:
        one = job(url=receiver.url("/hook"))
        reason, detail = fault(send_one(one, limits=Limits()))
        assert (reason, "certificate" in detail) == (Reason.TLS_ERROR, True)
        outcome = answer(send_one(one, limits=Limits(), ca_file=Path(receiver.certificate)))
        assert outcome.timings.tls is not None
        assert outcome.timings.tls > 0


def test_tls_where_plain_http_is_spoken_is_named(receiver: Receiver) -> None:
    url = receiver.url("/").replace("http:", "https:")
    reason, detail = fault(send_one(job(url=url)))
    assert (reason, "Does the receiver speak https" in detail) == (Reason.TLS_ERROR, True)


def test_a_private_address_is_refused_where_the_socket_opens(receiver: Receiver) -> None:
    closed = AddressPolicy(allow_private_networks=False)
    for host in ("127.0.0.1", "localhost", "2130706433"):
        url = f"http://{host}:{receiver.port}/hook"
        reason, detail = fault(send_one(job(url=url), policy=closed, limits=Limits()))
        assert (reason, "not a public address" in detail) == (Reason.REFUSED_ADDRESS, True)
    assert receiver.connections == 0


def test_a_url_that_libcurl_cannot_read_fails_without_harm() -> None:
    outcome = send_one(job(url="http://[::zz]/"))
    assert fault(outcome)[0] is Reason.INVALID_URL
    assert outcome.request_headers == ()


def test_many_fly_side_by_side_and_the_slow_ones_hold_up_nobody(receiver: Receiver) -> None:
    receiver.always("/slow", Hang())
    with network() as opened:
        slow = [job(number, url=receiver.url("/slow")) for number in range(1, 6)]
        quick = [job(number, url=receiver.url("/quick")) for number in range(6, 106)]
        for one in slow + quick:
            opened.start(one)
        done: list[int] = []
        deadline = time.monotonic() + 2
        while len(done) < 105 and time.monotonic() < deadline:
            done += [finished.delivery_id for finished, _ in opened.poll(0.05)]
        assert sorted(done) == list(range(1, 106))
        assert set(done[-5:]) == {1, 2, 3, 4, 5}


def test_connections_are_kept_for_the_next_request(receiver: Receiver) -> None:
    with network() as opened:
        for number in range(5):
            send(opened, job(number, url=receiver.url("/hook")))
    assert receiver.connections == 1


def test_a_connection_that_dies_is_one_attempt_and_never_sent_again_in_silence(receiver: Receiver) -> None:
    receiver.script("/hook", 200, CloseSilently())
    with network() as opened:
        send(opened, job(1, url=receiver.url("/hook")))
        reason, _ = fault(send(opened, job(2, url=receiver.url("/hook")))[2])
        assert reason is Reason.CONNECTION_LOST
        assert answer(send(opened, job(3, url=receiver.url("/hook")))[3]).status_code == 200
    assert [got.key for got in receiver.requests] == [f"{number:032x}" for number in (1, 2, 3)]


def test_another_thread_can_end_a_poll(receiver: Receiver) -> None:
    with network() as opened:
        opened.wake()
        started = time.monotonic()
        assert opened.poll(5) == []
        assert time.monotonic() - started < 1


def test_what_is_in_flight_when_the_network_closes_is_dropped(receiver: Receiver) -> None:
    receiver.always("/hook", Delay(0.2, then=200))
    with network() as opened:
        opened.start(job(url=receiver.url("/hook")))
        while not receiver.requests:
            assert opened.poll(0.05) == []


def test_proxies_of_the_environment_are_passed_by(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    assert answer(send_one(job(url=receiver.url("/hook")))).status_code == 200
