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
from modules.traffic.actions import Act
from modules.traffic.plan import LONGEST_NOTIFICATION, plan
from modules.traffic.reading import read
from modules.traffic.scenario import ENDINGS, FAILURES, KINDS, TELLING, Phase, Scenario, events_of
from modules.traffic.shipped import scenarios
from modules.traffic.shop import shop_of

NOW = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
PURCHASE_PERIOD = timedelta(days=30)

weights = st.floats(0.1, 10)
parts = st.floats(0, 1)
phases = st.builds(
    Phase,
    share=weights,
    mix=st.dictionaries(st.sampled_from(KINDS), weights, min_size=1).filter(lambda mix: any(map(mix.get, TELLING))),
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


def planned(scenario: Scenario, seed: str, events: int = 60) -> list[Act]:
    return list(plan(scenario, seed=seed, seconds=events / scenario.rate))


def only(acts: list[Act], kind: type[actions.Deed]) -> list[actions.Deed]:
    return [act.deed for act in acts if isinstance(act.deed, kind)]


@few
@given(scenes, seeds)
def test_the_same_seed_plans_the_same_and_the_rate_only_spreads_it_in_time(scenario: Scenario, seed: str) -> None:
    acts = planned(scenario, seed)
    assert planned(scenario, seed) == acts
    faster = planned(replace(scenario, rate=scenario.rate * 2), seed)
    assert [act.deed for act in faster] == [act.deed for act in acts]
    assert [act.at * 2 for act in faster] == pytest.approx([act.at for act in acts])


@few
@given(scenes, seeds)
def test_acts_come_in_order_and_each_event_in_its_slot(scenario: Scenario, seed: str) -> None:
    acts = planned(scenario, seed)
    assert all(one.at <= following.at for one, following in pairwise(acts))
    for slot, act in enumerate(act for act in acts if act.tells):
        assert slot <= act.at * scenario.rate + 1e-6 < slot + 1 + 2e-6


@few
@given(scenes, seeds)
def test_there_are_as_many_events_as_promised(scenario: Scenario, seed: str) -> None:
    told = sum(act.tells for act in planned(scenario, seed))
    has_others = all(
        any(phase.mix.get(kind) for kind in TELLING if kind != "notification") for phase in scenario.phases
    )
    assert told == 60 if has_others else 60 - LONGEST_NOTIFICATION < told <= 60


@few
@given(scenes, seeds)
def test_nobody_does_anything_before_they_are_there(scenario: Scenario, seed: str) -> None:
    there: set[str] = set()
    customers: dict[str, str] = {}
    for act in planned(scenario, seed):
        if isinstance(act.deed, actions.Follow):
            assert act.deed.line_uid not in there
            there.add(act.deed.line_uid)
            if act.deed.customer_id:
                assert act.deed.customer_id not in customers.values()
                customers[act.deed.line_uid] = act.deed.customer_id
        elif not isinstance(act.deed, actions.Notify | actions.Move | actions.Broadcast):
            assert act.deed.line_uid in there
        if isinstance(act.deed, actions.Reward):
            assert act.deed.line_uid in customers
        if isinstance(act.deed, actions.Open) and act.tells:
            assert act.deed.line_uid in customers


@few
@given(scenes, seeds)
def test_every_notification_goes_through_all_its_statuses(scenario: Scenario, seed: str) -> None:
    statuses: dict[int, str] = {}
    plans: dict[int, machine.Plan] = {}
    for act in planned(scenario, seed):
        if isinstance(act.deed, actions.Notify):
            assert E164.fullmatch(act.deed.phone_number)
            plans[act.deed.number], statuses[act.deed.number] = act.deed.plan, machine.first_status(act.deed.plan)
        elif isinstance(act.deed, actions.Move):
            move = machine.next_move(statuses[act.deed.number], plans[act.deed.number])
            assert move
            statuses[act.deed.number] = move.status
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
    for act in planned(scenario, seed):
        if not isinstance(act.deed, actions.Upload):
            continue
        deed = act.deed
        bought = NOW - timedelta(seconds=deed.bought_before)
        receipt = Receipt(deed.number, deed.random_number, bought, NOW, deed.channel, deed.items)
        assert receipt_faults(receipt, now=NOW) == {}
        assert failed(asked, receipt, Earlier(deed.number in matched)) == ([deed.breaks] if deed.breaks else [])
        assert act.tells is (deed.breaks is None)
        if act.tells:
            matched.add(deed.number)


@few
@given(scenes, seeds)
def test_the_first_open_of_a_message_is_told_and_no_other(scenario: Scenario, seed: str) -> None:
    there: set[str] = set()
    receivers: dict[int | None, set[str]] = {None: set()}
    customers: set[str] = set()
    opened: set[tuple[str, int | None]] = set()
    for act in planned(scenario, seed):
        deed = act.deed
        if isinstance(deed, actions.Follow):
            there.add(deed.line_uid)
            customers |= {deed.line_uid} if deed.customer_id else set()
        elif isinstance(deed, actions.Broadcast):
            receivers[deed.number] = set(there)
        elif isinstance(deed, actions.Push):
            assert deed.line_uid not in receivers[None]
            receivers[None].add(deed.line_uid)
        elif isinstance(deed, actions.Open):
            key = (deed.line_uid, deed.broadcast)
            assert deed.line_uid in receivers[deed.broadcast]
            assert act.tells is (key not in opened and deed.line_uid in customers)
            opened.add(key)


@few
@given(scenes, seeds, st.integers(1, 3))
def test_a_later_edition_changes_only_ids_that_must_be_new(scenario: Scenario, seed: str, edition: int) -> None:
    first = planned(scenario, seed)
    again = list(plan(scenario, seed=seed, seconds=60 / scenario.rate, edition=edition))
    new = {"points_id": "", "answer_hash": ""}

    def bare(act: Act) -> Act:
        fields: dict[str, Any] = {name: value for name, value in new.items() if hasattr(act.deed, name)}
        deed: Any = act.deed
        return replace(act, deed=replace(deed, **fields))

    assert [bare(act) for act in again] == [bare(act) for act in first]
    ids = [deed.points_id for deed in only(first + again, actions.Reward) if isinstance(deed, actions.Reward)]
    assert len(set(ids)) == len(ids)


def test_another_seed_plans_something_else() -> None:
    scenario = read(scenarios()["campaign-day"])
    assert planned(scenario, "1") != planned(scenario, "2")


def test_an_outage_comes_and_goes() -> None:
    scenario = read(scenarios()["sms-outage"])
    acts = list(plan(scenario, seed="7"))
    ends = scenario.seconds / 5

    def endings(first: float, last: float) -> Counter[str]:
        notified = [act.deed for act in acts if first * ends <= act.at < last * ends]
        return Counter(deed.plan["sms"] for deed in notified if isinstance(deed, actions.Notify))

    before, during, after = endings(0, 1), endings(1, 3), endings(4, 5)
    assert not before["vendor_down"]
    assert during["vendor_down"] > 10
    assert not after["vendor_down"]
    assert before["delivered"]
    assert after["delivered"]


def test_a_load_test_is_mixed_as_it_says() -> None:
    scenario = read(scenarios()["load-test"])
    acts = list(plan(scenario, seed="7", seconds=10))
    assert events_of(rate=scenario.rate, seconds=10) == sum(act.tells for act in acts) == 10_000
    told = Counter(type(act.deed) for act in acts if act.tells)
    kinds = {actions.Upload, actions.Answer, actions.Notify, actions.Move, actions.Bind, actions.Reward, actions.Open}
    assert set(told) == kinds
    assert min(told[kind] for kind in told if kind is not actions.Bind) > 500


def test_receipts_of_a_campaign_day_fail_in_every_way() -> None:
    acts = planned(read(scenarios()["campaign-day"]), "3", events=2400)
    assert {deed.breaks for deed in only(acts, actions.Upload) if isinstance(deed, actions.Upload)} == {None, *FAILURES}
