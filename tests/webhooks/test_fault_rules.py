"""Which attempts a injected fault strikes, and what becomes of those that it holds back."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from maac_contract.fault_kinds import FaultKind
from webhooks.engine.fault_rules import Ruling, Script, rule
from webhooks.engine.job import FaultSpec

TOPIC = "prize.points_added"


def scripted(kind: FaultKind = FaultKind.FLIP_BYTE, **options: object) -> Script:
    return Script(FaultSpec(1, kind, seconds=5.0, seed="a"), **options)  # type: ignore[arg-type]


def first(script: Script, delivery_id: int, topic: str = TOPIC) -> Ruling:
    return rule([script], delivery_id=delivery_id, topic=topic, number=1)


def struck(script: Script, count: int) -> list[int]:
    """Which of so many deliveries were, each settled before the next."""
    return [number for number in range(1, count + 1) if sent(script, number).fault]


def sent(script: Script, delivery_id: int) -> Ruling:
    ruling = first(script, delivery_id)
    if ruling.hold is None:
        script.settle(delivery_id)
    return ruling


def test_it_strikes_once_unless_told_otherwise() -> None:
    assert struck(scripted(), 5) == [1]
    assert struck(scripted(times=3), 5) == [1, 2, 3]
    assert struck(scripted(times=None), 5) == [1, 2, 3, 4, 5]


def test_every_third_of_those_that_fit() -> None:
    script = scripted(topic=TOPIC, attempt=1, every=3, times=2)
    for number in (1, 2):
        assert not first(script, number, topic="message.first_open").fault
        assert not rule([script], delivery_id=number, topic=TOPIC, number=2).fault
    assert struck(script, 12) == [3, 6]
    assert (script.seen, script.hits, script.is_over) == (6, 2, True)


def test_dice_fall_alike_for_one_seed_and_as_often_as_they_should() -> None:
    hits = struck(scripted(times=None, probability=0.25), 2000)
    assert hits == struck(scripted(times=None, probability=0.25), 2000)
    assert 400 < len(hits) < 600
    assert struck(scripted(times=None, probability=0.0), 200) == []


def test_one_that_has_expired_strikes_nothing() -> None:
    script = scripted(is_expired=True, times=None)
    assert struck(script, 3) == []
    assert script.is_over


def test_the_oldest_fault_strikes_and_the_others_count() -> None:
    older, younger = scripted(), scripted(every=2, times=None)
    rulings = [rule([older, younger], delivery_id=number, topic=TOPIC, number=1) for number in (1, 2, 3)]
    assert [ruling.fault is not None for ruling in rulings] == [True, True, False]
    assert (older.hits, younger.hits, younger.seen) == (1, 1, 3)


def test_what_is_delayed_goes_out_marked_when_it_is_due_again() -> None:
    script = scripted(FaultKind.DELAY)
    assert first(script, 7) == Ruling(hold=5.0)
    assert not script.is_over
    assert first(script, 8) == Ruling()
    assert sent(script, 7) == Ruling(script.fault)
    assert script.is_over


def test_a_full_group_leaves_the_last_one_first() -> None:
    script = scripted(FaultKind.REVERSE, count=3)
    assert [first(script, number).hold for number in (1, 2)] == [5.0, 5.0]
    assert sent(script, 3) == Ruling(script.fault)
    assert script.leaving == [1, 2]
    assert [sent(script, number).fault for number in (2, 1)] == [script.fault] * 2
    assert (script.hits, script.is_over) == (1, True)


def test_a_group_whose_time_is_over_leaves_as_it_is() -> None:
    script = scripted(FaultKind.REVERSE, count=9)
    for number in (1, 2):
        first(script, number)
    assert first(script, 1) == Ruling(hold=5.0, wakes=2)
    assert sent(script, 2) == Ruling(script.fault)
    assert sent(script, 1) == Ruling(script.fault)
    assert (script.hits, script.is_over) == (1, True)


def test_one_alone_whose_time_is_over_is_sent() -> None:
    script = scripted(FaultKind.REVERSE, count=2)
    first(script, 1)
    assert first(script, 1) == Ruling(script.fault)


def test_what_was_not_struck_after_all_leaves_the_fault_to_others() -> None:
    script = scripted()
    first(script, 1)
    script.settle(1, was_struck=False)
    assert struck(script, 2) == [1]


def test_an_attempt_that_comes_again_unsettled_is_struck_again_and_counts_once() -> None:
    script = scripted(times=2)
    assert [first(script, 1).fault, sent(script, 1).fault] == [script.fault] * 2
    assert not script.is_over
    assert sent(script, 1).fault  # Its second attempt.
    assert (script.seen, script.hits, script.is_over) == (2, 2, True)


def test_one_that_was_skipped_before_its_attempt_was_made_was_not_struck() -> None:
    script = scripted()
    first(script, 1)
    script.drop_ended(waiting=())
    assert (script.hits, script.is_over) == (0, False)
    assert struck(script, 2) == [1]


def test_what_is_held_and_skipped_is_forgotten() -> None:
    delay, group = scripted(FaultKind.DELAY), scripted(FaultKind.REVERSE, count=3)
    first(delay, 1)
    first(group, 1)
    delay.drop_ended(waiting=())
    group.drop_ended(waiting=())
    assert (delay.hits, delay.is_over) == (1, True)
    assert (group.hits, group.held) == (0, [])


def test_what_was_held_and_comes_again_is_not_held_again() -> None:
    for kind in (FaultKind.DELAY, FaultKind.REVERSE):
        script = scripted(kind, count=2)
        first(script, 1)
        last = 2 if kind is FaultKind.REVERSE else 1
        assert first(script, last).fault
        assert first(script, last) == Ruling(script.fault)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(2, 6), st.integers(1, 40), st.randoms(use_true_random=False))
def test_whatever_comes_due_in_whatever_order_each_is_sent_once(count: int, total: int, random: object) -> None:
    script = scripted(FaultKind.REVERSE, count=count, times=None)
    waiting, arrived = list(range(1, total + 1)), Counter[int]()
    for _ in range(20 * total):
        if not waiting:
            break
        delivery_id = waiting.pop(random.randrange(len(waiting)))  # type: ignore[attr-defined]
        if sent(script, delivery_id).hold is None:
            arrived[delivery_id] += 1
        else:
            waiting.append(delivery_id)
    assert arrived == Counter(range(1, total + 1))
    assert not script.held
    assert not script.leaving
