"""A fifth of the deliveries goes to an endpoint that never answers: what the others keep of their rate."""

from functools import partial
from pathlib import Path

from bench import stack
from bench.figures import Figures, ratio, rounded, say
from bench.options import Options
from bench.receivers import Receiver, fast_receiver, own_receiver
from bench.runs import Backlog, Run, deliver_backlog, prepare_backlog, run_limit, run_plain
from bench.scenarios.backlog import describe, patience
from bench.stack import Stack

DELIVERIES = 50_000
ENDPOINTS = 5
PLAIN_COUNT = 500


def run(options: Options, folder: Path) -> Figures:
    count = options.deliveries or DELIVERIES
    with (
        fast_receiver(folder, options.receiver) as receiver,
        own_receiver(folder / "hanging", hangs=True) as hanging,
        stack.scaled(folder) as running,
    ):
        well = [receiver.url(f"/{number}") for number in range(ENDPOINTS)]
        without = deliver(options, running, receiver, prepare_backlog(running, well, count, options.seed))
        say("now the last of the five endpoints hangs")
        urls = [*well[:-1], hanging.url("/hangs")]
        backlog = prepare_backlog(running, urls, count, options.seed + 1)
        backlog.hung = backlog.targets[-1]
        mine = deliver(options, running, receiver, backlog)
        figures = describe(options, receiver, mine)
        figures.deliveries = count
        figures.more["deliveries_per_second_without_hanging"] = rounded(without.rate)
        figures.more["kept"] = ratio(mine.rate, without.rate)
        figures.more["hung"] = outcomes_of(running, backlog)
        figures.failures += without.ledger.failures()
        if not options.alone:
            compare(figures, options, running, receiver, mine, urls)
        return figures


def deliver(options: Options, running: Stack, receiver: Receiver, backlog: Backlog) -> Run:
    start = partial(running.start_together, options.workers)
    try:
        return deliver_backlog(running, receiver, backlog, start, patience(backlog.count))
    finally:
        running.stop("worker", "beat")


def outcomes_of(running: Stack, backlog: Backlog) -> dict[str, int]:
    """How the deliveries to the hanging endpoint stood when the others were done, by state."""
    assert backlog.hung  # noqa: S101 - it was just set
    rows = running.database.rows(
        "SELECT status, count(*) FROM webhooks_delivery"  # noqa: S608 - two numbers of ours
        f" WHERE endpoint_id = {backlog.hung.id} AND id > {backlog.after_id} GROUP BY status"
    )
    return {str(status): int(count) for status, count in rows}


def compare(figures: Figures, options: Options, running: Stack, receiver: Receiver, mine: Run, urls: list[str]) -> None:
    plain = run_plain(running, receiver, urls, options.seed + 2, PLAIN_COUNT)
    figures.compare(plain, run_limit(running, receiver, mine.ledger, options.workers))
