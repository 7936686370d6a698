"""What an operator sees of the scaled simulator: counters of every process, and a line for each attempt."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.receiver import Receiver
from tests.scaled import Stack
from tests.servers import Server, free_port

pytestmark = pytest.mark.slow

RECEIPT = "receipt.receipt_validated"
EVENTS = 30


def test_web_adds_up_its_processes_a_worker_serves_its_own_and_each_attempt_leaves_a_line(
    tmp_path: Path, database_url: str, redis: Server, receiver: Receiver
) -> None:
    metrics_port = free_port()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with ExitStack() as programs:
        running = Stack(tmp_path, database_url, redis.url, programs)
        running.env |= {
            "MAAC_SIM_METRICS_PORT": str(metrics_port),
            "MAAC_SIM_ATTEMPT_LOG": "true",
            "WEB_CONCURRENCY": "2",
            "TMPDIR": str(temporary),
        }
        worker = running.worker("watched")
        web, web_url = running.web("/readyz"), running.url

        endpoint = {"name": "Receiver", "url": receiver.url("/hook"), "event_types": [RECEIPT]}
        secret = str(running.api.post("/endpoints/", endpoint).json()["share_secret"])
        for _ in range(EVENTS):
            # A connection of its own, so that either process may get it.
            headers = {"Authorization": f"Bearer {running.token}"}
            assert direct("POST", f"{web_url}/api/v1/events/", json={"topic": RECEIPT}, headers=headers) == 201
        receiver.wait_for(EVENTS, timeout=20)

        for _ in range(6):
            assert value(web_url, "maac_sim_events_accepted_total", topic=RECEIPT) == EVENTS
        assert value(web_url, "maac_sim_worker_heartbeat_age_seconds", worker=worker_name(web_url)) < 10
        delivered = {"topic": RECEIPT, "status": "delivered", "reason": "OK"}
        worker_url = f"http://127.0.0.1:{metrics_port}"
        until(lambda: value(worker_url, "maac_sim_deliveries_total", **delivered) == EVENTS)
        assert value(worker_url, "maac_sim_attempt_seconds_count") == EVENTS

        lines = [json.loads(line) for line in worker.output().splitlines() if line.startswith("{")]
        assert {line["key"] for line in lines} == {got.key for got in receiver.requests}
        assert {(line["verdict"], line["status"], line["topic"]) for line in lines} == {("accept", 200, RECEIPT)}
        assert secret not in worker.output()

        (left,) = shared_folders(temporary)
        web.kill()
        assert shared_folders(temporary) == [left]
        web = running.web("/readyz")
        assert len(shared_folders(temporary)) == 1
        assert not left.exists()
        web.terminate()
        assert shared_folders(temporary) == []


def shared_folders(temporary: Path) -> list[Path]:
    return list(temporary.glob("maac-sim-metrics-*"))


def direct(method: str, url: str, **options: Any) -> int:
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, timeout=10, **options).status_code


def scraped(url: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    with requests.Session() as session:
        session.trust_env = False
        text = session.get(f"{url}/metrics", timeout=10).text
    families = text_string_to_metric_families(text)
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


def value(url: str, name: str, **labels: str) -> float:
    return scraped(url).get((name, frozenset(labels.items())), 0.0)


def worker_name(url: str) -> str:
    age = "maac_sim_worker_heartbeat_age_seconds"
    (name,) = [dict(labels)["worker"] for metric, labels in scraped(url) if metric == age]
    return name


def until(holds: Callable[[], bool], timeout: float = 10) -> None:
    end = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > end:
            pytest.fail("It did not come true in time.")
        time.sleep(0.05)
