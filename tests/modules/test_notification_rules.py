"""What templates and messages must look like, and what makes a channel fail."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.notifications import machine, rules
from modules.notifications.machine import CHANNELS, LINE_PUSH, PNP, SMS
from modules.notifications.magic import MAGIC
from modules.notifications.rules import Switches, World

NUMBER = "+886912345678"
HASH = hashlib.sha256(NUMBER.encode()).hexdigest()
ALL = Switches(line_push=True, pnp=True, sms=True)
TEMPLATE: dict[str, Any] = {
    "name": "Shipped",
    "status": "active",
    "line_push_enabled": True,
    "pnp_enabled": True,
    "fallback_enabled": True,
    "fallback_period": 5,
    "parameters": ["NAME"],
    "sms_parameters": [],
}
MESSAGE: dict[str, Any] = {
    "switches": ALL,
    "parameters": ["NAME"],
    "sms_parameters": ["CODE"],
    "phone_number": NUMBER,
    "values": {LINE_PUSH: {}, PNP: {"NAME": "花子"}, SMS: {"CODE": "7"}},
    "ids": {"event_id": None, "line_push_template_id": 1},
    "customized_id": None,
}


def plan(**changes: Any) -> dict[str, str]:
    given: dict[str, Any] = {
        "switches": ALL, "phone_number": NUMBER, "is_member": True, "has_blocked": False, "sms_values": {},
        "world": World(),
    }  # fmt: skip
    return dict(rules.plan_of(**{**given, **changes}))


def test_a_template_that_is_right_has_no_fault() -> None:
    assert rules.template_faults(TEMPLATE) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", " "),
        ("name", "x" * 101),
        ("name", "a\x00b"),
        ("status", "gone"),
        ("fallback_period", -1),
        ("fallback_period", 10_081),
        ("parameters", ["1ST"]),
        ("parameters", ["A", "A"]),
        ("sms_parameters", ["with space"]),
        ("sms_parameters", [f"P{number}" for number in range(21)]),
    ],
)
def test_a_templates_fault_is_reported_by_field(field: str, value: object) -> None:
    assert list(rules.template_faults({**TEMPLATE, field: value})) == [field]


def test_a_template_needs_a_channel() -> None:
    off = {"line_push_enabled": False, "pnp_enabled": False, "fallback_enabled": False}
    assert list(rules.template_faults({**TEMPLATE, **off})) == ["pnp_enabled"]


def test_a_message_that_is_right_has_no_fault() -> None:
    assert rules.message_faults(**MESSAGE) == {}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"phone_number": "0912345678"}, ["phone_number"]),
        ({"phone_number": ""}, ["phone_number"]),
        ({"phone_number": HASH.upper()}, ["phone_number"]),
        ({"phone_number": HASH}, ["phone_number"]),
        ({"values": {LINE_PUSH: {}, PNP: {}, SMS: {}}}, ["pnp.NAME", "sms.CODE"]),
        ({"values": {LINE_PUSH: {}, PNP: {"NAME": ""}, SMS: {"CODE": "7"}}}, ["pnp.NAME"]),
        ({"values": {LINE_PUSH: {}, PNP: {"NAME": 7}, SMS: {"CODE": "7"}}}, ["pnp"]),
        ({"values": {LINE_PUSH: [], PNP: {"NAME": "x"}, SMS: {"CODE": "x" * 1001}}}, ["line_push", "sms"]),
        ({"ids": {"event_id": 0, "line_push_template_id": 2**63}}, ["event_id", "line_push_template_id"]),
        ({"customized_id": ""}, ["customized_id"]),
    ],
)
def test_a_messages_faults_are_reported_by_field(changes: dict[str, Any], fields: list[str]) -> None:
    assert list(rules.message_faults(**{**MESSAGE, **changes})) == fields


def test_only_channels_that_are_on_need_their_parameters() -> None:
    nothing: dict[str, Any] = {LINE_PUSH: {}, PNP: {}, SMS: {}}
    line_push_only = Switches(line_push=True, pnp=False, sms=False)
    assert rules.message_faults(**{**MESSAGE, "values": nothing, "switches": line_push_only}) == {}


def test_a_template_with_line_push_alone_needs_to_know_what_to_push() -> None:
    without = {"event_id": None, "line_push_template_id": None}
    nothing_on = Switches(line_push=False, pnp=False, sms=False)
    faults = rules.message_faults(**{**MESSAGE, "ids": without, "switches": nothing_on})
    assert list(faults) == ["line_push_template_id"]


def test_a_hash_is_taken_only_where_sms_is_off() -> None:
    assert rules.number_fault(HASH, has_sms=False) is None
    assert rules.number_fault(HASH, has_sms=True) == rules.HASH_NEEDS_SMS_OFF


@pytest.mark.parametrize(
    ("changes", "channel", "outcome"),
    [
        ({"is_member": False}, LINE_PUSH, machine.MEMBER_NOT_FOUND),
        ({"world": World(is_line_push_used_up=True)}, LINE_PUSH, machine.MONTHLY_LIMIT),
        ({}, LINE_PUSH, machine.DELIVERED),
        ({"is_member": False}, PNP, machine.DELIVERED),
        ({"has_blocked": True}, PNP, machine.BLOCKED_ACCOUNT),
        ({"phone_number": "+886223456789"}, PNP, machine.NO_LINE_USER),
        ({"world": World(numbers_off=frozenset([NUMBER]))}, PNP, machine.NO_LINE_USER),
        ({}, SMS, machine.DELIVERED),
        ({"phone_number": "+886223456789"}, SMS, machine.LANDLINE),
        ({"phone_number": "+81312345678"}, SMS, machine.LANDLINE),
        ({"phone_number": "+819012345678"}, SMS, machine.DELIVERED),
        ({"world": World(numbers_off=frozenset([NUMBER]))}, SMS, machine.PHONE_OFF),
        ({"world": World(blocked_numbers=frozenset([NUMBER]))}, SMS, machine.BLOCKED_LIST),
        (
            {"world": World(sensitive_words=frozenset(["Casino"])), "sms_values": {"TEXT": "the cASINO is open"}},
            SMS,
            machine.SENSITIVE_WORD,
        ),
        ({"world": World(sms_vendor=rules.RECOVERS)}, SMS, machine.VENDOR_RECOVERS),
        ({"world": World(sms_vendor=rules.DOWN)}, SMS, machine.VENDOR_DOWN),
        ({"world": World(sms_vendor=rules.SILENT)}, SMS, machine.CALLBACK_LOST),
    ],
)
def test_what_makes_a_channel_end_as_it_does(changes: dict[str, Any], channel: str, outcome: str) -> None:
    assert plan(**changes)[channel] == outcome


@given(st.sampled_from(sorted(MAGIC)), st.booleans(), st.booleans(), st.sampled_from(rules.VENDOR_STATES))
def test_a_magic_number_ends_as_its_table_says_whatever_the_world_is(
    number: str, is_member: bool, has_blocked: bool, vendor: str
) -> None:
    world = World(is_line_push_used_up=True, sms_vendor=vendor, blocked_numbers=frozenset([number]))
    found = plan(phone_number=number, is_member=is_member, has_blocked=has_blocked, world=world)
    assert found == MAGIC[number].outcomes


@given(st.booleans(), st.booleans(), st.booleans())
def test_a_plan_has_the_channels_that_are_on_in_their_order(line_push: bool, pnp: bool, sms: bool) -> None:
    enabled = {LINE_PUSH: line_push, PNP: pnp, SMS: sms}
    found = plan(switches=Switches(line_push, pnp, sms))
    assert list(found) == [channel for channel in CHANNELS if enabled[channel]]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("line_push_monthly_limit", -1),
        ("sms_vendor", "asleep"),
        ("sensitive_words", [""]),
        ("blocked_numbers", ["0912345678"]),
        ("numbers_off", [HASH]),
        ("sensitive_words", ["x"] * 1001),
    ],
)
def test_conditions_that_are_not_right_are_reported_by_field(field: str, value: object) -> None:
    assert list(rules.conditions_faults({field: value})) == [field]
