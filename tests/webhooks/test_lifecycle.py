"""The delivery's states and the judgement after an attempt, without any I/O."""

import pytest

from tests.webhooks.jobs import answered, unanswered
from webhooks.engine.job import Reason
from webhooks.engine.lifecycle import DONE, FINAL_REASONS, MOVES, Move, Status, Verdict, judge

WAITS = (1.0, 2.0, 4.0)


def test_200_is_delivered() -> None:
    assert judge(answered(200), tries=1, waits=WAITS) == Verdict(Move.ACCEPT, Reason.OK, "")


@pytest.mark.parametrize("status", [201, 202, 204, 299])
def test_another_2xx_is_delivered_with_a_remark_or_fails_where_a_setting_says_so(status: int) -> None:
    verdict = judge(answered(status), tries=1, waits=WAITS)
    assert verdict.status is Status.DELIVERED
    assert "MAAC asks for 200" in verdict.detail
    assert judge(answered(status), tries=1, waits=WAITS, any_2xx=False).status is Status.FAILED


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 599])
def test_a_retried_status_waits_1_2_4_seconds_and_then_fails(status: int) -> None:
    verdicts = [judge(answered(status), tries=tries, waits=WAITS) for tries in (1, 2, 3, 4)]
    assert [verdict.retry_in for verdict in verdicts] == [1.0, 2.0, 4.0, None]
    assert [verdict.status for verdict in verdicts] == [Status.PENDING] * 3 + [Status.FAILED]


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308, 400, 401, 403, 404, 405, 410, 413, 422, 451, 600, 999])
def test_every_other_status_fails_at_once(status: int) -> None:
    verdict = judge(answered(status), tries=1, waits=WAITS)
    assert (verdict.status, verdict.reason, verdict.retry_in) == (Status.FAILED, Reason.ERROR_STATUS_CODE, None)
    assert str(status) in verdict.detail


def test_a_redirect_says_what_to_do() -> None:
    assert "Set the URL to the final address" in judge(answered(302), tries=1, waits=WAITS).detail


@pytest.mark.parametrize("reason", [r for r in Reason if r not in (Reason.OK, Reason.ERROR_STATUS_CODE)])
def test_no_answer_is_retried_unless_the_address_itself_is_at_fault(reason: Reason) -> None:
    verdict = judge(unanswered(reason), tries=1, waits=WAITS)
    assert verdict.move is (Move.FAIL if reason in FINAL_REASONS else Move.RETRY)
    assert (verdict.reason, verdict.detail) == (reason, "It was so.")


def test_without_waits_there_is_one_attempt() -> None:
    assert judge(unanswered(), tries=1, waits=()).status is Status.FAILED


def test_every_state_but_pending_is_done_and_can_be_redelivered() -> None:
    assert {Status.PENDING, *DONE} == set(Status)
    for status in Status:
        assert MOVES.get((status, Move.REDELIVER)) == (Status.PENDING if status in DONE else None)


def test_only_a_pending_delivery_can_be_judged_or_skipped() -> None:
    assert {status for status, move in MOVES if move is not Move.REDELIVER} == {Status.PENDING}
    assert all(MOVES.get((Status.PENDING, move)) for move in Move if move is not Move.REDELIVER)


def test_every_state_can_be_reached_from_pending() -> None:
    reached = {Status.PENDING}
    for _ in Status:
        reached |= {end for (start, _move), end in MOVES.items() if start in reached}
    assert reached == set(Status)
