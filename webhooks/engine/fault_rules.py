"""Which attempts a injected fault strikes: by topic, attempt, every nth of those, and by dice that a seed repeats.

What is held back stands in the queue like everything else and comes due by itself, so nothing depends on a worker that
remembers. `held` are deliveries that wait for their time, or for a group to be full; `leaving` those of a full group
that follow one after another, the last one first. `in_flight` are those whose attempt was struck and is not settled:
one of them that is due again, because its worker was killed or gave it back, is the same attempt, and struck again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from maac_contract.fault_kinds import FaultKind
from webhooks.engine.job import FaultSpec


class Ruling(NamedTuple):
    """What is to be done with an attempt: send it, perhaps with a fault, or `hold` it for so many seconds.

    `wakes` is a delivery that was held and is to be sent now.
    """

    fault: FaultSpec | None = None
    hold: float | None = None
    wakes: int | None = None


@dataclass(slots=True)
class Script:
    """A fault, what it strikes, and what it has counted. Without `times` it strikes until it expires."""

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
        """Those that the fault is not done with."""
        return [*self.held, *self.leaving, *self.in_flight]

    @property
    def _is_spent(self) -> bool:
        return self.is_expired or (self.times is not None and self.hits >= self.times)

    def waits_for(self, delivery_id: int) -> bool:
        return delivery_id in self.deliveries

    def picks(self, topic: str, number: int) -> bool:
        """Count the attempt if it is one of those that are meant, and whether it is one to be struck."""
        if self._is_spent or (self.topic and self.topic != topic) or (self.attempt and self.attempt != number):
            return False
        self.seen += 1
        dice = Random(f"{self.fault.seed} {self.seen}")  # noqa: S311 - to be repeated, not to be secret
        return self.seen % self.every == 0 and dice.random() < self.probability

    def strike(self, delivery_id: int) -> Ruling:
        if self.fault.kind is FaultKind.REVERSE and len(self.held) + 1 < self.count:
            self.held.append(delivery_id)
            return Ruling(hold=self.fault.seconds)
        self.hits += 1
        if self.fault.kind is FaultKind.REVERSE:
            self._let_group_go()
        if self.fault.kind is FaultKind.DELAY:
            self.held.append(delivery_id)
            return Ruling(hold=self.fault.seconds)
        return self._send(delivery_id)

    def let_go(self, delivery_id: int) -> Ruling:
        """One that it waits for is due."""
        if delivery_id in self.in_flight:
            return Ruling(self.fault)
        if self.fault.kind is FaultKind.DELAY:
            self.held.remove(delivery_id)
            return self._send(delivery_id)
        if delivery_id in self.held:
            # The group did not become full in time.
            self.hits += 1
            self._let_group_go()
            if self.leaving[-1] != delivery_id:
                return Ruling(hold=self.fault.seconds, wakes=self.leaving[-1])
        self.leaving.remove(delivery_id)
        return self._send(delivery_id)

    def settle(self, delivery_id: int, *, was_struck: bool = True) -> None:
        """The attempt is over. One that was not struck after all leaves the fault to others."""
        if delivery_id in self.in_flight:
            self.in_flight.remove(delivery_id)
            self.hits -= not was_struck

    def drop_ended(self, waiting: Collection[int]) -> None:
        """Forget deliveries that have left the queue otherwise, as those that are skipped do.

        One whose attempt was never made was not struck; but what was held back has been.
        """
        self.held = [each for each in self.held if each in waiting]
        self.leaving = [each for each in self.leaving if each in waiting]
        for ended in [each for each in self.in_flight if each not in waiting]:
            self.settle(ended, was_struck=self.fault.kind in (FaultKind.DELAY, FaultKind.REVERSE))

    def _send(self, delivery_id: int) -> Ruling:
        self.in_flight.append(delivery_id)
        return Ruling(self.fault)

    def _let_group_go(self) -> None:
        self.leaving += self.held
        self.held.clear()


def rule(scripts: Sequence[Script], *, delivery_id: int, topic: str, number: int) -> Ruling:
    """What these scripts, the oldest first, make of an attempt. Each counts what it is meant for; one strikes."""
    for script in scripts:
        if script.waits_for(delivery_id):
            return script.let_go(delivery_id)
    picking = [script for script in scripts if script.picks(topic, number)]
    return picking[0].strike(delivery_id) if picking else Ruling()
