"""Sends jobs through a network of the engine, and reads their outcomes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pycurl

from tests.receiver import Receiver
from webhooks.engine.addresses import AddressPolicy
from webhooks.engine.exchange import Limits
from webhooks.engine.job import Answered, Job, Outcome, Reason, Unanswered
from webhooks.engine.network import Network

SHORT = Limits(connect_timeout=0.3, attempt_timeout=0.3)
CLOSED = AddressPolicy(allow_private_networks=False)


@contextmanager
def network(kind: type[Network] = Network, **options: Any) -> Iterator[Network]:
    opened = kind(user_agent="maac-sim/test", **{"limits": SHORT, **options})
    try:
        yield opened
    finally:
        opened.close()


def send(opened: Network, *jobs: Job, timeout: float = 3) -> dict[int, Outcome]:
    """Outcomes by delivery id."""
    for one in jobs:
        opened.start(one)
    outcomes: dict[int, Outcome] = {}
    deadline = time.monotonic() + timeout
    while len(outcomes) < len(jobs) and time.monotonic() < deadline:
        outcomes.update({done.delivery_id: outcome for done, outcome in opened.poll(0.05)})
    return outcomes


def collect(opened: Network, timeout: float = 3) -> list[tuple[Job, Outcome]]:
    """What comes back first."""
    deadline = time.monotonic() + timeout
    finished: list[tuple[Job, Outcome]] = []
    while not finished and time.monotonic() < deadline:
        finished = opened.poll(0.05)
    return finished


def send_one(one: Job, **options: Any) -> Outcome:
    with network(**options) as opened:
        return send(opened, one)[one.delivery_id]


def answer(outcome: Outcome) -> Answered:
    assert isinstance(outcome, Answered), outcome
    return outcome


def fault(outcome: Outcome) -> tuple[Reason, str]:
    assert isinstance(outcome, Unanswered), outcome
    return outcome.reason, outcome.detail


class Names(Network):
    """A network whose names resolve as the test says, in place of DNS."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.lines: list[str] = []

    def point(self, receiver: Receiver, *addresses: str) -> str:
        """Let crm.example have these addresses from now on; the URL that leads to the receiver's port there."""
        name = f"crm.example:{receiver.port}"
        self.lines = [f"-{name}", f"{name}:{','.join(addresses)}"]
        return f"http://{name}/hook"

    def start(self, job: Job) -> None:
        if not self._idle:
            self._idle.append(self._new_exchange())
        self._idle[-1].handle.setopt(pycurl.RESOLVE, self.lines)
        super().start(job)
