"""How many events a second the REST API accepts, one at a time and in batches. Nothing is delivered meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import stack
from bench.figures import Figures, ratio, rounded
from bench.load import Answers, post_all, write_batches, write_singles
from bench.options import Options
from bench.receivers import Receiver, fast_receiver
from bench.runs import PLAIN_SECONDS, Watch, plain_environment, start_clients
from bench.stack import Stack

EVENTS = 10_000
BATCH = 100
BATCHED_TIMES = 3
"""So many times more events are sent in batches."""
PLAIN_EVENTS = 1500
LIMIT_EVENTS = 20_000
CONNECTIONS = 16
BATCH_CONNECTIONS = 4


@dataclass(frozen=True)
class Ingest:
    """What was accepted, and microseconds of processor time an event by part."""

    single: Answers
    batched: Answers
    single_cpu: dict[str, float]
    batched_cpu: dict[str, float]


def run(options: Options, folder: Path) -> Figures:
    with fast_receiver(folder, options.receiver) as receiver, stack.scaled(folder) as running:
        running.prepare([receiver.url("/0")], 0, options.seed)
        running.start_web()
        count = options.deliveries or EVENTS
        mine = ingest(running, receiver, count, count * BATCHED_TIMES // BATCH or 1, options.seed)
        running.stop("web")
        figures = describe(options, running, receiver, mine)
        if not options.alone:
            compare(figures, options, running, receiver)
        return figures


def ingest(running: Stack, receiver: Receiver, singles: int, batches: int, seed: int) -> Ingest:
    one = write_singles(running.folder / "singles", singles, seed)
    many = write_batches(running.folder / "batches", batches, BATCH, seed)
    single, single_cpu = post(running, receiver, one, CONNECTIONS)
    batched, batched_cpu = post(running, receiver, many, BATCH_CONNECTIONS)
    return Ingest(single, batched, single_cpu, batched_cpu)


def post(running: Stack, receiver: Receiver, posts: Path, connections: int) -> tuple[Answers, dict[str, float]]:
    """Post them all as fast as they are answered; the answers, and microseconds an event by part."""
    watch = Watch(running, receiver)
    watch.begin()
    answers = post_all(running, posts, connections=connections, watch=watch)
    return answers, watch.cpu(answers.events)


def describe(options: Options, running: Stack, receiver: Receiver, mine: Ingest) -> Figures:
    accepted = {*mine.single.accepted, *mine.batched.accepted}
    kept = {key for (key,) in running.database.rows("SELECT idempotency_key FROM webhooks_delivery")}
    lost, refused = len(accepted - kept), mine.single.refused + mine.batched.refused
    failures = [f"{lost} accepted deliveries are not in the database."] if lost else []
    failures += [f"{refused} requests were refused."] if refused else []
    return Figures(
        scenario=options.scenario,
        deliveries=len(accepted),
        seed=options.seed,
        workers=0,
        receiver=receiver.kind,
        lost=lost,
        latency_ms=None,
        cpu_us_per_delivery=mine.single_cpu,
        failures=failures,
        more={
            "events_per_second_single": rounded(mine.single.rate),
            "events_per_second_batch": rounded(mine.batched.rate),
            "batch_size": BATCH,
            "cpu_us_per_event_in_batch": mine.batched_cpu,
        },
    )


def compare(figures: Figures, options: Options, running: Stack, receiver: Receiver) -> None:
    """The plain view, then bare libcurl posting the same to the receiver. The ratios are of single events."""
    running.start_web(plain_environment(running))
    plain = ingest(running, receiver, PLAIN_EVENTS, PLAIN_EVENTS // BATCH, options.seed + 1)
    running.stop("web")
    single, batched = figures.more["events_per_second_single"], figures.more["events_per_second_batch"]
    limit = limit_of(running, receiver, write_singles(running.folder / "singles", LIMIT_EVENTS, options.seed))
    figures.compare(plain.single.rate, limit, mine=single)
    figures.plain_deliveries_per_second = None
    figures.more["plain_events_per_second_single"] = rounded(plain.single.rate)
    figures.more["plain_events_per_second_batch"] = rounded(plain.batched.rate)
    figures.more["ratio_to_plain_batch"] = ratio(batched, plain.batched.rate)


def limit_of(running: Stack, receiver: Receiver, posts: Path) -> float | None:
    """Requests a second that the client can make of a server that only answers."""
    watch = Watch(running, receiver)
    options: Sequence[str] = ["--connections", str(CONNECTIONS)]
    (client,) = start_clients(running, receiver.url(""), posts, 1, options)
    watch.until(lambda: not client.is_running, PLAIN_SECONDS)
    running.stop("client")
    return watch.arrivals.rate()
