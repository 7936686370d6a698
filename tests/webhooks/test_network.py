"""The network against a real receiver that answers well, badly, or not at all."""

import io
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from contextlib import closing as closing_server
from pathlib import Path
from typing import Any

import pycurl
import pytest

from maac_contract.fault_kinds import FaultKind
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
from tests.webhooks.jobs import job
from webhooks.engine.addresses import AddressPolicy
from webhooks.engine.exchange import Exchange, Limits
from webhooks.engine.job import Answered, FaultSpec, Job, Outcome, Reason, Unanswered
from webhooks.engine.lifecycle import Move, judge
from webhooks.engine.network import Network

SHORT = Limits(connect_timeout=0.3, attempt_timeout=0.3)


@contextmanager
def network(kind: type[Network] = Network, **options: Any) -> Iterator[Network]:
    opened = kind(user_agent="maac-sim/test", **{"limits": SHORT, **options})
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


def collect(opened: Network, timeout: float = 3) -> list[tuple[Job, Outcome]]:
    """What comes back first."""
    deadline = time.monotonic() + timeout
    finished: list[tuple[Job, Outcome]] = []
    while not finished and time.monotonic() < deadline:
        finished = opened.poll(0.05)
    return finished


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


def test_a_name_server_that_does_not_answer_is_named() -> None:
    exchange = Exchange(SHORT, "maac-sim/test", None)
    exchange.begin(job(url="http://crm.example/"), now=0.0)
    reason, detail = fault(exchange.outcome(pycurl.E_OPERATION_TIMEDOUT, "Resolving timed out"))
    assert (reason, "within 0.3 s" in detail) == (Reason.NAME_NOT_RESOLVED, True)


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


def test_a_private_address_is_refused_before_anything_is_sent(receiver: Receiver) -> None:
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
        url = f"http://{host}:{receiver.port}/hook"
        outcome = send_one(job(url=url), policy=CLOSED, limits=Limits())
        reason, detail = fault(outcome)
        assert (reason, "not a public address" in detail) == (Reason.REFUSED_ADDRESS, True)
        assert (outcome.address, outcome.request_headers, outcome.timings.total) == ("", (), 0)
    assert receiver.connections == 0


def test_where_https_is_required_nothing_goes_to_an_http_endpoint_of_old(receiver: Receiver) -> None:
    reason, detail = fault(send_one(job(url=receiver.url("/hook")), policy=AddressPolicy(require_https=True)))
    assert (reason, "https://" in detail) == (Reason.REFUSED_ADDRESS, True)
    assert receiver.connections == 0


def test_a_url_that_cannot_be_read_fails_without_harm(receiver: Receiver) -> None:
    with network() as opened:
        outcomes = send(opened, job(1, url="http://[::zz]/"), job(2, url=receiver.url("/hook")))
    assert fault(outcomes[1])[0] is Reason.INVALID_URL
    assert outcomes[1].request_headers == ()
    assert answer(outcomes[2]).status_code == 200


def test_a_request_that_cannot_be_built_fails_without_harm(receiver: Receiver) -> None:
    with network() as opened:
        odd = job(1, url=receiver.url("/hook"), host_override="日本語.example")
        outcomes = send(opened, odd, job(2, url=receiver.url("/hook")))
    assert fault(outcomes[1])[0] is Reason.INVALID_URL
    assert outcomes[1].request_headers == ()
    assert answer(outcomes[2]).status_code == 200
    assert len(receiver.requests) == 1


def test_nothing_goes_out_for_a_secret_that_cannot_be_read(receiver: Receiver) -> None:
    reason, detail = fault(send_one(job(url=receiver.url("/hook"), secret=None)))
    assert (reason, "MAAC_SIM_ENCRYPTION_KEYS" in detail) == (Reason.UNCLASSIFIED, True)
    assert receiver.connections == 0


# Addresses that names turn out to have


class Names(Network):
    """A network whose names resolve as the test says, in place of DNS."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.lines: list[str] = []

    def point(self, receiver: Receiver, *addresses: str) -> str:
        """Let crm.example have these addresses from now on; the URL that leads to the receiver's port there."""
        name = f"crm.example:{receiver.port}"
        self.lines = [f"-{name}", f"{name}:{','.join(addresses)}"]
        return f"http://{name}/hook"

    def start(self, job: Job) -> None:
        if not self._idle:
            self._idle.append(self._new_exchange())
        self._idle[-1].handle.setopt(pycurl.RESOLVE, self.lines)
        super().start(job)


class OnlyLoopbackOne(AddressPolicy):
    """Takes 127.0.0.1, where the receiver listens, for a public address, and judges every other as always."""

    def refusal(self, address: str) -> str | None:
        return None if address == "127.0.0.1" else super().refusal(address)


CLOSED = AddressPolicy(allow_private_networks=False)
ALMOST_CLOSED = OnlyLoopbackOne(allow_private_networks=False)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"]
)
def test_a_public_name_with_a_private_address_is_refused_where_the_socket_opens(
    address: str, receiver: Receiver
) -> None:
    with network(Names, policy=CLOSED) as opened:
        assert isinstance(opened, Names)
        url = opened.point(receiver, address)
        CLOSED.check_url(url)
        reason, detail = fault(send(opened, job(url=url))[1])
    assert (reason, "not a public address" in detail) == (Reason.REFUSED_ADDRESS, True)
    assert receiver.connections == 0


def test_a_name_that_changes_its_address_after_the_check_is_refused(receiver: Receiver) -> None:
    receiver.always("/hook", Answer(200, headers=(("Connection", "close"),)))
    with network(Names, policy=ALMOST_CLOSED) as opened:
        assert isinstance(opened, Names)
        url = opened.point(receiver, "127.0.0.1")
        assert answer(send(opened, job(1, url=url))[1]).status_code == 200
        opened.point(receiver, "127.0.0.2")
        reason, detail = fault(send(opened, job(2, url=url))[2])
        assert (reason, "127.0.0.2 is not a public address" in detail) == (Reason.REFUSED_ADDRESS, True)
        opened.point(receiver, "127.0.0.1")
        assert answer(send(opened, job(3, url=url))[3]).status_code == 200
    assert [got.key for got in receiver.requests] == [f"{number:032x}" for number in (1, 3)]


def test_a_kept_connection_leads_only_where_it_was_checked_to_lead(receiver: Receiver) -> None:
    with network(Names, policy=ALMOST_CLOSED) as opened:
        assert isinstance(opened, Names)
        url = opened.point(receiver, "127.0.0.1")
        send(opened, job(1, url=url))
        opened.point(receiver, "127.0.0.2")
        kept = answer(send(opened, job(2, url=url))[2])
        assert kept.address == f"127.0.0.1:{receiver.port}"
        by_address = job(3, url=f"http://127.0.0.2:{receiver.port}/hook")
        assert fault(send(opened, by_address)[3])[0] is Reason.REFUSED_ADDRESS
        receiver.script("/hook", CloseSilently())
        send(opened, job(4, url=url))
        assert fault(send(opened, job(5, url=url))[5])[0] is Reason.REFUSED_ADDRESS
    assert receiver.connections == 1


@pytest.mark.parametrize("addresses", [("10.0.0.1", "127.0.0.1"), ("127.0.0.1", "10.0.0.1"), ("[::1]", "127.0.0.1")])
def test_of_several_addresses_one_that_is_allowed_is_reached(addresses: tuple[str, ...], receiver: Receiver) -> None:
    with network(Names, policy=ALMOST_CLOSED) as opened:
        assert isinstance(opened, Names)
        url = opened.point(receiver, *addresses)
        outcome = answer(send(opened, job(url=url))[1])
    assert (outcome.status_code, outcome.address) == (200, f"127.0.0.1:{receiver.port}")


def test_a_fault_of_the_address_that_is_allowed_is_not_called_a_refusal(receiver: Receiver) -> None:
    receiver.close()
    with network(Names, policy=ALMOST_CLOSED) as opened:
        assert isinstance(opened, Names)
        url = opened.point(receiver, "127.0.0.1", "10.0.0.1")
        assert fault(send(opened, job(url=url))[1])[0] is Reason.COULD_NOT_CONNECT


def test_sockets_that_were_checked_are_closed_like_all_others(receiver: Receiver) -> None:
    receiver.always("/hook", Answer(200, headers=(("Connection", "close"),)))
    before = len(list(Path("/dev/fd").iterdir()))
    with network(policy=ALMOST_CLOSED) as opened:
        for number in range(20):
            send(opened, job(number, url=receiver.url("/hook")))
    assert len(list(Path("/dev/fd").iterdir())) < before + 10


def test_a_refused_address_ends_the_delivery_at_once(receiver: Receiver) -> None:
    outcome = send_one(job(url=receiver.url("/hook")), policy=CLOSED)
    verdict = judge(outcome, tries=1, waits=(1.0, 2.0, 4.0))
    assert (verdict.move, verdict.retry_in) == (Move.FAIL, None)


# An endpoint's own options


def test_a_host_of_its_own_and_extra_headers_arrive_as_they_are_logged(receiver: Receiver) -> None:
    added = (("X-B", "2"), ("X-A", "1"), ("Accept", "text/plain"), ("Cookie", "a=1"), ("Authorization", "Bearer x"))
    one = job(url=receiver.url("/hook"), host_override="CRM.example:8443", extra_headers=added)
    outcome = send_one(one)
    (got,) = receiver.requests
    assert list(outcome.request_headers) == got.headers
    assert got.headers[0] == ("Host", "CRM.example:8443")
    assert [header for header in got.headers if header in added] == list(added)
    assert [name for name, _ in got.headers[:5]] == [
        "Host",
        "User-Agent",
        "Content-Type",
        "CrescLab-Idempotency-Key",
        "CrescLab-Signature",
    ]
    assert got.verifies("s3cret")


@pytest.mark.parametrize("host", ["localhost", "2130706433", "127.1", "LOCALHOST", "localhost."])
def test_whatever_the_host_the_headers_that_are_logged_are_those_that_arrive(host: str, receiver: Receiver) -> None:
    outcome = send_one(job(url=f"http://{host}:{receiver.port}/hook"))
    assert list(outcome.request_headers) == receiver.requests[0].headers


def test_one_endpoints_options_do_not_stay_for_the_next(receiver: Receiver) -> None:
    with network() as opened:
        odd = job(1, url=receiver.url("/hook"), host_override="crm.example", extra_headers=(("X-A", "1"),))
        send(opened, odd)
        send(opened, job(2, url=receiver.url("/hook")))
    got = receiver.requests[1]
    assert (got.header("Host"), got.header("X-A")) == (f"127.0.0.1:{receiver.port}", None)
    assert receiver.connections == 1


def test_without_tls_verification_any_certificate_is_taken() -> None:
    with Receiver(tls=True) as receiver:
        one = job(url=receiver.url("/hook"), verify_tls=False)
        outcome = answer(send_one(one, limits=Limits()))
        assert outcome.status_code == 200
        assert list(outcome.request_headers) == receiver.requests[0].headers


@pytest.mark.parametrize("keep", [True, False], ids=["connection kept", "connection closed, session kept"])
def test_a_verified_job_never_rides_on_what_an_unverified_one_left(keep: bool) -> None:
    with Receiver(tls=True) as receiver, network(limits=Limits()) as opened:
        receiver.always("/hook", Answer(200, headers=() if keep else (("Connection", "close"),)))
        verified = job(url=receiver.url("/hook"))
        for number in range(1, 9, 2):
            loose = verified._replace(delivery_id=number, verify_tls=False)
            assert answer(send(opened, loose)[number]).status_code == 200
            strict = verified._replace(delivery_id=number + 1)
            assert fault(send(opened, strict)[number + 1])[0] is Reason.TLS_ERROR
        assert len(receiver.requests) == 4


def test_verified_and_unverified_jobs_each_keep_a_connection_of_their_own() -> None:
    with Receiver(tls=True) as receiver:
        with network(limits=Limits(), ca_file=Path(receiver.certificate)) as opened:
            for number in range(6):
                one = job(number, url=receiver.url("/hook"), verify_tls=number % 2 == 0)
                assert answer(send(opened, one)[number]).status_code == 200
        assert receiver.connections == 2


def test_a_certificate_for_another_name_is_a_tls_error_whatever_the_host_header_says() -> None:
    with Receiver(tls=True) as receiver, network(Names, limits=Limits(), ca_file=receiver.certificate) as opened:
        assert isinstance(opened, Names)
        url = opened.point(receiver, "127.0.0.1").replace("http:", "https:")
        wrong = job(1, url=url, host_override="localhost")
        assert fault(send(opened, wrong)[1])[0] is Reason.TLS_ERROR
        right = job(2, url=receiver.url("/hook"), host_override="crm.example")
        assert answer(send(opened, right)[2]).status_code == 200


# Side by side


def test_many_fly_side_by_side_and_the_slow_ones_hold_up_nobody(receiver: Receiver) -> None:
    receiver.always("/slow", Hang())
    with network(limits=Limits(connect_timeout=1.0, attempt_timeout=1.0)) as opened:
        slow = [job(number, url=receiver.url("/slow")) for number in range(1, 6)]
        quick = [job(number, url=receiver.url("/quick")) for number in range(6, 106)]
        for one in slow + quick:
            opened.start(one)
        done: list[tuple[int, Outcome]] = []
        deadline = time.monotonic() + 5
        while len(done) < 105 and time.monotonic() < deadline:
            done += [(finished.delivery_id, outcome) for finished, outcome in opened.poll(0.05)]
        assert sorted(number for number, _ in done) == list(range(1, 106))
        assert {number for number, outcome in done if isinstance(outcome, Unanswered)} == {1, 2, 3, 4, 5}


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


# Injected faults


def test_a_copy_is_waited_for_while_others_come_back(receiver: Receiver) -> None:
    receiver.script("/twice", Delay(0.2, then=500), Delay(0.1, then=200))
    twice = job(1, url=receiver.url("/twice"), fault=FaultSpec(1, FaultKind.SEND_TWICE))
    with network(limits=Limits()) as opened:
        opened.start(twice)
        assert list(send(opened, job(2, url=receiver.url("/hook")))) == [2]
        while not (outcomes := opened.poll(0.05)):
            pass
    ((output, outcome),) = outcomes
    assert answer(outcome).status_code == 500
    assert output.claim == twice.claim
    assert output.fault is not None
    assert output.fault.note.endswith("ended with status 200.")


def test_a_fault_does_not_stay_for_the_next(receiver: Receiver) -> None:
    with network() as opened:
        dropped = job(1, url=receiver.url("/hook"), body=b"0123456789", fault=FaultSpec(1, FaultKind.DROP_MID_BODY))
        assert fault(send(opened, dropped)[1])[0] is Reason.CONNECTION_LOST
        assert answer(send(opened, job(2, url=receiver.url("/hook"), body=b"whole"))[2]).status_code == 200
    assert [got.body for got in receiver.requests] == [b"whole"]


def test_a_body_that_drips_holds_up_nobody(receiver: Receiver) -> None:
    slow = job(1, url=receiver.url("/slow"), body=b"x" * 100_000, fault=FaultSpec(1, FaultKind.DRIP_BODY, seconds=0.5))
    with network(limits=Limits()) as opened:
        opened.start(slow)
        started = time.monotonic()
        for number in range(2, 52):
            send(opened, job(number, url=receiver.url("/hook")))
        assert time.monotonic() - started < 0.5
        while not (outcomes := opened.poll(0.05)):
            pass
    assert 0.5 <= time.monotonic() - started < 1.5
    assert [done.delivery_id for done, _ in outcomes] == [1]
    assert receiver.wait_for(51)[-1].body == slow.body
