"""The state machine of notifications: every status, every move, and that each walk ends."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maac_contract.payloads import LINE_PUSH_ERROR_CATEGORIES, PNP_STATUSES, SMS_ERROR_CATEGORIES
from modules.notifications import machine
from modules.notifications.labels import OUTCOMES as OUTCOMES_IN_WORDS
from modules.notifications.labels import STATUSES as STATUSES_IN_WORDS
from modules.notifications.machine import CHANNELS, LINE_PUSH, OUTCOMES, PNP, SMS, TABLE, Move, Wait
from modules.notifications.magic import MAGIC

PLANS = [
    {channel: outcome for channel, outcome in zip(CHANNELS, outcomes, strict=True) if outcome}
    for outcomes in product(*((None, *OUTCOMES[channel]) for channel in CHANNELS))
    if any(outcomes)
]
"""All there are."""


def walk(plan: machine.Plan) -> list[str]:
    """The statuses of a message with this plan, from first to last."""
    walked = [machine.first_status(plan)]
    while move := machine.next_move(walked[-1], plan):
        walked.append(move.status)
        assert len(walked) < 20, "it goes round"
    return walked


def test_the_table_has_the_statuses_of_the_contract_and_no_other() -> None:
    assert set(TABLE) == set(PNP_STATUSES)
    assert {move.status for moves in TABLE.values() for move in moves.values()} <= set(PNP_STATUSES)


def test_every_move_of_the_table_is_made_by_some_plan() -> None:
    made = set()
    for plan in PLANS:
        walked = walk(plan)
        made |= set(pairwise(walked))
    assert made == {(status, move.status) for status, moves in TABLE.items() for move in moves.values()}


def test_every_status_is_reached() -> None:
    assert {status for plan in PLANS for status in walk(plan)} == set(PNP_STATUSES)


@given(st.sampled_from(PLANS))
def test_every_walk_ends_and_keeps_the_order_of_the_channels(plan: machine.Plan) -> None:
    walked = walk(plan)
    places = [CHANNELS.index(machine.channel_of(status)) for status in walked]
    assert places == sorted(places)
    assert len(set(walked)) == len(walked)


@given(st.sampled_from(PLANS))
def test_a_later_channel_is_tried_only_where_it_is_enabled_and_those_before_could_not_deliver(
    plan: machine.Plan,
) -> None:
    walked = walk(plan)
    tried = [channel for channel in CHANNELS if any(machine.channel_of(status) == channel for status in walked)]
    enabled = [channel for channel in CHANNELS if channel in plan]
    assert tried == enabled[: len(tried)]
    assert not any(machine.has_delivered(status) for status in walked[:-1])
    failing = [channel for channel in enabled if plan[channel] not in (machine.DELIVERED, machine.VENDOR_RECOVERS)]
    expected = next((channel for channel in enabled if channel not in failing), None)
    assert machine.has_delivered(walked[-1]) is (expected is not None)
    assert tried[-1] == (expected or enabled[-1])


def test_a_temporary_error_ends_in_delivered_or_failed() -> None:
    assert {move.status for move in TABLE["sms_temporary_error"].values()} == {"sms_delivered", "sms_failed"}


def test_sms_waits_for_the_fallback_period_and_nothing_else_does() -> None:
    for status, moves in TABLE.items():
        for move in moves.values():
            starts_sms = move.status == "sms_preparing"
            assert (move.wait == Wait.FALLBACK) is starts_sms, (status, move)


def test_errors_are_the_contracts_and_stand_on_the_channel_that_failed() -> None:
    for moves in TABLE.values():
        for move in moves.values():
            known = {LINE_PUSH: LINE_PUSH_ERROR_CATEGORIES, PNP: (), SMS: SMS_ERROR_CATEGORIES}
            assert not move.error or move.error in known[machine.channel_of(move.status)]


@pytest.mark.parametrize(
    ("plan", "walked"),
    [
        ({LINE_PUSH: "delivered", SMS: "delivered"}, "line_push_preparing line_push_delivered"),
        (
            {LINE_PUSH: "member_not_found", PNP: "delivered", SMS: "delivered"},
            "line_push_preparing line_push_undeliverable pnp_preparing pnp_accepted pnp_delivered",
        ),
        (
            {LINE_PUSH: "monthly_limit", SMS: "landline"},
            "line_push_preparing line_push_undeliverable sms_preparing sms_failed",
        ),
        (
            {PNP: "no_line_user", SMS: "vendor_recovers"},
            "pnp_preparing pnp_undeliverable sms_preparing sms_temporary_error sms_delivered",
        ),
        ({PNP: "line_error", SMS: "sensitive_word"}, "pnp_preparing pnp_failed sms_preparing sms_failed"),
        ({SMS: "callback_lost"}, "sms_preparing sms_accepted sms_callback_timeout"),
        ({SMS: "phone_off"}, "sms_preparing sms_accepted sms_undeliverable"),
        ({SMS: "vendor_down"}, "sms_preparing sms_temporary_error sms_failed"),
        ({PNP: "no_line_user"}, "pnp_preparing pnp_undeliverable"),
        ({PNP: "blocked_account"}, "pnp_preparing pnp_accepted pnp_undeliverable"),
        ({SMS: "blocked_list"}, "sms_preparing sms_blocked"),
        ({LINE_PUSH: "line_timeout"}, "line_push_preparing line_push_undeliverable"),
        (
            {LINE_PUSH: "token_expired", PNP: "maintenance"},
            "line_push_preparing line_push_failed pnp_preparing pnp_failed",
        ),
    ],
)
def test_the_walks_people_know(plan: dict[str, str], walked: str) -> None:
    assert walk(plan) == walked.split()


def test_a_message_that_has_ended_makes_no_move() -> None:
    assert machine.next_move("sms_delivered", {SMS: machine.DELIVERED}) is None
    assert machine.next_move("pnp_failed", {PNP: machine.LINE_ERROR}) is None
    assert machine.next_move("pnp_failed", {PNP: machine.LINE_ERROR, SMS: machine.DELIVERED}) == Move(
        "sms_preparing", Wait.FALLBACK
    )


def test_the_first_channel_that_is_tried_decides_what_is_answered_at_once() -> None:
    assert machine.first_outcome({LINE_PUSH: machine.DELIVERED, SMS: machine.LANDLINE}) == machine.DELIVERED
    assert machine.first_outcome({PNP: machine.NO_LINE_USER, SMS: machine.DELIVERED}) == machine.NO_LINE_USER
    assert machine.first_outcome({SMS: machine.VENDOR_DOWN}) == machine.VENDOR_DOWN


def test_the_magic_numbers_have_outcomes_that_exist_and_between_them_all() -> None:
    for number, magic in MAGIC.items():
        assert number.startswith("+886900000")
        assert all(magic.outcomes[channel] in OUTCOMES[channel] for channel in CHANNELS)
    for channel in CHANNELS:
        assert {magic.outcomes[channel] for magic in MAGIC.values()} == set(OUTCOMES[channel])


def test_the_console_has_words_for_every_status_and_outcome() -> None:
    assert set(STATUSES_IN_WORDS) == set(PNP_STATUSES)
    assert set(OUTCOMES_IN_WORDS) == {outcome for channel in CHANNELS for outcome in OUTCOMES[channel]}
