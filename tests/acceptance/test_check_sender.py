"""What the check sends and makes of odd answers, on real sockets."""

import time
from collections.abc import Iterator

import pytest

from receiver_check.sender import RunTime, Sender, target
from receiver_check.verdicts import Message
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

BODY = b'{"a": "\\u6625", "b": 65.0}'
MESSAGE = Message("POST", (("x-LOWER", "1"), ("X-Upper", "2"), ("CrescLab-Signature", "ab")), BODY)


def sender(receiver: Receiver, **options: object) -> Sender:
    return Sender(target(receiver.url("/hook?x=1")), timeout=1, connect_timeout=1)


def test_bytes_and_header_lines_arrive_as_they_are(receiver: Receiver) -> None:
    assert sender(receiver).send(MESSAGE).status == 200
    (got,) = receiver.wait_for(1)
    assert got.body == BODY
    assert got.path == "/hook?x=1"
    assert got.headers == [
        ("Host", f"127.0.0.1:{receiver.port}"),
        *MESSAGE.headers,
        ("Content-Length", str(len(BODY))),
    ]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (Hang(), "nothing complete within 1 s"),
        (Drip(), "nothing complete within 1 s"),
        (DripHead(), "nothing complete within 1 s"),
        (Reset(), "closed before an answer"),
        (ResetMidAnswer(), "closed before an answer"),
        (CloseSilently(), "closed before an answer"),
        (Garbage(), "not HTTP"),
    ],
)
def test_no_answer_is_reported_in_words_and_in_time(receiver: Receiver, action: Action, words: str) -> None:
    receiver.script("/hook", action)
    began = time.monotonic()
    answer = sender(receiver).send(MESSAGE)
    assert answer.status is None
    assert words in str(answer)
    assert time.monotonic() - began < 2


def test_a_redirect_is_not_followed_and_a_huge_answer_not_read(receiver: Receiver) -> None:
    receiver.script("/hook", Redirect("/elsewhere"), Huge(), Answer(204), Answer(503, b"busy"))
    answers = [sender(receiver).send(MESSAGE) for _ in range(4)]
    assert [answer.status for answer in answers] == [302, 200, 204, 503]
    assert len(answers[1].body) == 64 * 1024
    assert answers[3].body == b"busy"
    assert {got.path for got in receiver.requests} == {"/hook?x=1"}


def test_a_connection_is_kept_and_replaced_when_the_receiver_closes_it(receiver: Receiver) -> None:
    assert [a.status for a in sender(receiver).send_over_one_connection([MESSAGE] * 3)] == [200] * 3
    assert receiver.connections == 1
    receiver.script("/hook", Answer(401, headers=(("Connection", "close"),)), 200)
    assert [a.status for a in sender(receiver).send_over_one_connection([MESSAGE] * 2)] == [401, 200]


@pytest.fixture
def tls_receiver() -> Iterator[Receiver]:
    with Receiver(tls=True) as running:
        yield running


def test_tls_is_verified_unless_told_otherwise(tls_receiver: Receiver) -> None:
    url = tls_receiver.url("/hook")
    strict, trusting, blind = (
        Sender(to, timeout=3, connect_timeout=3)
        for to in (target(url), target(url, ca_file=str(tls_receiver.certificate)), target(url, verify_tls=False))
    )
    assert "TLS failed: CERTIFICATE_VERIFY_FAILED" in str(strict.send(MESSAGE))
    assert "TLS failed" in str(strict.connect())
    assert trusting.send(MESSAGE).status == 200
    assert blind.send(MESSAGE).status == 200


def test_nothing_is_sent_after_the_end_and_what_is_under_way_is_cut_off(receiver: Receiver) -> None:
    receiver.always("/hook", Hang())
    to, began = target(receiver.url("/hook")), time.monotonic()
    limited = Sender(to, timeout=10, connect_timeout=1, run_time=RunTime(0.3))
    assert limited.send(MESSAGE).status is None
    assert "time of the whole run" in str(limited.send(MESSAGE))
    assert time.monotonic() - began < 2
    assert len(receiver.requests) == 1


def test_a_name_that_does_not_exist_is_reported() -> None:
    gone = Sender(target("http://receiver.invalid/"), timeout=5, connect_timeout=5)
    assert "receiver.invalid could not be resolved" in str(gone.send(MESSAGE))


def test_an_address_that_may_not_be_reached_gets_no_connection(receiver: Receiver) -> None:
    asked: list[str] = []

    def may_reach(address: str) -> bool:
        asked.append(address)
        return False

    closed = Sender(target(receiver.url("/hook")), timeout=1, connect_timeout=1, may_reach=may_reach)
    for answer in (closed.connect(), closed.send(MESSAGE), *closed.send_over_one_connection([MESSAGE])):
        assert str(answer) == "the address 127.0.0.1 may not be reached from here"
    assert closed.abandon(MESSAGE, 0).fault
    assert set(asked) == {"127.0.0.1"}
    assert receiver.connections == 0


def test_of_several_addresses_one_that_may_be_reached_is_taken(receiver: Receiver) -> None:
    by_name = target(f"http://localhost:{receiver.port}/hook")
    only_v4 = Sender(by_name, timeout=1, connect_timeout=1, may_reach=lambda address: address == "127.0.0.1")
    assert only_v4.send(MESSAGE).status == 200


def test_another_host_header_is_sent_where_it_is_asked_for(receiver: Receiver) -> None:
    to = target(receiver.url("/hook"), host_header="crm.example.com:8443")
    assert Sender(to, timeout=1, connect_timeout=1).send(MESSAGE).status == 200
    assert receiver.requests[0].header("Host") == "crm.example.com:8443"


def test_an_answer_that_is_shorter_than_it_announces_is_none(receiver: Receiver) -> None:
    receiver.script("/hook", Answer(200, b"four", headers=(("Content-Length", "9"), ("Connection", "close"))))
    answer = sender(receiver).send(MESSAGE)
    assert (answer.status, str(answer)) == (None, "the connection was closed before an answer was complete")


def test_the_time_of_a_run_grows_by_the_answers_and_not_by_what_is_not_answered(receiver: Receiver) -> None:
    receiver.script("/hook", Delay(0.4), Delay(0.4), Hang())
    run_time = RunTime(0.5, grows=True)
    patient = Sender(target(receiver.url("/hook")), timeout=2, connect_timeout=1, run_time=run_time)
    assert [patient.send(MESSAGE).status for _ in range(2)] == [200, 200]
    assert 0.2 < run_time.left <= 0.5
    assert "time of the whole run" in str(patient.send(MESSAGE))
    assert run_time.left == 0


def test_ten_at_once_arrive_over_ten_connections(receiver: Receiver) -> None:
    assert [answer.status for answer in sender(receiver).send_at_once([MESSAGE] * 10)] == [200] * 10
    assert receiver.connections == 10


def test_a_share_of_a_body_is_sent_and_the_connection_left(receiver: Receiver) -> None:
    assert sender(receiver).abandon(MESSAGE, 0, share=0.5).fault is None
    assert sender(receiver).send(MESSAGE).status == 200
    assert [got.body for got in receiver.requests] == [BODY]
