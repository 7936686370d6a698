"""Which attempts an injected fault is applied to, and the order in which held deliveries are sent."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from maac_contract.fault_kinds import FaultKind
from webhooks.engine.fault_rules import FaultDecision, FaultRule, decide
from webhooks.engine.job import FaultSpec

TOPIC = "prize.points_added"


def fault_rule(kind: FaultKind = FaultKind.FLIP_BYTE, **options: object) -> FaultRule:
    return FaultRule(FaultSpec(1, kind, seconds=5.0, seed="a"), **options)  # type: ignore[arg-type]


def first(rule: FaultRule, delivery_id: int, topic: str = TOPIC) -> FaultDecision:
    return decide([rule], delivery_id=delivery_id, topic=topic, number=1)


def hits(rule: FaultRule, count: int) -> list[int]:
    """Numbers of the deliveries to which the fault is applied, each settled before the next."""
    return [number for number in range(1, count + 1) if sent(rule, number).fault]


def sent(rule: FaultRule, delivery_id: int) -> FaultDecision:
    decision = first(rule, delivery_id)
    if decision.hold is None:
        rule.settle(delivery_id)
    return decision


def test_it_is_applied_once_by_default() -> None:
    assert hits(fault_rule(), 5) == [1]
    assert hits(fault_rule(times=3), 5) == [1, 2, 3]
    assert hits(fault_rule(times=None), 5) == [1, 2, 3, 4, 5]


def test_every_third_of_those_that_fit() -> None:
    rule = fault_rule(topic=TOPIC, attempt=1, every=3, times=2)
    for number in (1, 2):
        assert not first(rule, number, topic="message.first_open").fault
        assert not decide([rule], delivery_id=number, topic=TOPIC, number=2).fault
    assert hits(rule, 12) == [3, 6]
    assert (rule.seen, rule.hits, rule.is_over) == (6, 2, True)


def test_dice_fall_alike_for_one_seed_and_as_often_as_they_should() -> None:
    numbers = hits(fault_rule(times=None, probability=0.25), 2000)
    assert numbers == hits(fault_rule(times=None, probability=0.25), 2000)
    assert 400 < len(numbers) < 600
    assert hits(fault_rule(times=None, probability=0.0), 200) == []


def test_one_that_has_expired_is_applied_to_nothing() -> None:
    rule = fault_rule(is_expired=True, times=None)
    assert hits(rule, 3) == []
    assert rule.is_over


def test_the_oldest_fault_strikes_and_the_others_count() -> None:
    older, younger = fault_rule(), fault_rule(every=2, times=None)
    rulings = [decide([older, younger], delivery_id=number, topic=TOPIC, number=1) for number in (1, 2, 3)]
    assert [decision.fault is not None for decision in rulings] == [True, True, False]
    assert (older.hits, younger.hits, younger.seen) == (1, 1, 3)


def test_what_is_delayed_goes_out_marked_when_it_is_due_again() -> None:
    rule = fault_rule(FaultKind.DELAY)
    assert first(rule, 7) == FaultDecision(hold=5.0)
    assert not rule.is_over
    assert first(rule, 8) == FaultDecision()
    assert sent(rule, 7) == FaultDecision(rule.fault)
    assert rule.is_over


def test_a_full_group_leaves_the_last_one_first() -> None:
    rule = fault_rule(FaultKind.REVERSE, count=3)
    assert [first(rule, number).hold for number in (1, 2)] == [5.0, 5.0]
    assert sent(rule, 3) == FaultDecision(rule.fault)
    assert rule.leaving == [1, 2]
    assert [sent(rule, number).fault for number in (2, 1)] == [rule.fault] * 2
    assert (rule.hits, rule.is_over) == (1, True)


def test_a_group_whose_time_is_over_leaves_as_it_is() -> None:
    rule = fault_rule(FaultKind.REVERSE, count=9)
    for number in (1, 2):
        first(rule, number)
    assert first(rule, 1) == FaultDecision(hold=5.0, releases=2)
    assert sent(rule, 2) == FaultDecision(rule.fault)
    assert sent(rule, 1) == FaultDecision(rule.fault)
    assert (rule.hits, rule.is_over) == (1, True)


def test_one_alone_whose_time_is_over_is_sent() -> None:
    rule = fault_rule(FaultKind.REVERSE, count=2)
    first(rule, 1)
    assert first(rule, 1) == FaultDecision(rule.fault)


def test_a_fault_without_effect_is_applied_to_the_next_attempt() -> None:
    rule = fault_rule()
    first(rule, 1)
    rule.settle(1, was_applied=False)
    assert hits(rule, 2) == [1]


def test_an_attempt_that_comes_again_unsettled_gets_the_fault_again_and_counts_once() -> None:
    rule = fault_rule(times=2)
    assert [first(rule, 1).fault, sent(rule, 1).fault] == [rule.fault] * 2
    assert not rule.is_over
    assert sent(rule, 1).fault  # Its second attempt.
    assert (rule.seen, rule.hits, rule.is_over) == (2, 2, True)


def test_one_that_was_skipped_before_its_attempt_was_made_does_not_count_as_a_hit() -> None:
    rule = fault_rule()
    first(rule, 1)
    rule.drop_ended(waiting=())
    assert (rule.hits, rule.is_over) == (0, False)
    assert hits(rule, 2) == [1]


def test_what_is_held_and_skipped_is_forgotten() -> None:
    delay, group = fault_rule(FaultKind.DELAY), fault_rule(FaultKind.REVERSE, count=3)
    first(delay, 1)
    first(group, 1)
    delay.drop_ended(waiting=())
    group.drop_ended(waiting=())
    assert (delay.hits, delay.is_over) == (1, True)
    assert (group.hits, group.held) == (0, [])


def test_what_was_held_and_comes_again_is_not_held_again() -> None:
    for kind in (FaultKind.DELAY, FaultKind.REVERSE):
        rule = fault_rule(kind, count=2)
        first(rule, 1)
        last = 2 if kind is FaultKind.REVERSE else 1
        assert first(rule, last).fault
        assert first(rule, last) == FaultDecision(rule.fault)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(2, 6), st.integers(1, 40), st.randoms(use_true_random=False))
def test_whatever_comes_due_in_whatever_order_each_is_sent_once(count: int, total: int, random: object) -> None:
    rule = fault_rule(FaultKind.REVERSE, count=count, times=None)
    waiting, arrived = list(range(1, total + 1)), Counter[int]()
    for _ in range(20 * total):
        if not waiting:
            break
        delivery_id = waiting.pop(random.randrange(len(waiting)))  # type: ignore[attr-defined]
        if sent(rule, delivery_id).hold is None:
            arrived[delivery_id] += 1
        else:
            waiting.append(delivery_id)
    assert arrived == Counter(range(1, total + 1))
    assert not rule.held
    assert not rule.leaving
