"""The simulator's own programs over servers of the bench: PostgreSQL and Redis for the scaled one, a folder embedded.

The servers are those of the tests: PostgreSQL without fsync, so that the disk is not what is measured.
"""

import contextlib
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from celery import Celery
from redis import Redis

from bench.database import Database
from bench.ledger import Target
from bench.receivers import ROOT
from tests.processes import TOKEN, Process, environment, start, wait_until_ready
from tests.servers import Server, free_port, start_postgres, start_redis

FOREIGN = ("TEST_DATABASE_URL", "TEST_REDIS_URL")
QUEUE = "maac-sim"
WAKE_EXPIRES = 5.0
WAKE_MESSAGES = 4
"""For each worker: one may take as many before it is busy."""
CONNECTS_WITHIN = 0.5
"""Seconds from a worker's banner to its first look at the queue."""
STARTS_WITHIN = 30.0
PREPARES_WITHIN = 600.0


class Stack:
    """Programs by part: web, worker, beat, embedded. Each is a list, ended together."""

    def __init__(self, folder: Path, changes: dict[str, Any], database: Database) -> None:
        self.folder = folder
        self.port = free_port()
        self.database = database
        self.redis: Server
        self.postgres: Server | None = None
        self.programs: dict[str, list[Process]] = {}
        self.env = environment(
            PYTHONPATH=ROOT,
            TMPDIR=folder,  # What a killed program leaves behind goes with the folder.
            DJANGO_SETTINGS_MODULE="maac_sim.settings",
            MAAC_SIM_PORT=self.port,
            MAAC_SIM_API_TOKEN=TOKEN,
            MAAC_SIM_ADMIN_PASSWORD=secrets.token_hex(8),
            MAAC_SIM_SECRET_KEY=secrets.token_hex(16),
            MAAC_SIM_ENCRYPTION_KEYS=secrets.token_hex(16),
            WEBHOOK_ALLOW_PRIVATE_NETWORKS="true",
            **changes,
        )
        self._count = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, part: str, command: Sequence[str], changes: Mapping[str, str] | None = None) -> Process:
        """Start a program that stays."""
        self._count += 1
        process = start(list(command), {**self.env, **(changes or {})}, self.folder / f"{self._count:03}-{part}.log")
        self.programs.setdefault(part, []).append(process)
        return process

    def run(self, *command: str, changes: Mapping[str, str] | None = None) -> str:
        """Run a program to its end and give what it wrote; it has to end well."""
        process = self.start("once", command, changes)
        try:
            code = process.wait(PREPARES_WITHIN)
        finally:
            self.stop("once")
        if code:
            raise RuntimeError(f"{process.describe()}")
        return process.output()

    def stop(self, *parts: str) -> None:
        """End the programs of these parts at once."""
        for part in parts:
            for process in self.programs.pop(part, []):
                process.kill()

    def start_workers(self, count: int) -> None:
        """Start them and wait until each listens."""
        workers = [self.start("worker", ["maac-sim", "worker", "--name", f"w{self._count}@%h"]) for _ in range(count)]
        for process in workers:
            self.wait_for_output(process, "[queues]")

    def start_beat(self) -> None:
        """Start beat and wait for its first message."""
        with Redis.from_url(self.redis.url) as redis:
            redis.delete(QUEUE)  # The nudges of the preparation.
            self.start("beat", ["maac-sim", "beat"])
            end = time.monotonic() + STARTS_WITHIN
            while not redis.llen(QUEUE) and time.monotonic() < end:
                time.sleep(0.02)

    def start_together(self, workers: int) -> None:
        """Start workers and beat so that all deliver from the same moment, and nothing is still starting then.

        Beat is held while the workers start: whichever is up first would otherwise begin alone.
        """
        self.start_beat()
        (beat,) = self.programs["beat"]
        beat.send_signal(signal.SIGSTOP)
        with Redis.from_url(self.redis.url) as redis:
            redis.delete(QUEUE)
        self.start_workers(workers)
        time.sleep(CONNECTS_WITHIN)
        self.wake_workers(WAKE_MESSAGES * workers)
        beat.send_signal(signal.SIGCONT)

    def start_web(self, changes: Mapping[str, str] | None = None) -> None:
        web = self.start("web", ["maac-sim", "web"], changes)
        wait_until_ready(f"{self.url}/livez", STARTS_WITHIN, web)

    def start_embedded(self) -> None:
        embedded = self.start("embedded", ["maac-sim", "run"])
        wait_until_ready(f"{self.url}/livez", STARTS_WITHIN, embedded)

    def wake_workers(self, times: int) -> None:
        """Send the messages that wake workers, so that they do not wait for the next sweep."""
        with Celery(broker=self.redis.url) as celery:
            for _ in range(times):
                celery.send_task("webhooks.tasks.deliver", queue=QUEUE, expires=WAKE_EXPIRES)

    def pids(self) -> dict[str, list[int]]:
        """Root processes by part, the servers included."""
        parts = {part: [process.pid for process in group] for part, group in self.programs.items()}
        servers = (("postgres", self.postgres), ("redis", self.redis))
        parts.update({name: [server.process.pid] for name, server in servers if server and server.process})
        return parts

    def prepare(self, urls: Sequence[str], deliveries: int, seed: int) -> list[Target]:
        """Make the endpoints and publish events until so many deliveries are due; the workers should be off."""
        options = ["--deliveries", str(deliveries), "--seed", str(seed)]
        answer = self.run(sys.executable, "-m", "bench.preload", *options, *urls)
        return [Target(**entry) for entry in json.loads(answer.splitlines()[-1])]

    def drop(self, part: str, process: Process) -> None:
        """Remove a program that has ended or is about to."""
        self.programs[part].remove(process)

    def wait_for_output(self, process: Process, text: str) -> None:
        end = time.monotonic() + STARTS_WITHIN
        while text not in process.output():
            if time.monotonic() > end or not process.is_running:
                raise RuntimeError(f"no {text!r} from {process.describe()}")
            time.sleep(0.02)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(*list(self.programs))


@contextlib.contextmanager
def scaled(folder: Path, **env: object) -> Iterator[Stack]:
    """PostgreSQL and Redis of our own with the tables made; no program runs yet."""
    with ExitStack() as servers:
        _forget_foreign_servers()
        postgres, redis = servers.enter_context(start_postgres()), servers.enter_context(start_redis())
        changes = {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url, **env}
        stack = servers.enter_context(Stack(folder, changes, Database(postgres.url)))
        stack.postgres, stack.redis = postgres, redis
        stack.run("maac-sim", "setup")
        yield stack


@contextlib.contextmanager
def embedded(folder: Path, **env: object) -> Iterator[Stack]:
    """A data folder with the tables made. The Redis beside it is only for the plain comparison."""
    with ExitStack() as servers:
        _forget_foreign_servers()
        data = folder / "data"
        changes = {"MAAC_SIM_DATA": data, **env}
        redis = servers.enter_context(start_redis())
        stack = servers.enter_context(Stack(folder, changes, Database(data / "maac-sim.sqlite3")))
        stack.redis = redis
        stack.run("maac-sim", "setup")
        yield stack


def _forget_foreign_servers() -> None:
    """The bench restarts its servers and counts their processor time, so they have to be its own."""
    for name in FOREIGN:
        os.environ.pop(name, None)
