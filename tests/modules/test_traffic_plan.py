"""The plan of a play: the same from the same seed, as many events as promised, and a story that holds together."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.notifications import machine
from modules.notifications.rules import E164
from modules.receipts.conditions import Conditions, Earlier, Period, Receipt, failed
from modules.receipts.rules import receipt_faults
from modules.traffic import actions
from modules.traffic.actions import TimedAction
from modules.traffic.plan import LONGEST_NOTIFICATION, plan
from modules.traffic.reading import read
from modules.traffic.scenario import ENDINGS, FAILURES, KINDS, PUBLISHING, Phase, Scenario, events_of
from modules.traffic.shipped import scenarios
from modules.traffic.shop import shop_of

NOW = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
PURCHASE_PERIOD = timedelta(days=30)

weights = st.floats(0.1, 10)
parts = st.floats(0, 1)
phases = st.builds(
    Phase,
    share=weights,
    mix=st.dictionaries(st.sampled_from(KINDS), weights, min_size=1).filter(lambda mix: any(map(mix.get, PUBLISHING))),
    bound=parts,
    matching=parts,
    failing=st.dictionaries(st.sampled_from(FAILURES), weights, min_size=1),
    endings=st.dictionaries(st.sampled_from(tuple(ENDINGS)), weights, min_size=1),
    joining=parts,
    repeated=parts,
    broadcasts=parts,
)
scenes = st.builds(
    Scenario,
    rate=st.floats(0.1, 1000),
    seconds=st.just(60.0),
    contacts=st.integers(0, 5),
    phases=st.lists(phases, min_size=1, max_size=3).map(tuple),
)
seeds = st.text(max_size=10)
few = settings(max_examples=60, deadline=None)


def planned(scenario: Scenario, seed: str, events: int = 60) -> list[TimedAction]:
    return list(plan(scenario, seed=seed, seconds=events / scenario.rate))


def only(timed_actions: list[TimedAction], kind: type[actions.Action]) -> list[actions.Action]:
    return [timed.action for timed in timed_actions if isinstance(timed.action, kind)]


@few
@given(scenes, seeds)
def test_the_same_seed_plans_the_same_and_the_rate_only_spreads_it_in_time(scenario: Scenario, seed: str) -> None:
    timed_actions = planned(scenario, seed)
    assert planned(scenario, seed) == timed_actions
    faster = planned(replace(scenario, rate=scenario.rate * 2), seed)
    assert [timed.action for timed in faster] == [timed.action for timed in timed_actions]
    assert [timed.at * 2 for timed in faster] == pytest.approx([timed.at for timed in timed_actions])


@few
@given(scenes, seeds)
def test_acts_come_in_order_and_each_event_in_its_slot(scenario: Scenario, seed: str) -> None:
    timed_actions = planned(scenario, seed)
    assert all(one.at <= following.at for one, following in pairwise(timed_actions))
    for slot, timed in enumerate(timed for timed in timed_actions if timed.publishes):
        assert slot <= timed.at * scenario.rate + 1e-6 < slot + 1 + 2e-6


@few
@given(scenes, seeds)
def test_there_are_as_many_events_as_promised(scenario: Scenario, seed: str) -> None:
    output = sum(timed.publishes for timed in planned(scenario, seed))
    has_others = all(
        any(phase.mix.get(kind) for kind in PUBLISHING if kind != "notification") for phase in scenario.phases
    )
    assert output == 60 if has_others else 60 - LONGEST_NOTIFICATION < output <= 60


@few
@given(scenes, seeds)
def test_nobody_does_anything_before_they_are_there(scenario: Scenario, seed: str) -> None:
    there: set[str] = set()
    customers: dict[str, str] = {}
    for timed in planned(scenario, seed):
        if isinstance(timed.action, actions.Follow):
            assert timed.action.line_uid not in there
            there.add(timed.action.line_uid)
            if timed.action.customer_id:
                assert timed.action.customer_id not in customers.values()
                customers[timed.action.line_uid] = timed.action.customer_id
        elif not isinstance(timed.action, actions.Notify | actions.Move | actions.Broadcast):
            assert timed.action.line_uid in there
        if isinstance(timed.action, actions.Reward):
            assert timed.action.line_uid in customers
        if isinstance(timed.action, actions.Open) and timed.publishes:
            assert timed.action.line_uid in customers


@few
@given(scenes, seeds)
def test_every_notification_goes_through_all_its_statuses(scenario: Scenario, seed: str) -> None:
    statuses: dict[int, str] = {}
    plans: dict[int, machine.Plan] = {}
    for timed in planned(scenario, seed):
        if isinstance(timed.action, actions.Notify):
            assert E164.fullmatch(timed.action.phone_number)
            plans[timed.action.number], statuses[timed.action.number] = (
                timed.action.plan,
                machine.first_status(timed.action.plan),
            )
        elif isinstance(timed.action, actions.Move):
            move = machine.next_move(statuses[timed.action.number], plans[timed.action.number])
            assert move
            statuses[timed.action.number] = move.status
    assert all(machine.next_move(status, plans[number]) is None for number, status in statuses.items())


@few
@given(scenes, seeds)
def test_a_receipt_matches_or_fails_just_what_was_planned(scenario: Scenario, seed: str) -> None:
    shop = shop_of(seed)
    asked = Conditions(
        purchase=Period(NOW - PURCHASE_PERIOD, None),
        shops=shop.brand.shops,
        minimum_amount=shop.minimum,
    )
    matched: set[str] = set()
    for timed in planned(scenario, seed):
        if not isinstance(timed.action, actions.Upload):
            continue
        action = timed.action
        bought = NOW - timedelta(seconds=action.bought_before)
        receipt = Receipt(action.number, action.random_number, bought, NOW, action.channel, action.items)
        assert receipt_faults(receipt, now=NOW) == {}
        assert failed(asked, receipt, Earlier(action.number in matched)) == ([action.breaks] if action.breaks else [])
        assert timed.publishes is (action.breaks is None)
        if timed.publishes:
            matched.add(action.number)


@few
@given(scenes, seeds)
def test_the_first_open_of_a_message_is_reported_and_no_other(scenario: Scenario, seed: str) -> None:
    there: set[str] = set()
    receivers: dict[int | None, set[str]] = {None: set()}
    customers: set[str] = set()
    opened: set[tuple[str, int | None]] = set()
    for timed in planned(scenario, seed):
        action = timed.action
        if isinstance(action, actions.Follow):
            there.add(action.line_uid)
            customers |= {action.line_uid} if action.customer_id else set()
        elif isinstance(action, actions.Broadcast):
            receivers[action.number] = set(there)
        elif isinstance(action, actions.Push):
            assert action.line_uid not in receivers[None]
            receivers[None].add(action.line_uid)
        elif isinstance(action, actions.Open):
            key = (action.line_uid, action.broadcast)
            assert action.line_uid in receivers[action.broadcast]
            assert timed.publishes is (key not in opened and action.line_uid in customers)
            opened.add(key)


@few
@given(scenes, seeds, st.integers(1, 3))
def test_a_later_edition_changes_only_ids_that_must_be_new(scenario: Scenario, seed: str, edition: int) -> None:
    first = planned(scenario, seed)
    again = list(plan(scenario, seed=seed, seconds=60 / scenario.rate, edition=edition))
    new = {"points_id": "", "answer_hash": ""}

    def bare(timed: TimedAction) -> TimedAction:
        fields: dict[str, Any] = {name: value for name, value in new.items() if hasattr(timed.action, name)}
        action: Any = timed.action
        return replace(timed, action=replace(action, **fields))

    assert [bare(timed) for timed in again] == [bare(timed) for timed in first]
    ids = [action.points_id for action in only(first + again, actions.Reward) if isinstance(action, actions.Reward)]
    assert len(set(ids)) == len(ids)


def test_another_seed_plans_something_else() -> None:
    scenario = read(scenarios()["campaign-day"])
    assert planned(scenario, "1") != planned(scenario, "2")


def test_an_outage_comes_and_goes() -> None:
    scenario = read(scenarios()["sms-outage"])
    timed_actions = list(plan(scenario, seed="7"))
    ends = scenario.seconds / 5

    def endings(first: float, last: float) -> Counter[str]:
        notified = [timed.action for timed in timed_actions if first * ends <= timed.at < last * ends]
        return Counter(action.plan["sms"] for action in notified if isinstance(action, actions.Notify))

    before, during, after = endings(0, 1), endings(1, 3), endings(4, 5)
    assert not before["vendor_down"]
    assert during["vendor_down"] > 10
    assert not after["vendor_down"]
    assert before["delivered"]
    assert after["delivered"]


def test_a_load_test_is_mixed_as_it_says() -> None:
    scenario = read(scenarios()["load-test"])
    timed_actions = list(plan(scenario, seed="7", seconds=10))
    assert events_of(rate=scenario.rate, seconds=10) == sum(timed.publishes for timed in timed_actions) == 10_000
    output = Counter(type(timed.action) for timed in timed_actions if timed.publishes)
    kinds = {actions.Upload, actions.Answer, actions.Notify, actions.Move, actions.Bind, actions.Reward, actions.Open}
    assert set(output) == kinds
    assert min(output[kind] for kind in output if kind is not actions.Bind) > 500


def test_receipts_of_a_campaign_day_fail_in_every_way() -> None:
    timed_actions = planned(read(scenarios()["campaign-day"]), "3", events=2400)
    assert {action.breaks for action in only(timed_actions, actions.Upload) if isinstance(action, actions.Upload)} == {
        None,
        *FAILURES,
    }
