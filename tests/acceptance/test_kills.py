"""Whatever is killed, an event that was accepted arrives; a duplicate only under a known key."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from redis import Redis

from tests.processes import Api, embedded, wait_until_ready
from tests.receiver import Delay, Receiver
from tests.scaled import Stack
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


@pytest.fixture(scope="module")
def own_redis(redis: Server) -> Iterator[Server]:
    """A Redis that may be flushed and killed. Asking for `redis` first skips or fails where there is none."""
    with start_redis() as server:
        yield server


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, database_url: str, own_redis: Server) -> Iterator[Stack]:
    """Only web: no worker yet, and no beat that would wake one each second."""
    with ExitStack() as programs:
        made = Stack(tmp_path_factory.mktemp("scaled"), database_url, own_redis.url, programs)
        made.web()
        yield made


@pytest.fixture
def alone(web: Stack) -> Iterator[Stack]:
    """The same, and what a test starts and stores ends with the test."""
    with web.passing():
        yield web
    for endpoint in web.api.get("/endpoints/").json()["results"]:
        web.api.delete(f"/endpoints/{endpoint['id']}/")


@pytest.fixture
def running(alone: Stack) -> Stack:
    """With beat and a worker."""
    alone.start("beat")
    alone.worker("first")
    wait_until_ready(f"{alone.url}/readyz")
    return alone


@pytest.mark.slow
def test_workers_killed_redis_flushed_and_restarted_and_nothing_is_lost(
    running: Stack, own_redis: Server, receiver: Receiver
) -> None:
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
def test_a_worker_told_to_stop_ends_in_time_and_leaves_its_work_to_the_next(running: Stack, receiver: Receiver) -> None:
    leaving = running.worker("leaving")
    secret = make_endpoint(running.api, receiver)
    keys = publish_many(running.api, EVENTS)
    receiver.wait_for(20, timeout=20)
    assert leaving.terminate(timeout=12) == 0
    assert_all_arrived(receiver, keys, secret)
    assert len(receiver.requests) == len(keys)


@pytest.mark.slow
def test_a_worker_that_starts_takes_up_what_waits_though_no_message_announced_it(
    alone: Stack, own_redis: Server, receiver: Receiver
) -> None:
    secret = make_endpoint(alone.api, receiver)
    keys = publish_many(alone.api, 20)
    with Redis.from_url(own_redis.url) as client:
        client.flushall()
    alone.worker("late")
    assert_all_arrived(receiver, keys, secret, timeout=5)


@pytest.mark.slow
def test_a_worker_with_more_than_it_has_room_for_calls_the_others(alone: Stack, receiver: Receiver) -> None:
    secret = make_endpoint(alone.api, receiver)
    alone.env["WEBHOOK_IN_FLIGHT_PER_ENDPOINT"] = "4"
    ports = [free_port(), free_port()]
    for port in ports:
        alone.env["MAAC_SIM_METRICS_PORT"] = str(port)
        alone.worker(f"on{port}")
    time.sleep(IDLE_AFTER + 1)
    keys = publish_many(alone.api, EVENTS)
    assert_all_arrived(receiver, keys, secret)
    assert all(attempts_of(port) > EVENTS / 10 for port in ports)


def attempts_of(port: int) -> float:
    """How many the worker with its metrics at this port has made."""
    with requests.Session() as session:
        session.trust_env = False
        lines = session.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("maac_sim_attempts_total{"))
