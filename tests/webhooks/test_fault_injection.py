"""What injected faults do to bytes, and how their attempts are judged."""

import json
from functools import partial

import pycurl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maac_contract import contract
from maac_contract.fault_kinds import KINDS, FaultKind
from maac_contract.samples import sample
from tests.webhooks.jobs import answered, job, unanswered
from webhooks.engine.fault_injection import altered, applied_to_outcome, bytes_sent, dropped_at, merged_copies
from webhooks.engine.job import FaultSpec, Job, Outcome, Reason
from webhooks.engine.lifecycle import Move, Verdict, judge
from webhooks.engine.throttled_body import PIECES, ThrottledBody, throttled_body

BODIES = {
    topic: contract.serialise(
        timestamp="2026-03-01T00:00:05.000000+08:00", topic=topic, data=sample(topic, seed=1)
    ).encode()
    for topic in contract.TOPICS
}


def verdict(outcome: Outcome, tries: int = 1) -> Verdict:
    return judge(outcome, tries=tries, waits=(1.0,))


def with_fault(kind: FaultKind, **options: object) -> tuple[Job, FaultSpec]:
    fault = FaultSpec(1, kind, **options)  # type: ignore[arg-type]
    return job(body=BODIES["prize.points_added"], fault=fault), fault


@pytest.mark.parametrize("topic", BODIES)
@given(seed=st.text(max_size=5))
def test_a_flipped_byte_leaves_json_with_other_data_whatever_the_seed(topic: str, seed: str) -> None:
    faulted = job(body=BODIES[topic], fault=FaultSpec(1, FaultKind.FLIP_BYTE, seed=seed))
    sent = bytes_sent(faulted)
    assert sent is not None
    was, now = json.loads(BODIES[topic]), json.loads(sent)
    assert now["data"] != was["data"]
    assert {**now, "data": None} == {**was, "data": None}
    assert sum(a != b for a, b in zip(BODIES[topic], sent, strict=True)) == 1


def test_a_body_without_a_digit_is_flipped_in_its_middle() -> None:
    faulted = job(body=b"abcde", fault=FaultSpec(1, FaultKind.FLIP_BYTE))
    assert bytes_sent(faulted) == b"abbde"


def test_a_stale_timestamp_is_older_across_midnight_and_all_else_stays() -> None:
    faulted, fault = with_fault(FaultKind.STALE_TIMESTAMP, seconds=10.5)
    signed, sent = altered(faulted, fault)
    assert signed.body == sent == bytes_sent(faulted)
    assert sent == faulted.body.replace(b"2026-03-01T00:00:05.000000+08:00", b"2026-02-28T23:59:54.500000+08:00")


def test_only_the_secret_is_another_where_only_the_signature_is_to_be() -> None:
    faulted, fault = with_fault(FaultKind.PREVIOUS_SECRET, previous_secret="old")
    assert altered(faulted, fault) == (faulted._replace(secret="old"), faulted.body)
    faulted, fault = with_fault(FaultKind.WRONG_SIGNATURE)
    signed, sent = altered(faulted, fault)
    assert (signed.secret != faulted.secret, sent) == (True, faulted.body)
    assert bytes_sent(faulted) is None
    assert bytes_sent(job()) is None


@pytest.mark.parametrize("kind", sorted(set(FaultKind) - {FaultKind.LOST_ANSWER, FaultKind.DROP_MID_BODY}))
def test_the_other_kinds_leave_the_judgement_alone(kind: FaultKind) -> None:
    faulted, fault = with_fault(kind)
    marked, outcome, judged = applied_to_outcome(faulted, fault, answered(503), verdict)
    assert (marked, outcome, judged) == (faulted, answered(503), verdict(answered(503)))


def test_a_success_that_is_lost_is_tried_again_until_no_try_is_left() -> None:
    faulted, fault = with_fault(FaultKind.LOST_ANSWER)
    for tries, move in ((1, Move.RETRY), (2, Move.FAIL)):
        marked, _, judged = applied_to_outcome(faulted, fault, answered(200), partial(verdict, tries=tries))
        assert (marked, judged.move, judged.reason) == (faulted, move, Reason.CONNECTION_LOST)


def test_a_failure_cannot_be_lost_and_a_race_needs_another_attempt() -> None:
    faulted, fault = with_fault(FaultKind.LOST_ANSWER)
    assert applied_to_outcome(faulted, fault, unanswered(), verdict)[0].fault is None
    faulted, fault = with_fault(FaultKind.PAUSE)
    assert applied_to_outcome(faulted, fault, unanswered(), partial(verdict, tries=2))[0].fault is None
    assert applied_to_outcome(faulted, fault, answered(200), verdict)[0].fault is None


def test_a_drop_that_had_no_connection_to_drop_is_not_reported_as_dropped() -> None:
    faulted, fault = with_fault(FaultKind.DROP_MID_BODY)
    assert applied_to_outcome(faulted, fault, unanswered(Reason.COULD_NOT_CONNECT), verdict)[2].detail == "It was so."
    _, _, lost = applied_to_outcome(faulted, fault, unanswered(), verdict)
    assert lost.detail.startswith("Injected fault: dropped after")


def test_of_two_copies_the_last_answer_counts_and_the_first_is_mentioned() -> None:
    faulted, fault = with_fault(FaultKind.SEND_TWICE)
    whole, outcome = merged_copies(faulted, fault, answered(500), answered(200))
    assert whole.fault
    _, _, judged = applied_to_outcome(whole, whole.fault, outcome, verdict)
    assert (judged.move, judged.detail) == (
        Move.ACCEPT, "Injected fault: sent twice; the copy that finished first ended with status 500.",
    )  # fmt: skip


def test_every_kind_has_three_texts() -> None:
    assert list(KINDS) == list(FaultKind)
    for about in KINDS.values():
        assert about.description.endswith(".")
        assert about.done.endswith(".")
        assert not about.title.endswith(".")


# How a body is fed to libcurl


def read_all(fed: ThrottledBody, clock: list[float], size: int) -> tuple[bytes, int | None]:
    """What comes as time goes by, and what it ended with in place of bytes."""
    taken = b""
    for _ in range(10_000):
        got = fed.read(size)
        if isinstance(got, bytes):
            taken += got
            if len(taken) == 1000:
                return taken, None
        elif got == pycurl.READFUNC_PAUSE:
            assert not fed.is_ready
            while not fed.is_ready:
                clock[0] += 0.01
        else:
            return taken, got
    raise AssertionError("it never ends")


@pytest.mark.parametrize("size", [7, 16_384])
def test_a_body_drips_whole_in_its_time(size: int) -> None:
    clock = [5.0]
    body = bytes(range(250)) * 4
    whole = throttled_body(FaultSpec(1, FaultKind.DRIP_BODY, seconds=2.0), body)
    timed = ThrottledBody(whole._pieces, clock=lambda: clock[0])
    assert read_all(timed, clock, size) == (body, None)
    assert clock[0] == pytest.approx(7.0, abs=0.02)
    assert len(throttled_body(FaultSpec(1, FaultKind.DRIP_BODY, seconds=2.0), body)._pieces) == PIECES


def test_a_body_of_one_byte_drips_at_once() -> None:
    assert list(throttled_body(FaultSpec(1, FaultKind.DRIP_BODY, seconds=2.0), b"x")._pieces) == [(0.0, b"x")]


def test_a_dropped_body_ends_in_its_middle() -> None:
    clock = [0.0]
    fed = ThrottledBody(
        throttled_body(FaultSpec(1, FaultKind.DROP_MID_BODY), b"0123456789")._pieces, clock=lambda: clock[0]
    )
    assert read_all(fed, clock, 100) == (b"01234", pycurl.READFUNC_ABORT)
    assert dropped_at(b"0123456789") == 5
