"""Compares what arrived with what the database promised: every key once, every body and signature to the byte."""

import hmac
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from bench.arrivals import Arrival
from bench.database import Database


@dataclass(frozen=True)
class Target:
    """An endpoint of the run."""

    id: int
    url: str
    secret: str

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


class Owed(NamedTuple):
    """A delivery that has to arrive."""

    endpoint_id: int
    event_id: int
    status: str


@dataclass
class Ledger:
    """What is owed: deliveries by their key, bodies by their event."""

    targets: dict[int, Target]
    owed: dict[str, Owed]
    bodies: dict[int, bytes]
    times: dict[str, float] = field(default_factory=dict)
    """When each key arrived first, in seconds since 1970."""
    duplicates: Counter[str] = field(default_factory=Counter)
    """How often each key came again."""
    bad_signatures: int = 0
    """Requests whose signature, body or path is not the right one, and those that nobody owed."""

    def take(self, arrivals: Iterable[Arrival]) -> None:
        """Check each request that came."""
        for arrival in arrivals:
            if arrival.key in self.times:
                self.duplicates[arrival.key] += 1
            elif arrival.key in self.owed:
                self.times[arrival.key] = arrival.at
            self.bad_signatures += not self._is_right(arrival)

    @property
    def lost(self) -> list[str]:
        """Keys that never came."""
        return [key for key in self.owed if key not in self.times]

    def failures(self) -> list[str]:
        """Sentences for what is wrong; none for a good run."""
        undelivered = sum(owed.status != "delivered" for owed in self.owed.values())
        return [
            text
            for wrong, text in (
                (self.lost, f"{len(self.lost)} deliveries were lost."),
                (self.duplicates, f"{self.duplicates.total()} requests came a second time."),
                (self.bad_signatures, f"{self.bad_signatures} requests had a wrong signature, body, path or key."),
                (undelivered, f"{undelivered} deliveries do not stand as delivered in the database."),
            )
            if wrong
        ]

    def signature(self, key: str) -> str:
        """The right signature for a delivery."""
        owed = self.owed[key]
        secret = self.targets[owed.endpoint_id].secret
        return hmac.digest(secret.encode(), self.bodies[owed.event_id], "sha256").hex()

    def _is_right(self, arrival: Arrival) -> bool:
        owed = self.owed.get(arrival.key)
        return (
            owed is not None
            and arrival.body == self.bodies[owed.event_id]
            and arrival.path == self.targets[owed.endpoint_id].path
            and arrival.signature == self.signature(arrival.key)
        )


def open_ledger(database: Database, targets: Iterable[Target], *, after_id: int = 0, limit: int = 0) -> Ledger:
    """What is owed to these endpoints: the deliveries behind `after_id`, all of them or the first `limit`."""
    by_id = {target.id: target for target in targets}
    ids = ", ".join(map(str, by_id))
    most = f"ORDER BY id LIMIT {limit}" if limit else ""
    chosen = (
        "SELECT idempotency_key, endpoint_id, event_id, status FROM webhooks_delivery"  # noqa: S608 - numbers of ours
        f" WHERE id > {after_id} AND endpoint_id IN ({ids}) {most}"
    )
    owed = {key: Owed(*rest) for key, *rest in database.rows(chosen)}
    first = min((entry.event_id for entry in owed.values()), default=0)
    last = max((entry.event_id for entry in owed.values()), default=0)
    events = f"SELECT id, body FROM events_event WHERE id BETWEEN {first} AND {last}"  # noqa: S608 - numbers of ours
    return Ledger(by_id, owed, {event_id: body.encode() for event_id, body in database.rows(events)})
