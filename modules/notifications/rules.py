"""Validation of templates and messages, and the outcome of each channel for a number. Pure.

Documented by MAAC: the two forms of a phone number, that a hash needs SMS off, which fields are required. Chosen: the
sizes, the statuses of a template, and what makes a channel fail.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maac_contract.sentences import gettext_noop as _
from maac_contract.validation import UNSENDABLE
from modules.notifications import machine
from modules.notifications.machine import LINE_PUSH, PNP, SMS, Plan
from modules.notifications.magic import MAGIC

ACTIVE, INACTIVE = "active", "inactive"
TEMPLATE_STATUSES = (ACTIVE, INACTIVE)
UP, RECOVERS, DOWN, SILENT = "up", "recovers", "down", "silent"
VENDOR_STATES = (UP, RECOVERS, DOWN, SILENT)
"""The SMS vendor works, recovers after an error, is down, or sends no delivery reports."""
FALLBACK_PERIOD = 5
LONGEST_FALLBACK = 7 * 24 * 60
NAME_LIMIT = 100
VALUE_LIMIT = 1000
PARAMETER_LIMIT = 20
LIST_LIMIT = 1000
LARGEST_ID = 2**63 - 1
PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,49}")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
HASH = re.compile(r"[0-9a-f]{64}")
MOBILES = {"+886": ("9",), "+81": ("70", "80", "90")}
"""Prefixes of mobile numbers, for countries in which they differ from landlines."""

Faults = dict[str, str]
"""Error messages by field."""

REQUIRED = _("This field is required.")
NOT_A_NUMBER = _("Write a number such as +886912345678, or its SHA-256 as 64 lower-case hex digits.")
NOT_E164 = _("Write numbers such as +886912345678.")
HASH_NEEDS_SMS_OFF = _("A SHA-256 is taken only where the template has SMS off: no SMS can be sent to it.")
NOT_A_NAME = _("Write 1 to 100 printable characters.")
NOT_A_STATUS = _("Choose active or inactive.")
NOT_A_PERIOD = _("Write whole minutes from 0 to 10080, which are seven days.")
NOT_PARAMETERS = _("Give at most 20 different names of letters, digits and _, each beginning with no digit.")
NO_CHANNEL = _("Switch on at least one of LINE push, PNP and SMS.")
NOT_VALUES = _("Give an object of names and texts, each text of at most 1000 characters.")
NOT_AN_ID = _("Write a whole number from 1 to 9223372036854775807.")
NOT_A_LIMIT = _("Write a whole number from 0 to 2147483647.")
NOT_A_VENDOR_STATE = _("Choose up, recovers, down or silent.")
NOT_A_LIST = _("Give a list of at most 1000 entries.")
NOT_WORDS = _("Give words of 1 to 100 printable characters.")
SOURCE_IS_OFF = _("Choose pnp or sms, whichever the template has switched on.")


@dataclass(frozen=True, slots=True)
class Switches:
    """The channels to try."""

    line_push: bool
    pnp: bool
    sms: bool


@dataclass(frozen=True, slots=True)
class World:
    """Conditions that decide the outcome of a message."""

    is_line_push_used_up: bool = False
    sms_vendor: str = UP
    sensitive_words: frozenset[str] = frozenset()
    blocked_numbers: frozenset[str] = frozenset()
    numbers_off: frozenset[str] = frozenset()


def is_hash(phone_number: str) -> bool:
    return HASH.fullmatch(phone_number) is not None


def is_landline(phone_number: str) -> bool:
    """Whether it is a landline; always false for countries whose prefixes are not in MOBILES."""
    for country, starts in MOBILES.items():
        if phone_number.startswith(country):
            return not phone_number.removeprefix(country).startswith(starts)
    return False


def number_fault(phone_number: str, *, has_sms: bool) -> str | None:
    if is_hash(phone_number):
        return HASH_NEEDS_SMS_OFF if has_sms else None
    return None if E164.fullmatch(phone_number) else NOT_A_NUMBER


def template_faults(fields: Mapping[str, Any]) -> Faults:
    """Faults of a template."""
    faults: Faults = {}
    if not is_text(fields["name"]):
        faults["name"] = NOT_A_NAME
    if fields["status"] not in TEMPLATE_STATUSES:
        faults["status"] = NOT_A_STATUS
    if not any(fields[name] for name in ("line_push_enabled", "pnp_enabled", "fallback_enabled")):
        faults["pnp_enabled"] = NO_CHANNEL
    if not 0 <= fields["fallback_period"] <= LONGEST_FALLBACK:
        faults["fallback_period"] = NOT_A_PERIOD
    for name in ("parameters", "sms_parameters"):
        if not are_parameters(fields[name]):
            faults[name] = NOT_PARAMETERS
    return faults


def are_parameters(names: Sequence[str]) -> bool:
    return len(set(names)) == len(names) <= PARAMETER_LIMIT and all(map(PARAMETER.fullmatch, names))


def is_text(value: str, limit: int = NAME_LIMIT) -> bool:
    return 0 < len(value) <= limit and value.isprintable() and not value.isspace()


def conditions_faults(fields: Mapping[str, Any]) -> Faults:
    """Faults of the given conditions."""
    faults: Faults = {}
    limit = fields.get("line_push_monthly_limit")
    if limit is not None and not 0 <= limit < 2**31:
        faults["line_push_monthly_limit"] = NOT_A_LIMIT
    if fields.get("sms_vendor", UP) not in VENDOR_STATES:
        faults["sms_vendor"] = NOT_A_VENDOR_STATE
    if not all(map(is_text, fields.get("sensitive_words", ()))):
        faults["sensitive_words"] = NOT_WORDS
    for name in ("blocked_numbers", "numbers_off"):
        if not all(map(E164.fullmatch, fields.get(name, ()))):
            faults[name] = NOT_E164
    for name in ("sensitive_words", "blocked_numbers", "numbers_off"):
        if len(fields.get(name, ())) > LIST_LIMIT:
            faults[name] = NOT_A_LIST
    return faults


def message_faults(
    *,
    switches: Switches,
    parameters: Iterable[str],
    sms_parameters: Iterable[str],
    phone_number: str,
    values: Mapping[str, Any],
    ids: Mapping[str, int | None],
    customized_id: str | None,
) -> Faults:
    """Faults of a message; paths such as `pnp.NAME`. `values` are the channels' parameters."""
    faults = {channel: NOT_VALUES for channel, given in values.items() if not are_values(given)}
    if fault := number_fault(phone_number, has_sms=switches.sms):
        faults["phone_number"] = fault
    faults |= {name: NOT_AN_ID for name, given in ids.items() if given is not None and not 0 < given <= LARGEST_ID}
    if customized_id is not None and not is_text(customized_id):
        faults["customized_id"] = NOT_A_NAME
    if not faults:
        needed = [(PNP, name) for name in parameters if switches.pnp]
        needed += [(SMS, name) for name in sms_parameters if switches.sms]
        faults = {f"{channel}.{name}": REQUIRED for channel, name in needed if not values[channel].get(name)}
    if not faults and not (ids["line_push_template_id"] or switches.pnp or switches.sms):
        faults["line_push_template_id"] = REQUIRED
    return faults


def are_values(given: object) -> bool:
    return isinstance(given, Mapping) and all(
        isinstance(text, str) and len(text) <= VALUE_LIMIT and not UNSENDABLE.search(text)
        for pair in given.items()
        for text in pair
    )


def plan_of(
    *,
    switches: Switches,
    phone_number: str,
    is_member: bool,
    has_blocked: bool,
    sms_values: Mapping[str, str],
    world: World,
) -> Plan:
    """The outcome of each channel to try. A magic number decides all outcomes.

    `is_member`: the number is that of exactly one contact who has not blocked the account. `has_blocked`: it has
    contacts, and all of them have.
    """
    forced = MAGIC.get(phone_number)
    outcomes = forced.outcomes if forced else {
        LINE_PUSH: _line_push(is_member, world),
        PNP: _pnp(phone_number, has_blocked, world),
        SMS: _sms(phone_number, sms_values, world),
    }  # fmt: skip
    tried = {LINE_PUSH: switches.line_push, PNP: switches.pnp, SMS: switches.sms}
    return {channel: outcomes[channel] for channel in machine.CHANNELS if tried[channel]}


def _line_push(is_member: bool, world: World) -> str:
    if not is_member:
        return machine.MEMBER_NOT_FOUND
    return machine.MONTHLY_LIMIT if world.is_line_push_used_up else machine.DELIVERED


def _pnp(phone_number: str, has_blocked: bool, world: World) -> str:
    """PNP reaches LINE users who are not friends of the account, but not those who blocked it."""
    if has_blocked:
        return machine.BLOCKED_ACCOUNT
    is_nobody = is_landline(phone_number) or phone_number in world.numbers_off
    return machine.NO_LINE_USER if is_nobody else machine.DELIVERED


def _sms(phone_number: str, values: Mapping[str, str], world: World) -> str:
    text = "\n".join(values.values()).casefold()
    if any(word.casefold() in text for word in world.sensitive_words):
        return machine.SENSITIVE_WORD
    if is_landline(phone_number):
        return machine.LANDLINE
    if phone_number in world.blocked_numbers:
        return machine.BLOCKED_LIST
    if phone_number in world.numbers_off:
        return machine.PHONE_OFF
    vendor = {RECOVERS: machine.VENDOR_RECOVERS, DOWN: machine.VENDOR_DOWN, SILENT: machine.CALLBACK_LOST}
    return vendor.get(world.sms_vendor, machine.DELIVERED)
