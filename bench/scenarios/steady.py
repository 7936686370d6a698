"""A steady stream of events by REST: how long from the answer 201 until the receiver has the delivery."""

import json
from pathlib import Path

from bench import stack
from bench.figures import Figures, percentiles, rounded, say
from bench.ledger import Ledger, open_ledger
from bench.load import Answers, post_all, write_singles
from bench.options import Options
from bench.receivers import Receiver, fast_receiver
from bench.runs import (
    PLAIN_SECONDS,
    SETTLED_WITHIN,
    Run,
    Watch,
    plain_environment,
    run_limit,
    start_clients,
    start_plain_worker,
    write_posts,
)
from bench.scenarios.backlog import describe
from bench.stack import Stack

RATE, SECONDS = 300, 30
COMPARED_SECONDS = 5
"""How long the plain way and bare libcurl get the same rate."""
CONNECTIONS = 32
WARM_UP_EVENTS = 100


def run(options: Options, folder: Path) -> Figures:
    rate = options.rate or RATE
    seconds = options.seconds or (options.deliveries // rate if options.deliveries else SECONDS)
    with fast_receiver(folder, options.receiver) as receiver, stack.scaled(folder) as running:
        return measure(options, running, receiver, rate, options.deliveries or rate * seconds)


def measure(options: Options, running: Stack, receiver: Receiver, rate: int, count: int) -> Figures:
    targets = running.prepare([receiver.url("/0")], 0, options.seed)
    running.start_web()
    running.start_together(options.workers)
    warm_up(running, receiver, options)
    after = running.database.last_delivery()
    watch = Watch(running, receiver)
    watch.begin()
    answers = post_steadily(running, count, rate, options.seed, watch)
    watch.until(lambda: watch.arrivals.count() >= len(answers.accepted), SETTLED_WITHIN)
    watch.until(lambda: not running.database.open_deliveries(), SETTLED_WITHIN)
    cpu = watch.cpu()
    ledger = open_ledger(running.database, targets, after_id=after)
    ledger.take(watch.arrivals)
    figures = describe(options, receiver, Run(ledger, watch.arrivals.rate(), cpu, watch.memory))
    figures.latency_ms = percentiles(latencies(answers, ledger.times))
    figures.more["latency_from_request_ms"] = percentiles(latencies(answers, ledger.times, from_request=True))
    figures.more["events_per_second_offered"] = rate
    figures.more["events_per_second_accepted"] = rounded(answers.rate)
    check(figures, answers, set(ledger.owed), count)
    running.stop("web", "worker", "beat")
    if not options.alone:
        plain = plain_way(figures, options, running, receiver, rate)
        figures.compare(plain, run_limit(running, receiver, ledger, options.workers))
        limit_at_same_rate(figures, running, receiver, ledger, rate)
    return figures


def warm_up(running: Stack, receiver: Receiver, options: Options) -> None:
    """A few events that do not count: every process has then done each thing once."""
    watch = Watch(running, receiver)
    answers = post_steadily(running, WARM_UP_EVENTS, WARM_UP_EVENTS, options.seed, watch)
    watch.until(lambda: watch.arrivals.count() >= len(answers.accepted), SETTLED_WITHIN)
    watch.until(lambda: not running.database.open_deliveries(), SETTLED_WITHIN)


def post_steadily(running: Stack, count: int, rate: int, seed: int, watch: Watch) -> Answers:
    posts = write_singles(running.folder / "events", count, seed)
    say(f"{count:,} events, {rate} a second")
    return post_all(running, posts, rate=rate, connections=CONNECTIONS, watch=watch)


def latencies(answers: Answers, times: dict[str, float], *, from_request: bool = False) -> list[float]:
    """Milliseconds from the answer to the arrival; 0 where the receiver was faster than the answer."""
    begins = ((key, sent if from_request else answered) for key, (sent, answered) in answers.accepted.items())
    return [max(0.0, times[key] - began) * 1000 for key, began in begins if key in times]


def check(figures: Figures, answers: Answers, owed: set[str], count: int) -> None:
    if answers.refused or answers.events < count:
        figures.failures.append(f"{count - answers.events} of {count} events were not answered with 201.")
    if unknown := len(answers.accepted.keys() - owed):
        figures.failures.append(f"{unknown} deliveries of the answers are not in the database.")


def plain_way(figures: Figures, options: Options, running: Stack, receiver: Receiver, rate: int) -> float | None:
    """The same rate for a few seconds; deliveries a second of what it manages, and its latency."""
    running.start_web(plain_environment(running))
    start_plain_worker(running)
    (worker,) = running.programs["plain"]
    running.wait_for_output(worker, "[queues]")
    watch = Watch(running, receiver)
    answers = post_steadily(running, rate * COMPARED_SECONDS, rate, options.seed + 1, watch)
    watch.until(lambda: watch.arrivals.count() >= len(answers.accepted), PLAIN_SECONDS)
    running.stop("web", "plain")
    times = {arrival.key: arrival.at for arrival in watch.arrivals}
    figures.more["plain_latency_ms"] = percentiles(latencies(answers, times))
    say(f"the plain way: {watch.arrivals.rate() or 0:,.0f} a second")
    return watch.arrivals.rate()


def limit_at_same_rate(figures: Figures, running: Stack, receiver: Receiver, ledger: Ledger, rate: int) -> None:
    """Milliseconds that bare libcurl waits for the receiver's answer, at the same rate."""
    log = running.folder / "answers"
    posts = write_posts(running.folder / "posts", ledger, rate * COMPARED_SECONDS)
    (client,) = start_clients(running, receiver.url(""), posts, 1, ["--rate", str(rate), "--log", str(log)])
    client.wait(PLAIN_SECONDS + COMPARED_SECONDS)
    running.stop("client")
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    figures.more["limit_latency_ms"] = percentiles([(answered - sent) * 1000 for sent, answered, *_ in entries])
