"""Limits the requests in flight, in all and to each endpoint."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from webhooks.engine.job import Job, Outcome


class Transport(Protocol):
    """The part of Network that the limiter uses."""

    def start(self, job: Job) -> None: ...

    def poll(self, timeout: float) -> list[tuple[Job, Outcome]]: ...


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many more jobs the limiter can start: in `total`, for `each` endpoint without requests in flight, and by
    endpoint id for the `busy` ones."""

    total: int
    each: int
    busy: Mapping[int, int]


class ConcurrencyLimiter:
    """`add` jobs, `collect` outcomes as they arrive. Jobs over a limit wait in a queue per endpoint, in order.

    `in_flight` limits all concurrent requests, `per_endpoint` those to one endpoint.
    """

    def __init__(self, transport: Transport, *, in_flight: int, per_endpoint: int) -> None:
        self._transport = transport
        self._max_in_flight = in_flight
        self._max_per_endpoint = per_endpoint
        self._by_endpoint: Counter[int] = Counter()
        self._in_flight = 0
        self._waiting: dict[int, deque[Job]] = {}

    @property
    def is_idle(self) -> bool:
        return not self._in_flight and not self._waiting

    @property
    def in_flight(self) -> int:
        """Requests in flight."""
        return self._in_flight

    def capacity(self) -> Capacity:
        """How many jobs can be added now without any having to wait."""
        waiting = sum(map(len, self._waiting.values()))
        busy = {endpoint: max(0, self._max_per_endpoint - count) for endpoint, count in self._by_endpoint.items()}
        busy.update(dict.fromkeys(self._waiting, 0))
        return Capacity(max(0, self._max_in_flight - self._in_flight - waiting), self._max_per_endpoint, busy)

    def add(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            if self._may_start(job.endpoint_id):
                self._start(job)
            else:
                self._waiting.setdefault(job.endpoint_id, deque()).append(job)

    def collect(self, timeout: float) -> list[tuple[Job, Outcome]]:
        """Wait at most `timeout` seconds for the network; return finished jobs with their outcomes."""
        finished = self._transport.poll(timeout)
        for job, _ in finished:
            self._in_flight -= 1
            self._by_endpoint[job.endpoint_id] -= 1
            if not self._by_endpoint[job.endpoint_id]:
                del self._by_endpoint[job.endpoint_id]
        if self._waiting and finished:
            self._start_waiting()
        return finished

    def take_waiting(self) -> list[Job]:
        """Remove and return the jobs that are waiting, unsent; those in flight go on."""
        waiting = [job for jobs in self._waiting.values() for job in jobs]
        self._waiting.clear()
        return waiting

    def _may_start(self, endpoint_id: int) -> bool:
        return self._in_flight < self._max_in_flight and self._by_endpoint[endpoint_id] < self._max_per_endpoint

    def _start(self, job: Job) -> None:
        self._in_flight += 1
        self._by_endpoint[job.endpoint_id] += 1
        self._transport.start(job)

    def _start_waiting(self) -> None:
        for endpoint_id in list(self._waiting):
            jobs = self._waiting[endpoint_id]
            while jobs and self._may_start(endpoint_id):
                self._start(jobs.popleft())
            if not jobs:
                del self._waiting[endpoint_id]
