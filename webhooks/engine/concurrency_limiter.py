"""Keeps many requests in flight without letting one endpoint take more than its share."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from webhooks.engine.job import Job, Outcome


class Transport(Protocol):
    """What the limiter needs of the network."""

    def start(self, job: Job) -> None: ...

    def poll(self, timeout: float) -> list[tuple[Job, Outcome]]: ...


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many more jobs the limiter wants: in all, for an endpoint it is not busy with, and for those it is."""

    total: int
    each: int
    busy: Mapping[int, int]


class ConcurrencyLimiter:
    """`add` jobs, `collect` outcomes as they come. Jobs past an endpoint's cap wait inside, in order.

    `in_flight` caps all requests at once, `per_endpoint` those to one endpoint.
    """

    def __init__(self, transport: Transport, *, in_flight: int, per_endpoint: int) -> None:
        self._transport = transport
        self._in_flight = in_flight
        self._per_endpoint = per_endpoint
        self._flying: Counter[int] = Counter()
        self._count = 0
        self._held: dict[int, deque[Job]] = {}

    @property
    def is_idle(self) -> bool:
        return not self._count and not self._held

    @property
    def flying(self) -> int:
        """Requests in flight."""
        return self._count

    def capacity(self) -> Capacity:
        """What may be added now so that nothing has to wait inside."""
        held = sum(map(len, self._held.values()))
        busy = {endpoint: max(0, self._per_endpoint - count) for endpoint, count in self._flying.items()}
        busy.update(dict.fromkeys(self._held, 0))
        return Capacity(max(0, self._in_flight - self._count - held), self._per_endpoint, busy)

    def add(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            if self._may_start(job.endpoint_id):
                self._start(job)
            else:
                self._held.setdefault(job.endpoint_id, deque()).append(job)

    def collect(self, timeout: float) -> list[tuple[Job, Outcome]]:
        """What has finished, after at most `timeout` seconds of waiting for the network."""
        finished = self._transport.poll(timeout)
        for job, _ in finished:
            self._count -= 1
            self._flying[job.endpoint_id] -= 1
            if not self._flying[job.endpoint_id]:
                del self._flying[job.endpoint_id]
        if self._held and finished:
            self._start_held()
        return finished

    def hand_back(self) -> list[Job]:
        """Give up the jobs that wait inside, unsent; those in flight go on."""
        held = [job for jobs in self._held.values() for job in jobs]
        self._held.clear()
        return held

    def _may_start(self, endpoint_id: int) -> bool:
        return self._count < self._in_flight and self._flying[endpoint_id] < self._per_endpoint

    def _start(self, job: Job) -> None:
        self._count += 1
        self._flying[job.endpoint_id] += 1
        self._transport.start(job)

    def _start_held(self) -> None:
        for endpoint_id in list(self._held):
            jobs = self._held[endpoint_id]
            while jobs and self._may_start(endpoint_id):
                self._start(jobs.popleft())
            if not jobs:
                del self._held[endpoint_id]
