"""The backlog through the embedded simulator: one process on SQLite, started over rows that are due already."""

from pathlib import Path

from bench import stack
from bench.figures import Figures
from bench.options import Options
from bench.receivers import fast_receiver
from bench.runs import deliver_backlog, prepare_backlog, run_limit, run_plain
from bench.scenarios.backlog import ENDPOINTS, describe, patience

DELIVERIES = 30_000


def run(options: Options, folder: Path) -> Figures:
    count = options.deliveries or DELIVERIES
    with fast_receiver(folder, options.receiver) as receiver, stack.embedded(folder) as running:
        urls = [receiver.url(f"/{number}") for number in range(ENDPOINTS)]
        backlog = prepare_backlog(running, urls, count, options.seed)
        mine = deliver_backlog(running, receiver, backlog, running.start_embedded, patience(count))
        running.stop("embedded")
        figures = describe(options, receiver, mine)
        figures.workers = 1
        if not options.alone:
            plain = run_plain(running, receiver, urls, options.seed + 1)
            figures.compare(plain, run_limit(running, receiver, mine.ledger, processes=1))
        return figures
