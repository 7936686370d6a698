"""Verifies a soak run: compares the database, the receivers' logs and the list of faults."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from bench.arrivals import Arrival
from bench.chaos import Disruption
from bench.database import Database
from maac_contract.contract import RETRY_WAITS

BEFORE_A_CRASH = 3.0
"""Seconds before a crash in which a request may have gone out whose outcome was not stored yet: one that waited for its
answer (the attempt timeout is 2 s in a soak), and then for the next settling."""
AFTER_A_CRASH = 1.0
EARLY = 0.05
LATE = 5.0
"""Seconds by which a retry may come before and after its time where nothing was broken. A sweep comes each second."""
LEASE = 7.0
"""Seconds that the claims of a worker that was killed outlast it in a soak."""
CRASHES = ("worker killed", "worker stopped", "PostgreSQL restarted")
"""Faults that can make a delivery go out twice."""


class Tried(NamedTuple):
    """An attempt as the database has it. `begin` and `end` in seconds since 1970."""

    number: int
    begin: float
    end: float
    reason: str


@dataclass
class Verification:
    """What was found. `extra` are requests that arrived without an attempt in the database, which a crash explains."""

    violations: list[str] = field(default_factory=list)
    extra: int = 0
    retries: int = 0
    lateness: list[float] = field(default_factory=list)
    """Milliseconds by which retries came after their time where no fault was near."""

    def blame(self, count: int, what: str) -> None:
        """Record a violation, if any."""
        if count:
            self.violations.append(f"{count} {what}")


def hold(
    database: Database, accepted: Iterable[str], came: Mapping[str, Sequence[float]], faults: Sequence[Disruption]
) -> Verification:
    """Look into everything: `accepted` are the keys of the answers, `came` is when each key arrived."""
    verification = Verification()
    deliveries = {key: (status, reason) for key, status, reason in database.rows(_DELIVERIES)}
    attempts = read_attempts(database)
    verification.blame(sum(key not in deliveries for key in accepted), "accepted deliveries are not in the database.")
    look_at_ends(verification, deliveries, came)
    look_at_extras(verification, attempts, came, faults)
    look_at_retries(verification, attempts, faults)
    return verification


def by_key(arrivals: Iterable[Arrival]) -> dict[str, list[float]]:
    """When each key arrived."""
    came: dict[str, list[float]] = defaultdict(list)
    for arrival in arrivals:
        came[arrival.key].append(arrival.at)
    return came


def look_at_ends(
    verification: Verification, deliveries: Mapping[str, tuple[str, str]], came: Mapping[str, Sequence[float]]
) -> None:
    """Check that every delivery has ended: it arrived, or has a reason."""
    ends = [(status, reason, key in came) for key, (status, reason) in deliveries.items()]
    verification.blame(
        sum(status not in _DONE for status, *_ in ends), "deliveries are stuck: neither done nor failed."
    )
    verification.blame(
        sum(status == "delivered" and not arrived for status, _, arrived in ends), "deliveries were lost."
    )
    unexplained = sum(status in ("failed", "skipped") and not reason for status, reason, _ in ends)
    verification.blame(unexplained, "deliveries failed or were skipped without a reason.")
    verification.blame(sum(key not in deliveries for key in came), "keys arrived that no delivery has.")


def look_at_extras(
    verification: Verification,
    attempts: Mapping[str, Sequence[Tried]],
    came: Mapping[str, Sequence[float]],
    faults: Sequence[Disruption],
) -> None:
    """Check that requests without an attempt are close to a crash, and that no delivery succeeds twice."""
    crashes = [fault for fault in faults if fault.what in CRASHES]
    unexplained = 0
    for key, times in came.items():
        extra = max(0, len(times) - len(attempts.get(key, ())))
        near = sum(any(_explains(crash, at) for crash in crashes) for at in times)
        verification.extra += extra
        unexplained += max(0, extra - near)
    verification.blame(unexplained, "requests came again though no crash was near.")
    twice = sum(sum(tried.reason == "OK" for tried in series) > 1 for series in attempts.values())
    verification.blame(twice, "deliveries were sent again after they had succeeded.")


def look_at_retries(
    verification: Verification, attempts: Mapping[str, Sequence[Tried]], faults: Sequence[Disruption]
) -> None:
    """Check that every retry came on time: never early, and no later than faults explain."""
    early = late = 0
    for series in attempts.values():
        for before, after in pairwise(series):
            due = before.end + RETRY_WAITS[before.number - 1]
            near = [fault.end + LEASE for fault in faults if fault.overlaps(before.end, after.begin)]
            verification.retries += 1
            early += after.begin < due - EARLY
            late += after.begin > max([due, *near]) + LATE
            if not near:
                verification.lateness.append(max(0.0, after.begin - due) * 1000)
    verification.blame(early, "retries came too early.")
    verification.blame(late, "retries came too late.")


def read_attempts(database: Database) -> dict[str, list[Tried]]:
    """Every delivery's attempts in their order."""
    attempts: dict[str, list[Tried]] = defaultdict(list)
    for key, number, begin, duration, reason in database.rows(_ATTEMPTS):
        attempts[key].append(Tried(number, float(begin), float(begin) + duration / 1000, reason))
    return attempts


def _explains(crash: Disruption, at: float) -> bool:
    """Whether the outcome of a request of this moment can have been lost in the crash."""
    return crash.overlaps(at - AFTER_A_CRASH, at + BEFORE_A_CRASH)


_DONE = ("delivered", "failed", "skipped")
_DELIVERIES = "SELECT idempotency_key, status, reason FROM webhooks_delivery"
_ATTEMPTS = """
SELECT idempotency_key, number, extract(epoch FROM started_at), duration_ms, webhooks_attempt.reason
FROM webhooks_attempt JOIN webhooks_delivery ON webhooks_delivery.id = delivery_id ORDER BY delivery_id, number
"""
