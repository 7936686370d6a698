"""The embedded simulator from outside: `maac-sim run`, a receiver on another port, and what passes between them."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests

from maac_contract.contract import TOPICS
from tests.processes import Embedded, embedded
from tests.receiver import Answer, Drip, Hang, Receiver, Redirect, Reset, ResetMidAnswer
from tests.servers import free_port

RECEIPT = "receipt.receipt_validated"
Endpoint = dict[str, Any]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    folder = tmp_path_factory.mktemp("embedded") / "data"
    with embedded(folder, WEBHOOK_ATTEMPT_TIMEOUT=1.5) as running:
        yield running


@pytest.fixture
def make_endpoint(simulator: Embedded) -> Iterator[Callable[[str], Endpoint]]:
    """Makes a running endpoint for everything; it is deleted after the test, since only three may run."""
    made: list[Endpoint] = []

    def make(url: str) -> Endpoint:
        answer = simulator.api.post("/endpoints/", {"name": "Receiver", "url": url, "event_types": list(TOPICS)})
        assert answer.status_code == 201, answer.text
        made.append(answer.json())
        return made[-1]

    yield make
    for endpoint in made:
        simulator.api.delete(f"/endpoints/{endpoint['id']}/")


def publish(simulator: Embedded, topic: str = RECEIPT, **fields: Any) -> dict[str, Any]:
    answer = simulator.api.post("/events/", {"topic": topic, **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def outcome(simulator: Embedded, event: dict[str, Any], timeout: float = 20) -> dict[str, Any]:
    """The event's only delivery with its attempts, when it is done."""
    waited = simulator.api.get(f"/events/{event['id']}/wait/?timeout={timeout}").json()
    assert waited["done"], waited
    return dict(simulator.api.get(f"/deliveries/{event['deliveries'][0]['id']}/").json())


@pytest.mark.parametrize("topic", TOPICS)
def test_a_real_and_a_test_event_of_each_topic_arrive_and_verify(
    simulator: Embedded, make_endpoint: Callable[[str], Endpoint], receiver: Receiver, topic: str
) -> None:
    endpoint = make_endpoint(receiver.url("/hook"))
    publish(simulator, topic)
    result = simulator.api.post(f"/endpoints/{endpoint['id']}/test/", {"event_type": topic}).json()
    assert (result["success"], result["status_code"], result["reason"]) == (True, 200, "OK")
    for got in receiver.wait_for(2):
        assert got.verifies(endpoint["share_secret"])
        assert list(got.json()) == ["timestamp", "topic", "data"]
        assert got.json()["topic"] == topic


@pytest.mark.slow
def test_500_500_500_200_is_four_attempts_one_two_and_four_seconds_apart(
    simulator: Embedded, make_endpoint: Callable[[str], Endpoint], receiver: Receiver
) -> None:
    make_endpoint(receiver.url("/hook"))
    receiver.script("/hook", 500, 500, 500, 200)
    delivery = outcome(simulator, publish(simulator))
    times = [got.at for got in receiver.requests]
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert all(abs(got - wait) < 0.3 for got, wait in zip(waits, (1, 2, 4), strict=True)), waits
    assert len({(got.key, got.body) for got in receiver.requests}) == 1
    assert delivery["status"] == "delivered"
    assert [attempt["status_code"] for attempt in delivery["attempts"]] == [500, 500, 500, 200]


@pytest.mark.parametrize(("action", "status"), [(400, 400), (Redirect("http://127.0.0.1:9/"), 302), (410, 410)])
def test_other_statuses_and_redirects_fail_after_one_attempt(
    simulator: Embedded, make_endpoint: Callable[[str], Endpoint], receiver: Receiver, action: Any, status: int
) -> None:
    make_endpoint(receiver.url("/hook"))
    receiver.always("/hook", action)
    delivery = outcome(simulator, publish(simulator))
    assert (delivery["status"], delivery["attempt_count"], delivery["status_code"]) == ("failed", 1, status)
    assert len(receiver.requests) == 1


@pytest.mark.slow
def test_every_way_to_lose_a_connection_is_retried_and_named_and_the_worker_lives(
    simulator: Embedded, make_endpoint: Callable[[str], Endpoint], receiver: Receiver
) -> None:
    receiver.script("/hook", Reset(), ResetMidAnswer(), Drip(interval=0.1), Answer(200, b"at last"))
    make_endpoint(receiver.url("/hook"))
    delivery = outcome(simulator, publish(simulator))
    reasons = [attempt["reason"] for attempt in delivery["attempts"]]
    assert reasons == ["CONNECTION_LOST", "CONNECTION_LOST", "REQUEST_TIMEOUT", "OK"]
    assert all(attempt["detail"] for attempt in delivery["attempts"][:3])
    assert delivery["attempts"][3]["response"]["body"] == "at last"


def test_addresses_that_cannot_be_reached_are_named(
    simulator: Embedded, make_endpoint: Callable[[str], Endpoint], receiver: Receiver
) -> None:
    with Receiver(tls=True) as self_signed:
        cases = {
            f"http://127.0.0.1:{free_port()}/": ("COULD_NOT_CONNECT", "Connection refused"),
            "http://nowhere.invalid/": ("NAME_NOT_RESOLVED", "nowhere.invalid"),
            self_signed.url("/"): ("TLS_ERROR", "certificate"),
        }
        for url, (reason, words) in cases.items():
            endpoint = make_endpoint(url)
            result = simulator.api.post(f"/endpoints/{endpoint['id']}/test/", {"event_type": RECEIPT}).json()
            assert (result["success"], result["reason"]) == (False, reason)
            assert words in result["detail"]
            simulator.api.delete(f"/endpoints/{endpoint['id']}/")
    endpoint = make_endpoint(receiver.url("/hook"))
    assert simulator.api.post(f"/endpoints/{endpoint['id']}/test/", {"event_type": RECEIPT}).json()["success"]


def test_a_rotated_secret_signs_from_the_next_request_on(
    simulator: Embedded, make_endpoint: Callable[[str], Endpoint], receiver: Receiver
) -> None:
    endpoint = make_endpoint(receiver.url("/hook"))
    fresh = simulator.api.post(f"/endpoints/{endpoint['id']}/secret/rotate/").json()["share_secret"]
    publish(simulator)
    (got,) = receiver.wait_for(1)
    assert got.verifies(fresh)
    assert not got.verifies(endpoint["share_secret"])


def test_ten_that_race_for_endpoints_get_three_and_are_reported_whom_to_ask(simulator: Embedded) -> None:
    fields = {"name": "Racer", "url": "http://127.0.0.1:9/", "event_types": [RECEIPT]}
    answers: list[requests.Response] = []

    def race() -> None:
        with requests.Session() as session:
            url, token = f"{simulator.url}/api/v1/endpoints/", {"Authorization": f"Bearer {simulator.token}"}
            answers.append(session.post(url, json=fields, headers=token, timeout=20))

    threads = [threading.Thread(target=race) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    refused = [answer.json()["error"] for answer in answers if answer.status_code != 201]
    for endpoint_id in made:
        simulator.api.delete(f"/endpoints/{endpoint_id}/")
    assert len(made) == 3
    assert {error["code"] for error in refused} == {"running_endpoint_limit"}
    assert all("customer support" in error["message"] for error in refused)


def test_a_body_of_five_megabytes_is_refused_and_the_next_call_served(simulator: Embedded) -> None:
    answer = simulator.api.call("POST", "/events/", data=b"[" * 5_000_000, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
    assert simulator.api.get("/account/").status_code == 200


def test_a_second_start_keeps_everything(tmp_path: Path, receiver: Receiver) -> None:
    with embedded(tmp_path / "data") as simulator:
        fields = {"name": "Kept", "url": receiver.url("/hook"), "event_types": [RECEIPT]}
        endpoint = simulator.api.post("/endpoints/", fields).json()
        secrets = (simulator.folder / "secrets.env").read_text()
        assert simulator.terminate(timeout=3) == 0
        simulator.start()
        assert simulator.api.get(f"/endpoints/{endpoint['id']}/secret/").json() == {
            "share_secret": endpoint["share_secret"]
        }
        assert (simulator.folder / "secrets.env").read_text() == secrets
        assert (simulator.folder / "secrets.env").stat().st_mode & 0o777 == 0o600
        publish(simulator)
        assert receiver.wait_for(1)[0].verifies(endpoint["share_secret"])
        assert "Traceback" not in simulator.process.output()
        assert endpoint["share_secret"] not in simulator.process.output()


@pytest.mark.slow
def test_it_stops_soon_even_while_a_request_hangs(tmp_path: Path, receiver: Receiver) -> None:
    with embedded(tmp_path / "data") as simulator:
        simulator.api.post("/endpoints/", {"name": "Hangs", "url": receiver.url("/hook"), "event_types": [RECEIPT]})
        for before, number in ((0, signal.SIGTERM), (2, signal.SIGINT)):
            receiver.always("/hook", Hang())
            event = publish(simulator)
            receiver.wait_for(before + 1)
            waiting = threading.Thread(target=hold_a_call, args=(simulator, event["id"]))
            waiting.start()
            time.sleep(0.2)
            simulator.process.send_signal(number)
            assert simulator.process.wait(timeout=8) == 0  # 1 s on a quiet machine; the request would hang for 10
            waiting.join()
            receiver.always("/hook", 200)
            simulator.start()
            assert len(receiver.wait_for(before + 2)) == before + 2
            assert len({got.key for got in receiver.requests[before:]}) == 1


def hold_a_call(simulator: Embedded, event_id: int) -> None:
    try:
        requests.get(
            f"{simulator.url}/api/v1/events/{event_id}/wait/?timeout=30",
            headers={"Authorization": f"Bearer {simulator.token}"},
            timeout=30,
        )
    except requests.RequestException:
        return
