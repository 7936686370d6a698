"""Every scenario by its name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figures
from bench.options import Options
from bench.scenarios import backlog, embedded, growth, hanging, ingest, memory, slow, soak, steady


@dataclass(frozen=True)
class Scenario:
    """`run` takes the options and a folder that is gone afterwards."""

    summary: str
    run: Callable[[Options, Path], Figures]


SCENARIOS = {
    "backlog": Scenario("deliveries that wait when the workers start (100,000)", backlog.run),
    "steady": Scenario("300 events a second by REST for 30 s: latency", steady.run),
    "ingest": Scenario("events accepted by REST, single and in batches (10,000 and 30,000)", ingest.run),
    "hanging": Scenario("a fifth of the deliveries goes to an endpoint that hangs (50,000)", hanging.run),
    "slow": Scenario("the backlog with a receiver that takes 200 ms (20,000)", slow.run),
    "growth": Scenario("cost of a claim as due rows (to 1,000,000) and endpoints (to 10,000) grow", growth.run),
    "embedded": Scenario("the backlog on SQLite, in one process (30,000)", embedded.run),
    "memory": Scenario("resident memory of a worker over a long backlog (300,000)", memory.run),
    "soak": Scenario("steady load while everything is killed in turn, then the proof (600 s)", soak.run),
}
