"""The backlog with a receiver that takes 200 ms to answer: the rate is bounded by what may be in flight."""

from functools import partial
from pathlib import Path

from bench import stack
from bench.figures import Figures, ratio
from bench.options import Options
from bench.receivers import own_receiver
from bench.runs import deliver_backlog, prepare_backlog, run_limit, run_plain
from bench.scenarios.backlog import describe, patience

DELIVERIES = 20_000
DELAY = 0.2
"""Seconds."""
IN_FLIGHT, ENDPOINTS = 512, 8
"""What one worker has in flight at most, and as many endpoints as that takes at 64 each."""
PLAIN_COUNT = 200


def run(options: Options, folder: Path) -> Figures:
    count = options.deliveries or DELIVERIES
    with own_receiver(folder / "slow", delay=DELAY) as receiver, stack.scaled(folder) as running:
        urls = [receiver.url(f"/{number}") for number in range(ENDPOINTS)]
        backlog = prepare_backlog(running, urls, count, options.seed)
        start = partial(running.start_together, options.workers)
        mine = deliver_backlog(running, receiver, backlog, start, patience(count))
        running.stop("worker", "beat")
        figures = describe(options, receiver, mine)
        bound = options.workers * IN_FLIGHT / DELAY
        figures.more["bound_by_in_flight_per_second"] = bound
        figures.more["ratio_to_bound"] = ratio(mine.rate, bound)
        if not options.alone:
            plain = run_plain(running, receiver, urls, options.seed + 1, PLAIN_COUNT)
            figures.compare(plain, run_limit(running, receiver, mine.ledger, options.workers, connections=IN_FLIGHT))
        return figures
