"""Whatever is killed, an event that was accepted arrives; a duplicate only under a known key."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import requests
from psycopg import sql
from redis import Redis

from tests.processes import Api, Process, embedded, environment, start, wait_until_ready
from tests.receiver import Delay, Receiver
from tests.servers import Server, free_port, start_redis
from webhooks.services.delivery_run import IDLE_AFTER

RECEIPT = "receipt.receipt_validated"
EVENTS = 500
SLOW = Delay(0.02, then=200)


def make_endpoint(api: Api, receiver: Receiver) -> str:
    receiver.always("/hook", SLOW)
    fields = {"name": "Receiver", "url": receiver.url("/hook"), "event_types": [RECEIPT]}
    return str(api.post("/endpoints/", fields).json()["share_secret"])


def publish_many(api: Api, count: int) -> set[str]:
    """The idempotency keys of the deliveries that were accepted."""
    answer = api.post("/events/batch/", [{"topic": RECEIPT}] * count)
    assert answer.status_code == 201, answer.text
    return {delivery["idempotency_key"] for event in answer.json() for delivery in event["deliveries"]}


def assert_all_arrived(receiver: Receiver, keys: set[str], secret: str, timeout: float = 40) -> None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and not keys <= {str(got.key) for got in receiver.requests}:
        time.sleep(0.05)
    arrived = [str(got.key) for got in receiver.requests]
    assert keys - set(arrived) == set()
    assert set(arrived) - keys == set()
    assert all(got.verifies(secret) for got in receiver.requests)


def assert_all_done(api: Api, count: int) -> None:
    """No delivery is left open: each is delivered, none stuck."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        left = deliveries(api, "pending")
        if not left:
            break
        time.sleep(0.1)
    assert left == []
    assert len(deliveries(api, "delivered")) == min(count, 500)


def deliveries(api: Api, status: str) -> list[dict[str, Any]]:
    return list(api.get(f"/deliveries/?status={status}&limit=500").json()["results"])


def test_the_embedded_simulator_killed_in_the_middle_loses_nothing(tmp_path: Path, receiver: Receiver) -> None:
    with embedded(tmp_path / "data") as simulator:
        secret = make_endpoint(simulator.api, receiver)
        keys = publish_many(simulator.api, EVENTS)
        receiver.wait_for(EVENTS // 4, timeout=20)
        simulator.kill()
        assert len(receiver.requests) < EVENTS
        simulator.start()
        assert_all_arrived(receiver, keys, secret)
        assert_all_done(simulator.api, EVENTS)


@pytest.mark.slow
def test_the_embedded_simulator_killed_while_events_come_in_keeps_all_that_it_answered_201_for(
    tmp_path: Path, receiver: Receiver
) -> None:
    with embedded(tmp_path / "data") as simulator:
        secret = make_endpoint(simulator.api, receiver)
        keys: set[str] = set()
        for round_ in range(3):
            for number in range(40):
                keys |= publish_one(simulator.api)
                if number == 20 + round_:
                    simulator.kill()
                    simulator.start()
        assert_all_arrived(receiver, keys, secret)


def publish_one(api: Api) -> set[str]:
    try:
        answer = api.post("/events/", {"topic": RECEIPT})
    except requests.ConnectionError:
        return set()
    assert answer.status_code == 201, answer.text
    return {delivery["idempotency_key"] for delivery in answer.json()["deliveries"]}


class Stack:
    """Web, beat and workers over PostgreSQL and Redis."""

    def __init__(self, folder: Path, database_url: str, redis: Server, programs: ExitStack) -> None:
        self.folder = folder
        self.programs = programs
        self.port = free_port()
        self.token = "maac_stack_token"
        self.env = environment(
            DATABASE_URL=database_url,
            REDIS_URL=redis.url,
            MAAC_SIM_PORT=self.port,
            MAAC_SIM_API_TOKEN=self.token,
            MAAC_SIM_ADMIN_PASSWORD="a password for tests",
            MAAC_SIM_SECRET_KEY="a secret key for tests",
            MAAC_SIM_ENCRYPTION_KEYS="an encryption key for tests",
            WEBHOOK_ALLOW_PRIVATE_NETWORKS="true",
            WEBHOOK_ATTEMPT_TIMEOUT=2,
        )
        self.api = Api(f"http://127.0.0.1:{self.port}", self.token)
        programs.callback(self.api.close)

    def start(self, *command: str) -> Process:
        log = self.folder / f"{'-'.join(command).replace('@%h', '')}.log"
        return self.programs.enter_context(start(["maac-sim", *command], self.env, log))

    def worker(self, name: str) -> Process:
        """A worker that has come as far as listening to its queue."""
        process = self.start("worker", "--name", f"{name}@%h")
        deadline = time.monotonic() + 20
        while "[queues]" not in process.output() and time.monotonic() < deadline:
            time.sleep(0.05)
        return process


@contextmanager
def stack(folder: Path, database_url: str, redis: Server) -> Iterator[Stack]:
    with ExitStack() as programs:
        made = Stack(folder, database_url, redis, programs)
        assert made.start("setup").wait() == 0
        web = made.start("web")
        made.start("beat")
        made.worker("first")
        wait_until_ready(f"http://127.0.0.1:{made.port}/readyz", process=web)
        yield made


@pytest.fixture
def database_url(postgres: Server) -> str:
    """A database of this test's own."""
    name = f"maac_sim_{uuid4().hex}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return postgres.url.rpartition("/")[0] + f"/{name}"


@pytest.fixture
def own_redis(redis: Server) -> Iterator[Server]:
    """A Redis that may be flushed and killed. Asking for `redis` first skips or fails where there is none."""
    with start_redis() as server:
        yield server


@pytest.mark.slow
def test_workers_killed_redis_flushed_and_restarted_and_nothing_is_lost(
    tmp_path: Path, database_url: str, own_redis: Server, receiver: Receiver
) -> None:
    with stack(tmp_path, database_url, own_redis) as running:
        doomed = running.worker("doomed")
        secret = make_endpoint(running.api, receiver)
        keys = publish_many(running.api, EVENTS)
        receiver.wait_for(EVENTS // 5, timeout=20)
        doomed.kill()
        with Redis.from_url(own_redis.url) as client:
            client.flushall()
        keys |= publish_many(running.api, EVENTS // 2)
        receiver.wait_for(EVENTS // 2, timeout=20)
        if own_redis.process is not None:
            own_redis.kill()
            own_redis.restart()
        running.worker("second")
        keys |= publish_many(running.api, EVENTS // 2)
        assert_all_arrived(receiver, keys, secret)
        assert_all_done(running.api, len(keys))


@pytest.mark.slow
def test_a_worker_told_to_stop_ends_in_time_and_leaves_its_work_to_the_next(
    tmp_path: Path, database_url: str, own_redis: Server, receiver: Receiver
) -> None:
    with stack(tmp_path, database_url, own_redis) as running:
        leaving = running.worker("leaving")
        secret = make_endpoint(running.api, receiver)
        keys = publish_many(running.api, EVENTS)
        receiver.wait_for(20, timeout=20)
        assert leaving.terminate(timeout=12) == 0
        assert_all_arrived(receiver, keys, secret)
        assert len(receiver.requests) == len(keys)


@contextmanager
def unrung_stack(folder: Path, database_url: str, redis: Server) -> Iterator[Stack]:
    """Only web: no worker yet, and no beat that would ring each second."""
    with ExitStack() as programs:
        made = Stack(folder, database_url, redis, programs)
        assert made.start("setup").wait() == 0
        wait_until_ready(f"http://127.0.0.1:{made.port}/livez", process=made.start("web"))
        yield made


@pytest.mark.slow
def test_a_worker_that_starts_takes_up_what_waits_though_nobody_rings(
    tmp_path: Path, database_url: str, own_redis: Server, receiver: Receiver
) -> None:
    with unrung_stack(tmp_path, database_url, own_redis) as running:
        secret = make_endpoint(running.api, receiver)
        keys = publish_many(running.api, 20)
        with Redis.from_url(own_redis.url) as client:
            client.flushall()
        running.worker("first")
        assert_all_arrived(receiver, keys, secret, timeout=5)


@pytest.mark.slow
def test_a_worker_with_more_than_it_has_room_for_calls_the_others(
    tmp_path: Path, database_url: str, own_redis: Server, receiver: Receiver
) -> None:
    with unrung_stack(tmp_path, database_url, own_redis) as running:
        secret = make_endpoint(running.api, receiver)
        running.env["WEBHOOK_IN_FLIGHT_PER_ENDPOINT"] = "4"
        ports = [free_port(), free_port()]
        for port in ports:
            running.env["MAAC_SIM_METRICS_PORT"] = str(port)
            running.worker(f"on{port}")
        time.sleep(IDLE_AFTER + 1)
        keys = publish_many(running.api, EVENTS)
        assert_all_arrived(receiver, keys, secret)
        assert all(attempts_of(port) > EVENTS / 10 for port in ports)


def attempts_of(port: int) -> float:
    """How many the worker with its metrics at this port has made."""
    with requests.Session() as session:
        session.trust_env = False
        lines = session.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("maac_sim_attempts_total{"))
