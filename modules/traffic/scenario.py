"""A scenario: the rate and length of a play, the mix of its actions and their outcomes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from maac_contract.sentences import gettext_noop as _
from modules.notifications import machine
from modules.notifications.machine import LINE_PUSH, PNP, SMS, Plan
from modules.receipts.conditions import MINIMUM_AMOUNT, NUMBER_ONCE, PURCHASE_PERIOD, SHOP

CONTACT, RECEIPT, SURVEY, NOTIFICATION, POINTS, OPEN = (
    "contact", "receipt", "survey", "notification", "points", "open",
)  # fmt: skip
KINDS = (CONTACT, RECEIPT, SURVEY, NOTIFICATION, POINTS, OPEN)
BIND_LINK = "bind_link"
"""Somebody opens a bind link, which sends the binding callback. It publishes no event, and only mixes that name it have
it."""
PUBLISHING = (RECEIPT, SURVEY, NOTIFICATION, POINTS, OPEN)
"""Kinds of action that publish events; every mix needs at least one."""
FAILURES = (SHOP, MINIMUM_AMOUNT, PURCHASE_PERIOD, NUMBER_ONCE)
"""The conditions that a receipt of a play can fail."""

LOWEST_RATE, HIGHEST_RATE = 0.01, 5_000.0
SHORTEST, LONGEST = 1.0, 86_400.0
MOST_EVENTS = 1_000_000
MOST_CONTACTS = 10_000
MOST_PHASES = 50
LARGEST_WEIGHT = 1_000_000.0

NOT_A_RATE = _("Write a number of events a second from 0.01 to 5000.")
NOT_A_LENGTH = _("Write a number of seconds from 1 to 86400.")
NOT_A_SEED = _("Write at most 100 printable characters.")
TOO_MANY = _("A play has at most 1000000 events: choose a lower rate or fewer seconds.")

Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ending:
    """The outcome of a notification, and whether its recipient is a contact already."""

    is_friend: bool
    plan: Plan


def _stranger(sms: str, pnp: str = machine.NO_LINE_USER) -> Ending:
    return Ending(False, {LINE_PUSH: machine.MEMBER_NOT_FOUND, PNP: pnp, SMS: sms})


def _friend(line_push: str) -> Ending:
    return Ending(True, {LINE_PUSH: line_push, PNP: machine.DELIVERED, SMS: machine.DELIVERED})


ENDINGS: dict[str, Ending] = {
    "line_push": _friend(machine.DELIVERED),
    "monthly_limit": _friend(machine.MONTHLY_LIMIT),
    "line_error": _friend(machine.LINE_ERROR),
    "pnp": _stranger(machine.DELIVERED, machine.DELIVERED),
    "sms": _stranger(machine.DELIVERED),
    **{
        name: _stranger(name)
        for name in (
            machine.PHONE_OFF,
            machine.BLOCKED_LIST,
            machine.SENSITIVE_WORD,
            machine.VENDOR_RECOVERS,
            machine.VENDOR_DOWN,
            machine.CALLBACK_LOST,
        )
    },
}


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a play. `share` is its length in proportion to the other phases."""

    share: float = 1.0
    mix: Weights = field(default_factory=lambda: dict.fromkeys(KINDS, 1.0))
    bound: float = 0.7
    """Fraction of new contacts that are bound to a customer."""
    matching: float = 0.8
    """Fraction of receipts that match; each of the others fails one condition, weighted by `failing`."""
    failing: Weights = field(default_factory=lambda: dict.fromkeys(FAILURES, 1.0))
    endings: Weights = field(default_factory=lambda: {"line_push": 5.0, "pnp": 3.0, "sms": 2.0})
    joining: float = 0.3
    """Fraction of non-contacts reached by a notification who then add the account as a friend."""
    repeated: float = 0.25
    """Fraction of opens that repeat an earlier open."""
    broadcasts: float = 0.7
    """Fraction of first opens that are of a broadcast; the others are of a direct message."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Events per second, the length in seconds, and the phases of that time."""

    rate: float
    seconds: float
    contacts: int
    """Number of contacts at the start."""
    phases: tuple[Phase, ...]

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(kind for phase in self.phases for kind, weight in phase.mix.items() if weight)


def events_of(*, rate: float, seconds: float) -> int:
    """The number of events of a play with this rate and length."""
    return max(1, round(rate * seconds))


def faults_of(*, rate: float, seconds: float) -> dict[str, str]:
    """What is wrong with a rate and a length."""
    faults = {}
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        faults["rate"] = NOT_A_RATE
    if not SHORTEST <= seconds <= LONGEST:
        faults["seconds"] = NOT_A_LENGTH
    if not faults and events_of(rate=rate, seconds=seconds) > MOST_EVENTS:
        faults["seconds"] = TOO_MANY
    return faults
