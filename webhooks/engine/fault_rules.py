"""Decides to which attempts an injected fault is applied: by topic, attempt number, every nth match, and probability.

Probability uses a seeded generator, so decisions are reproducible. Deliveries that are held back stay in the queue
with a later due time, so no state is kept in a worker. `held` are deliveries that wait for their time, or for their
group to be complete; `leaving` are those of a complete group, sent one after another, the last one first. `in_flight`
are those with an unsettled attempt to which the fault was applied: if one is due again, because its worker was killed
or returned the claim, it is the same attempt, and the fault is applied again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from maac_contract.fault_kinds import FaultKind
from webhooks.engine.job import FaultSpec


class FaultDecision(NamedTuple):
    """What to do with an attempt: send it, with `fault` if there is one, or `hold` it for so many seconds.

    `releases` is the id of a held delivery to send now.
    """

    fault: FaultSpec | None = None
    hold: float | None = None
    releases: int | None = None


@dataclass(slots=True)
class FaultRule:
    """A fault, the attempts it matches, and its state. `times=None` applies it without a limit until it expires."""

    fault: FaultSpec
    topic: str = ""
    attempt: int | None = None
    every: int = 1
    probability: float = 1.0
    times: int | None = 1
    count: int = 0
    is_expired: bool = False
    seen: int = 0
    hits: int = 0
    held: list[int] = field(default_factory=list)
    leaving: list[int] = field(default_factory=list)
    in_flight: list[int] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return self._is_spent and not self.deliveries

    @property
    def deliveries(self) -> list[int]:
        """Ids of the deliveries that the fault still controls."""
        return [*self.held, *self.leaving, *self.in_flight]

    @property
    def _is_spent(self) -> bool:
        return self.is_expired or (self.times is not None and self.hits >= self.times)

    def controls(self, delivery_id: int) -> bool:
        return delivery_id in self.deliveries

    def matches(self, topic: str, number: int) -> bool:
        """Count the attempt in `seen` if topic and number match; whether the fault is to be applied to it."""
        if self._is_spent or (self.topic and self.topic != topic) or (self.attempt and self.attempt != number):
            return False
        self.seen += 1
        dice = Random(f"{self.fault.seed} {self.seen}")  # noqa: S311 - to be repeated, not to be secret
        return self.seen % self.every == 0 and dice.random() < self.probability

    def apply(self, delivery_id: int) -> FaultDecision:
        """Apply the fault to a delivery's attempt: send it with the fault, or hold it back."""
        if self.fault.kind is FaultKind.REVERSE and len(self.held) + 1 < self.count:
            self.held.append(delivery_id)
            return FaultDecision(hold=self.fault.seconds)
        self.hits += 1
        if self.fault.kind is FaultKind.REVERSE:
            self._release_group()
        if self.fault.kind is FaultKind.DELAY:
            self.held.append(delivery_id)
            return FaultDecision(hold=self.fault.seconds)
        return self._send(delivery_id)

    def resume(self, delivery_id: int) -> FaultDecision:
        """Decide on a delivery that the fault controls and that is due again."""
        if delivery_id in self.in_flight:
            return FaultDecision(self.fault)
        if self.fault.kind is FaultKind.DELAY:
            self.held.remove(delivery_id)
            return self._send(delivery_id)
        if delivery_id in self.held:
            # Its time is up before the group is complete.
            self.hits += 1
            self._release_group()
            if self.leaving[-1] != delivery_id:
                return FaultDecision(hold=self.fault.seconds, releases=self.leaving[-1])
        self.leaving.remove(delivery_id)
        return self._send(delivery_id)

    def settle(self, delivery_id: int, *, was_applied: bool = True) -> None:
        """The attempt is settled. If the fault was not applied after all, it does not count as a hit."""
        if delivery_id in self.in_flight:
            self.in_flight.remove(delivery_id)
            self.hits -= not was_applied

    def drop_ended(self, waiting: Collection[int]) -> None:
        """Forget deliveries that have left the queue otherwise, such as skipped ones.

        Their attempt was never made, so it does not count as a hit, unless the fault's effect is holding back.
        """
        self.held = [each for each in self.held if each in waiting]
        self.leaving = [each for each in self.leaving if each in waiting]
        for ended in [each for each in self.in_flight if each not in waiting]:
            self.settle(ended, was_applied=self.fault.kind in (FaultKind.DELAY, FaultKind.REVERSE))

    def _send(self, delivery_id: int) -> FaultDecision:
        self.in_flight.append(delivery_id)
        return FaultDecision(self.fault)

    def _release_group(self) -> None:
        self.leaving += self.held
        self.held.clear()


def decide(rules: Sequence[FaultRule], *, delivery_id: int, topic: str, number: int) -> FaultDecision:
    """Decide on an attempt by these rules, oldest first. Each counts the attempts it matches; only one is applied."""
    for each in rules:
        if each.controls(delivery_id):
            return each.resume(delivery_id)
    matching = [each for each in rules if each.matches(topic, number)]
    return matching[0].apply(delivery_id) if matching else FaultDecision()
