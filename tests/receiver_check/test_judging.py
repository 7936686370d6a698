"""Answers are judged as the delivery engine judges them, and the advice follows from the answer."""

import pytest

from maac_contract.protocol import RETRY_WAITS
from receiver_check import judging
from receiver_check.sender import CLOSED, TOO_LATE
from receiver_check.verdicts import Answer, Exchange, Message, Sentence, Verdict
from webhooks.engine.job import Answered, Timings
from webhooks.engine.lifecycle import Status, judge

MESSAGE = Message("POST", (), b"")


def exchange(status: int | None, fault: str = "", label: str = "x", **values: object) -> Exchange:
    return Exchange(label, MESSAGE, Answer(status, 0.1, Sentence(fault, values) if fault else None))


@pytest.mark.parametrize("any_2xx", [True, False])
@pytest.mark.parametrize("status", range(200, 600))
def test_the_check_accepts_what_the_engine_delivers(status: int, any_2xx: bool) -> None:
    outcome = Answered(0.0, Timings(1.0), "127.0.0.1:9000", (), status, (), b"", False)
    is_delivered = judge(outcome, tries=4, waits=RETRY_WAITS, any_2xx=any_2xx).status is Status.DELIVERED
    verdict = judging.accepted(exchange(status), any_2xx=any_2xx).verdict
    assert (verdict is not Verdict.FAILED) == is_delivered
    assert (verdict is Verdict.PASSED) == (status == 200)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (401, Verdict.PASSED),
        (403, Verdict.PASSED),
        (400, Verdict.PASSED),
        (200, Verdict.FAILED),
        (204, Verdict.FAILED),
        (302, Verdict.FAILED),
        (408, Verdict.FAILED),
        (429, Verdict.FAILED),
        (500, Verdict.FAILED),
        (503, Verdict.FAILED),
    ],
)
def test_a_refusal_is_a_client_error_that_is_not_retried(status: int, verdict: Verdict) -> None:
    assert judging.refused(exchange(status)).verdict is verdict


def test_each_wrong_refusal_has_a_reason_and_advice_of_its_own() -> None:
    judgements = [judging.refused(exchange(status)) for status in (204, 302, 500, 503)]
    judgements.append(judging.refused(exchange(None, CLOSED)))
    assert len({judgement.seen.text for judgement in judgements}) == 5
    assert len({judgement.fix for judgement in judgements}) == 5


def test_503_is_a_refusal_only_while_the_secret_is_changed() -> None:
    assert judging.refused(exchange(503), rotating=True).verdict is Verdict.PASSED
    assert judging.refused(exchange(500), rotating=True).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (exchange(415), "media type"),
        (exchange(301), "final URL"),
        (exchange(403), "CSRF"),
        (exchange(404), "this path"),
        (exchange(405), "POST"),
        (exchange(413), "body limit"),
        (exchange(429), "rate limit"),
        (exchange(500), "exception in its log"),
        (exchange(502), "proxy"),
        (exchange(204), "exactly 200"),
        (exchange(None, CLOSED), "process or its thread died"),
        (exchange(None, TOO_LATE, seconds=10.0), "queue"),
    ],
)
def test_the_advice_for_an_ordinary_event_follows_from_its_answer(answer: Exchange, words: str) -> None:
    assert words in judging.accepted(answer, ordinary=True).fix


def test_of_several_answers_the_worst_is_named_with_its_label() -> None:
    judgement = judging.accepted(exchange(200), exchange(204, label="second"), exchange(500, label="third"))
    assert judgement.verdict is Verdict.FAILED
    assert str(judgement.seen) == "1 of 3 failed. The first, third: Answered with 500 in place of 200."
