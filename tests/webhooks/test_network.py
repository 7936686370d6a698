"""The network against a real receiver that answers well, badly, or not at all."""

import socket
import time
from contextlib import ExitStack
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
from tests.webhooks.sending import CLOSED, SHORT, Names, answer, fault, network, send, send_one
from webhooks.engine.addresses import AddressPolicy
from webhooks.engine.exchange import Exchange, Limits
from webhooks.engine.job import FaultSpec, Outcome, Reason, Unanswered


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
