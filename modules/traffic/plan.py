"""Plans every action of a play from the scenario and the seed alone. Pure.

The same scenario, seed and number of events give the same actions in the same order; the rate only spreads them in
time. The play is divided into one slot per event, so it publishes exactly the planned number. Actions without an event
share the slot of the next action that publishes.
"""

import heapq
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

from maac_contract.sample_context import person
from maac_contract.samples import uuid4
from maac_contract.seeded_random import SeededRandom
from modules.notifications import machine
from modules.notifications.machine import Plan
from modules.receipts.conditions import MINIMUM_AMOUNT, NUMBER_ONCE, PURCHASE_PERIOD, SHOP, Item
from modules.receipts.generated import LETTERS
from modules.receipts.rules import item_of
from modules.traffic import actions
from modules.traffic.actions import Action, Follow, TimedAction
from modules.traffic.scenario import (
    BIND_LINK,
    CONTACT,
    ENDINGS,
    NOTIFICATION,
    OPEN,
    POINTS,
    PUBLISHING,
    RECEIPT,
    SURVEY,
    Phase,
    Scenario,
    Weights,
    events_of,
)
from modules.traffic.shop import shop_of

DRAWS_WITHOUT_EVENT = 20
"""Draws without an event in one slot, after which an action that publishes one is forced."""
STEP_SLOTS = (2, 12)
JOINING_SLOTS = (5, 40)
LONGEST_NOTIFICATION = 10
"""Most events of one notification."""
LONGEST_WAIT = 3 * 24 * 3600
"""Most seconds between purchase and upload."""
OUT_OF_PERIOD = 40 * 24 * 3600

Planned = tuple[Action, bool]
"""An action, and whether it publishes an event."""
Message = tuple[Follow, int | None]
"""The recipient, and the number of the broadcast; None: a direct message."""


def plan(
    scenario: Scenario, *, seed: str, rate: float | None = None, seconds: float | None = None, edition: int = 0
) -> Iterator[TimedAction]:
    """The actions of a play in order of time.

    `edition` counts earlier plays with the same seed on the account; ids that must be unique there depend on it.
    """
    rate, seconds = rate or scenario.rate, seconds or scenario.seconds
    total = events_of(rate=rate, seconds=seconds)
    pace, planner = SeededRandom("pace", seed), _Planner(scenario, seed, edition, total)
    for slot in range(total):
        at = (slot + pace.below(1_000_000) / 1_000_000) / rate
        publishes = False
        for action, publishes in planner.slot(slot):
            yield TimedAction(at, action, publishes)
        if not publishes:
            return


@dataclass(slots=True)
class _Flight:
    """A notification that has not ended."""

    number: int
    phone_number: str
    moves: int
    source: str
    joins: bool


class _Planner:
    """Draws the actions of one slot after the other, and holds the state that later slots depend on."""

    def __init__(self, scenario: Scenario, seed: str, edition: int, total: int) -> None:
        self._scenario, self._seed, self._total = scenario, seed, total
        self._rng, self._ids = SeededRandom("plan", seed), SeededRandom("ids", f"{seed}/{edition}")
        self._shop = shop_of(seed)
        self._code = SeededRandom("customers", seed).digits(6)
        self._ends = _ends(scenario, total)
        self._slot = 0
        self._flights: list[tuple[int, int, _Flight]] = []
        """A heap of (slot of the next move, number, flight)."""
        self._reserved = 0
        """Events that the unfinished flights are still to publish."""
        self._notifications = 0
        self._broadcasts = 0
        self._people: list[Follow] = []
        self._customers: list[Follow] = []
        self._pushed = 0
        """How many people, counted from the first, were sent their direct message."""
        self._numbers: set[str] = set()
        self._matched: list[str] = []
        self._unread: list[Message] = []
        self._read: list[Message] = []
        self._kinds: dict[str, Callable[[bool], Iterator[Planned]]] = {
            CONTACT: self._contact,
            BIND_LINK: self._bind_link,
            RECEIPT: self._receipt,
            SURVEY: self._survey,
            NOTIFICATION: self._notification,
            POINTS: self._points,
            OPEN: self._open,
        }

    def slot(self, slot: int) -> Iterator[Planned]:
        """The slot's actions; only the last one publishes an event. None does if the mix allows no further event."""
        self._slot = slot
        if slot == 0:
            for _place in range(self._scenario.contacts):
                yield self._follow(), False
        for draw in range(2 * DRAWS_WITHOUT_EVENT):
            publishes = False
            for action, publishes in self._draw(must_publish=draw >= DRAWS_WITHOUT_EVENT):
                yield action, publishes
            if publishes:
                return
        if self._flights:
            # No new notification could end before the play does, so an unfinished one moves early.
            yield from self._go_on(heapq.heappop(self._flights)[2])

    @property
    def _phase(self) -> Phase:
        return next(phase for end, phase in self._ends if self._slot < end)

    @property
    def _room(self) -> int:
        """Slots left that are not reserved for unfinished flights."""
        return self._total - self._slot - self._reserved

    def _draw(self, *, must_publish: bool) -> Iterator[Planned]:
        if self._flights and (self._flights[0][0] <= self._slot or self._room <= 0):
            return self._go_on(heapq.heappop(self._flights)[2])
        mix = dict(self._phase.mix)
        if must_publish:
            mix = {kind: weight for kind, weight in mix.items() if kind in PUBLISHING}
        if self._room < LONGEST_NOTIFICATION and any(mix.get(kind) for kind in PUBLISHING if kind != NOTIFICATION):
            mix.pop(NOTIFICATION, None)
        return self._kinds[_weighed(self._rng, mix)](must_publish)

    def _contact(self, _must_publish: bool) -> Iterator[Planned]:
        yield self._follow(), False

    def _bind_link(self, _must_publish: bool) -> Iterator[Planned]:
        who = self._follow(is_customer=True)
        yield replace(who, customer_id=None), False
        yield actions.OpenLink(who.line_uid, who.customer_id or "", who.email, who.mobile), False

    def _receipt(self, must_publish: bool) -> Iterator[Planned]:
        who = yield from self._somebody()
        matches = must_publish or self._rng.chance(self._phase.matching)
        breaks = None if matches else _weighed(self._rng, self._phase.failing)
        if breaks == NUMBER_ONCE and not self._matched:
            breaks = SHOP
        number = self._rng.pick(self._matched) if breaks == NUMBER_ONCE else self._number()
        if matches:
            self._matched.append(number)
        upload = actions.Upload(
            line_uid=who.line_uid,
            number=number,
            random_number=self._rng.digits(4),
            bought_before=OUT_OF_PERIOD if breaks == PURCHASE_PERIOD else self._rng.between(60, LONGEST_WAIT),
            channel=self._shop.stranger if breaks == SHOP else self._rng.pick(self._shop.brand.shops),
            items=self._items(breaks),
            breaks=breaks,
        )
        yield upload, matches

    def _survey(self, _must_publish: bool) -> Iterator[Planned]:
        who = yield from self._somebody()
        yield actions.Answer(who.line_uid, f"{self._seed}/{self._slot}", self._ids.hex(32)), True

    def _points(self, _must_publish: bool) -> Iterator[Planned]:
        who = yield from self._customer()
        yield actions.Reward(who.line_uid, uuid4(self._ids)), True

    def _notification(self, _must_publish: bool) -> Iterator[Planned]:
        ending = ENDINGS[_weighed(self._rng, self._phase.endings)]
        statuses = _walked(ending.plan)
        has_come = not ending.is_friend and machine.has_delivered(statuses[-1])
        joins = has_come and self._rng.chance(self._phase.joining)
        if len(statuses) + joins > self._room:
            return
        phone_number = (yield from self._somebody()).mobile if ending.is_friend else self._mobile()
        self._notifications += 1
        number, source = self._notifications, machine.channel_of(statuses[-1])
        self._reserved += len(statuses) - 1 + joins
        self._put_off(_Flight(number, phone_number, len(statuses) - 1, source, joins))
        yield actions.Notify(number, phone_number, self._rng.between(1, 500), ending.plan), True

    def _open(self, must_publish: bool) -> Iterator[Planned]:
        if self._read and not must_publish and self._rng.chance(self._phase.repeated):
            who, broadcast = self._rng.pick(self._read)
            yield actions.Open(who.line_uid, broadcast), False
            return
        who, broadcast = yield from self._message(must_publish)
        self._read.append((who, broadcast))
        yield actions.Open(who.line_uid, broadcast), who.customer_id is not None

    def _go_on(self, flight: _Flight) -> Iterator[Planned]:
        self._reserved -= 1
        if not flight.moves:
            yield self._follow(flight.phone_number), False
            yield actions.Bind(self._people[-1].line_uid, flight.phone_number, flight.source), True
            return
        flight.moves -= 1
        if flight.moves or flight.joins:
            self._put_off(flight)
        yield actions.Move(flight.number), True

    def _put_off(self, flight: _Flight) -> None:
        wait = self._rng.between(*(STEP_SLOTS if flight.moves else JOINING_SLOTS))
        heapq.heappush(self._flights, (self._slot + wait, flight.number, flight))

    def _message(self, must_publish: bool) -> Generator[Planned, None, Message]:
        """A message that its contact has not opened; if there is none, one is sent first."""
        who = yield from (self._customer() if must_publish else self._somebody())
        if self._pushed < len(self._people) and not self._rng.chance(self._phase.broadcasts) and not must_publish:
            who = self._people[self._pushed]
            self._pushed += 1
            yield actions.Push(who.line_uid), False
            return who, None
        if must_publish:
            self._unread = [each for each in self._unread if each[0].customer_id is not None]
        if not self._unread:
            self._broadcasts += 1
            yield actions.Broadcast(self._broadcasts), False
            readers = self._customers if must_publish else self._people
            self._unread = [(reader, self._broadcasts) for reader in readers]
        place = self._rng.below(len(self._unread))
        self._unread[place], self._unread[-1] = self._unread[-1], self._unread[place]
        return self._unread.pop()

    def _somebody(self) -> Generator[Planned, None, Follow]:
        if not self._people:
            yield self._follow(), False
        return self._rng.pick(self._people)

    def _customer(self) -> Generator[Planned, None, Follow]:
        """A contact who is bound to a customer."""
        if not self._customers:
            yield self._follow(is_customer=True), False
        return self._rng.pick(self._customers)

    def _follow(self, mobile: str = "", *, is_customer: bool = False) -> Follow:
        number = len(self._people) + 1
        drawn = person(f"{self._seed}/{number}", self._shop.brand.language)
        is_customer = is_customer or self._rng.chance(self._phase.bound)
        who = Follow(
            line_uid=drawn.line_uid,
            customer_id=f"M-{self._code}-{number:05}" if is_customer else None,
            name=drawn.name,
            mobile=mobile or drawn.mobile,
            email=drawn.email,
            gender=drawn.gender,
            birthday=drawn.birthday,
        )
        self._people.append(who)
        if is_customer:
            self._customers.append(who)
        return who

    def _mobile(self) -> str:
        return f"+8869{self._rng.digits(8)}"

    def _number(self) -> str:
        while (number := self._rng.text(LETTERS, 2) + self._rng.digits(8)) in self._numbers:
            pass
        self._numbers.add(number)
        return number

    def _items(self, breaks: str | None) -> tuple[Item, ...]:
        if breaks == MINIMUM_AMOUNT:
            name, price = self._shop.cheapest
            return (item_of(description=name, unit_price=price),)
        bought = self._rng.some(self._shop.brand.products, self._rng.between(2, 4))
        return tuple(
            item_of(description=name, unit_price=price, quantity=float(self._rng.pick((1, 1, 1, 2, 2, 3))))
            for name, price in bought
        )


def _ends(scenario: Scenario, total: int) -> list[tuple[float, Phase]]:
    """Each phase with the slot before which it ends; infinity for the last."""
    shares = list(accumulate(phase.share for phase in scenario.phases))
    ends = [round(total * share / shares[-1]) for share in shares[:-1]]
    return list(zip([*ends, float("inf")], scenario.phases, strict=True))


def _weighed(rng: SeededRandom, weights: Weights) -> str:
    """A name, drawn in proportion to the weights."""
    left = rng.below(2**53) / 2**53 * sum(weights.values())
    for name, weight in weights.items():
        left -= weight
        if left < 0:
            return name
    return max(weights, key=lambda name: weights[name])


def _walked(plan: Plan) -> list[str]:
    """The statuses of a notification in order."""
    statuses = [machine.first_status(plan)]
    while move := machine.next_move(statuses[-1], plan):
        statuses.append(move.status)
    return statuses
