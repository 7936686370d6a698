"""Breaks the running simulator at random moments from a seed, and brings each part back after a moment."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.figures import say
from bench.stack import Stack

QUIET = (0.5, 3.5)
"""Seconds between the end of one fault and the next, at least and at most."""
DOWN = (0.2, 1.5)
"""Seconds before a killed process is started again."""
WARM_SHUTDOWN = 12.0
"""Seconds within which a worker must exit after SIGTERM."""
BOTH_WORKERS = 0.25
"""Fraction of worker kills that kill both workers."""


@dataclass(frozen=True)
class Disruption:
    """What was broken, and from when until when it was away (seconds since 1970)."""

    what: str
    begin: float
    end: float

    def overlaps(self, begin: float, end: float) -> bool:
        return self.begin <= end and begin <= self.end


class Chaos:
    """`run` breaks one thing after another. Every kind comes once before any comes again."""

    def __init__(self, stack: Stack, seed: int) -> None:
        self.faults: list[Disruption] = []
        self.violations: list[str] = []
        self._stack = stack
        self._dice = random.Random(seed)  # noqa: S311 - not for secrecy
        self._kinds: dict[str, Callable[[], None]] = {
            "worker killed": self._kill_worker,
            "worker stopped": self._end_worker,
            "web killed": self._kill_web,
            "Redis killed": self._kill_redis,
            "PostgreSQL restarted": self._restart_postgres,
            "beat killed": self._kill_beat,
        }

    def run(self, seconds: float) -> None:
        """Go on for so long, and at least until every kind of fault has been there."""
        end, waiting = time.monotonic() + seconds, self._shuffled()
        while time.monotonic() < end or len(self.faults) < len(self._kinds):
            time.sleep(self._dice.uniform(*QUIET))
            waiting = waiting or self._shuffled()
            self._break(waiting.pop())

    def _shuffled(self) -> list[str]:
        return self._dice.sample(list(self._kinds), len(self._kinds))

    def _break(self, what: str) -> None:
        begin = time.time()
        self._kinds[what]()
        self.faults.append(Disruption(what, begin, time.time()))
        say(f"{what}; back after {self.faults[-1].end - begin:.1f} s")

    def _stay_down(self) -> None:
        time.sleep(self._dice.uniform(*DOWN))

    def _kill_worker(self) -> None:
        workers = self._stack.programs["worker"]
        doomed = list(workers) if self._dice.random() < BOTH_WORKERS else [self._dice.choice(workers)]
        for process in doomed:
            process.kill()
            self._stack.drop("worker", process)
        self._stay_down()
        self._stack.start_workers(len(doomed))

    def _end_worker(self) -> None:
        process = self._dice.choice(self._stack.programs["worker"])
        began = time.monotonic()
        code = process.terminate(timeout=2 * WARM_SHUTDOWN)
        took = time.monotonic() - began
        if code or took > WARM_SHUTDOWN:
            self.violations.append(f"A worker that was asked to stop did so with code {code} after {took:.1f} s.")
        self._stack.drop("worker", process)
        self._stack.start_workers(1)

    def _kill_web(self) -> None:
        self._stack.stop("web")
        self._stay_down()
        self._stack.start_web()

    def _kill_beat(self) -> None:
        self._stack.stop("beat")
        self._stay_down()
        self._stack.start("beat", ["maac-sim", "beat"])

    def _kill_redis(self) -> None:
        self._stack.redis.kill()
        self._stay_down()
        self._stack.redis.restart()

    def _restart_postgres(self) -> None:
        if self._stack.postgres:
            self._stack.postgres.restart()
