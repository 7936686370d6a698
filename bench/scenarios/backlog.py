"""Deliveries that are all due when the workers start: how many a second go out."""

from functools import partial
from pathlib import Path

from bench import stack
from bench.figures import Figures, rounded
from bench.options import Options
from bench.receivers import Receiver, fast_receiver
from bench.runs import Run, deliver_backlog, prepare_backlog, run_limit, run_plain
from bench.stack import Stack

DELIVERIES = 100_000
ENDPOINTS = 3
SLOWEST_RATE = 500
"""Deliveries a second below which a run is given up as stuck."""


def run(options: Options, folder: Path) -> Figures:
    with fast_receiver(folder, options.receiver) as receiver, stack.scaled(folder) as running:
        return measure(options, running, receiver, DELIVERIES)[0]


def measure(options: Options, running: Stack, receiver: Receiver, default: int) -> tuple[Figures, Run]:
    """The backlog with two workers or more, then its comparisons."""
    count = options.deliveries or default
    urls = [receiver.url(f"/{number}") for number in range(ENDPOINTS)]
    backlog = prepare_backlog(running, urls, count, options.seed)
    start = partial(running.start_together, options.workers)
    mine = deliver_backlog(running, receiver, backlog, start, patience(count))
    running.stop("worker", "beat")
    figures = describe(options, receiver, mine)
    if not options.alone:
        plain = run_plain(running, receiver, urls, options.seed + 1)
        figures.compare(plain, run_limit(running, receiver, mine.ledger, options.workers))
    return figures, mine


def patience(count: int) -> float:
    """Seconds that a run may take."""
    return 30 + count / SLOWEST_RATE


def describe(options: Options, receiver: Receiver, mine: Run) -> Figures:
    ledger = mine.ledger
    return Figures(
        scenario=options.scenario,
        deliveries=len(ledger.owed),
        seed=options.seed,
        workers=options.workers,
        receiver=receiver.kind,
        deliveries_per_second=rounded(mine.rate),
        lost=len(ledger.lost),
        duplicates=ledger.duplicates.total(),
        bad_signatures=ledger.bad_signatures,
        cpu_us_per_delivery=mine.cpu,
        memory_mb=mine.peak_memory,
        failures=ledger.failures(),
    )
