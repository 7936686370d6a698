"""One measured stretch of work: by our own workers, the plain way, or by bare libcurl."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import meter
from bench.arrivals import Arrivals, rate
from bench.figures import say
from bench.ledger import Ledger, Target, open_ledger
from bench.receivers import Receiver
from bench.stack import Stack
from tests.processes import Process

LOOK_EVERY = 0.1
"""Seconds between looks at the receiver's log; the log has the exact moments."""
TELL_EVERY = 5.0
SETTLED_WITHIN = 20.0
PLAIN_SECONDS = 12.0
PLAIN_COUNT = 1500
LIMIT_COUNT = 60_000
LIMIT_CONNECTIONS = 64


@dataclass
class Run:
    """What our own workers did."""

    ledger: Ledger
    rate: float | None
    """Deliveries a second from the first arrival to the last."""
    cpu: dict[str, float]
    """Microseconds a delivery, by part."""
    memory: dict[str, list[float]] = field(default_factory=dict)
    """Resident MiB of the largest process of each part, a sample a second."""

    @property
    def peak_memory(self) -> dict[str, float]:
        return {part: round(max(samples), 1) for part, samples in self.memory.items() if samples}


class Watch:
    """Follows a run from the outside: counts arrivals, samples memory, and reads processor time."""

    def __init__(self, stack: Stack, receiver: Receiver) -> None:
        self.arrivals: Arrivals = receiver.watch()
        self.memory: dict[str, list[float]] = {}
        self._stack = stack
        self._receiver = receiver
        self._sampled_at = self._told_at = 0.0
        self._before: dict[str, float] = {}
        self._counted_before = 0
        self._otherwise: tuple[dict[str, float], int] | None = None

    def begin(self) -> None:
        """Processor time counts from here."""
        self._before = meter.cpu_seconds(self._parts())
        self._counted_before = self.arrivals.count()

    def begin_with_the_first(self, within: float) -> None:
        """Processor time counts from the first arrival on, or, if no other follows, from where it has begun already."""
        self._otherwise = self._before, self._counted_before
        self.until(lambda: self.arrivals.count() > 0, within, every=0.01)
        self.begin()

    def cpu(self, count: int | None = None) -> dict[str, float]:
        """Microseconds since `begin` a delivery, or a piece of work of which `count` were done."""
        before, counted = self._before, self._counted_before
        if self._otherwise and self.arrivals.count() == counted:
            before, counted = self._otherwise
        count = self.arrivals.count() - counted if count is None else count
        return meter.spent(before, meter.cpu_seconds(self._parts()), count)

    def until(self, holds: Callable[[], bool], within: float, every: float = LOOK_EVERY) -> bool:
        """Wait, sampling memory each second; whether it came to hold."""
        end = time.monotonic() + within
        while not holds():
            if time.monotonic() > end:
                return False
            self._sample()
            time.sleep(every)
        return True

    def _sample(self) -> None:
        now = time.monotonic()
        if now - self._sampled_at >= 1:
            self._sampled_at = now
            for part, size in meter.memory_mb(self._parts()).items():
                self.memory.setdefault(part, []).append(size)
        if now - self._told_at >= TELL_EVERY:
            self._told_at = now
            if count := self.arrivals.count():
                say(f"{count:,} arrived")

    def _parts(self) -> dict[str, list[int]]:
        return {**self._stack.pids(), "receiver": [self._receiver.process.pid]}


@dataclass
class Backlog:
    """Deliveries that are due before any worker runs. `hung` is the endpoint whose receiver never answers, if any."""

    targets: list[Target]
    after_id: int
    count: int
    hung: Target | None = None

    @property
    def answered(self) -> list[Target]:
        """The endpoints that have to get everything."""
        return [target for target in self.targets if target is not self.hung]


def prepare_backlog(stack: Stack, urls: Sequence[str], count: int, seed: int) -> Backlog:
    began, after = time.monotonic(), stack.database.last_delivery()
    targets = stack.prepare(urls, count, seed)
    say(f"{count:,} deliveries to {len(urls)} endpoints prepared in {time.monotonic() - began:.1f} s")
    return Backlog(targets, after, count)


def deliver_backlog(
    stack: Stack, receiver: Receiver, backlog: Backlog, start: Callable[[], None], within: float
) -> Run:
    """Run workers until all due rows have arrived and are settled, or until the time is over (seconds).

    Processor time counts from the first arrival, so that the start of the programs is no part of it.
    """
    database, hung = stack.database, backlog.hung.id if backlog.hung else 0
    expected = len(open_ledger(database, backlog.answered, after_id=backlog.after_id).owed)
    watch = Watch(stack, receiver)
    watch.begin()
    start()
    watch.begin_with_the_first(within)
    watch.until(lambda: watch.arrivals.count() >= expected, within)
    is_settled = lambda: not database.open_deliveries(backlog.after_id, hung)  # noqa: E731 - one line says it
    watch.until(is_settled, SETTLED_WITHIN)
    cpu = watch.cpu()
    ledger = open_ledger(database, backlog.answered, after_id=backlog.after_id)
    ledger.take(watch.arrivals)
    per_second = rate(list(ledger.times.values()))
    say(f"{len(ledger.times):,} of {expected:,} arrived, {per_second or 0:,.0f} a second")
    return Run(ledger, per_second, cpu, watch.memory)


def run_plain(
    stack: Stack, receiver: Receiver, urls: Sequence[str], seed: int, count: int = PLAIN_COUNT
) -> float | None:
    """Deliveries a second the plain way: until all of `count` have arrived, or for twelve seconds."""
    backlog = prepare_backlog(stack, urls, count, seed)
    stack.run(sys.executable, "-m", "bench.plain", str(backlog.after_id), changes=plain_environment(stack))
    watch = Watch(stack, receiver)
    start_plain_worker(stack)
    watch.until(lambda: watch.arrivals.count() > 0, PLAIN_SECONDS, every=0.01)
    is_through = watch.until(lambda: watch.arrivals.count() >= backlog.count, PLAIN_SECONDS)
    per_second = watch.arrivals.rate() if is_through else watch.arrivals.count() / PLAIN_SECONDS
    stack.stop("plain")
    say(f"the plain way: {per_second or 0:,.1f} a second")
    return per_second


def start_plain_worker(stack: Stack) -> None:
    options = ["--pool", "prefork", "--concurrency", "2", "--loglevel", "warning", "--without-gossip"]
    command = [sys.executable, "-m", "celery", "-A", "bench.plain", "worker", *options, "--without-mingle"]
    stack.start("plain", command, plain_environment(stack))


def plain_environment(stack: Stack) -> dict[str, str]:
    """Settings of the plain way, on a Redis database of its own."""
    return {"DJANGO_SETTINGS_MODULE": "bench.plain_settings", "REDIS_URL": f"{stack.redis.url.rpartition('/')[0]}/1"}


def run_limit(
    stack: Stack, receiver: Receiver, ledger: Ledger, processes: int, connections: int = LIMIT_CONNECTIONS
) -> float | None:
    """Requests a second that bare libcurl makes of the same bodies to the same receiver, from as many processes."""
    posts = write_posts(stack.folder / "posts", ledger)
    count = posts.read_bytes().count(b"\n")
    watch = Watch(stack, receiver)
    start_clients(stack, f"http://127.0.0.1:{receiver.port}", posts, processes, ["--connections", str(connections)])
    watch.until(lambda: watch.arrivals.count() >= count, PLAIN_SECONDS)
    stack.stop("client")
    per_second = watch.arrivals.rate()
    say(f"bare libcurl: {per_second or 0:,.0f} a second")
    return per_second


def write_posts(file: Path, ledger: Ledger, most: int = LIMIT_COUNT) -> Path:
    """Deliveries, signed beforehand, as lines that the client reads."""
    with file.open("wb") as out:
        for key, owed in list(ledger.owed.items())[:most]:
            head = f"CrescLab-Idempotency-Key: {key}|CrescLab-Signature: {ledger.signature(key)}"
            path = ledger.targets[owed.endpoint_id].path
            out.write(f"{head}\t{path}\t".encode() + ledger.bodies[owed.event_id] + b"\n")
    return file


def start_clients(stack: Stack, base: str, posts: Path, processes: int, options: Sequence[str]) -> list[Process]:
    """Client programs that share the lines among them; they begin together."""
    go = stack.folder / "go"
    go.unlink(missing_ok=True)
    clients = []
    for number in range(processes):
        share = ["--first", str(number), "--step", str(processes), "--go", str(go), *options]
        command = [sys.executable, "-m", "bench.client", base, "--posts", str(posts), *share]
        clients.append(stack.start("client", command))
    for client in clients:
        stack.wait_for_output(client, "ready")
    go.touch()
    return clients
