"""Traffic from the command line and the console to the bytes at a receiver, through kills and stops."""

import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maac_contract.contract import TOPICS
from tests.browsing import Visitor
from tests.processes import Embedded, Process, embedded, environment, start
from tests.receiver import Receiver

pytestmark = pytest.mark.slow

PASSWORD = "admin-pass-1"
PLAYS = "/modules/traffic/plays/"


@pytest.fixture
def own_simulator(tmp_path: Path) -> Iterator[Embedded]:
    """One that a test may stop, and whose only brand has nothing else in the console."""
    with embedded(tmp_path / "data", MAAC_SIM_ADMIN_PASSWORD=PASSWORD) as running:
        yield running


def subscribe(simulator: Embedded, receiver: Receiver) -> str:
    """The share secret of an endpoint that gets every event type."""
    endpoint = {"name": "CRM", "url": receiver.url("/hook"), "event_types": list(TOPICS)}
    made: str = simulator.api.post("/endpoints/", endpoint).json()["share_secret"]
    return made


def terminal(simulator: Embedded) -> dict[str, str]:
    where = {"MAAC_SIM_URL": simulator.url, "MAAC_SIM_API_TOKEN": simulator.token}
    return environment(**where, COLUMNS="200", NO_COLOR="1", TERM="dumb")


def maac_sim(simulator: Embedded, *arguments: object, code: int = 0) -> str:
    """What the command printed."""
    command = ["maac-sim", "play", *map(str, arguments)]
    done = subprocess.run(command, env=terminal(simulator), cwd=simulator.folder, capture_output=True, timeout=60)
    printed = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == code, printed
    return printed


def ended(simulator: Embedded, play_id: int) -> dict[str, Any]:
    """The play when it runs no more."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        play: dict[str, Any] = simulator.api.get(f"{PLAYS}{play_id}/").json()
        if play["status"] != "running":
            return play
        time.sleep(0.1)
    raise AssertionError(f"The play has not ended: {play}")


def test_a_campaign_day_is_played_to_its_end_and_all_of_it_arrives(simulator: Embedded, receiver: Receiver) -> None:
    secret = subscribe(simulator, receiver)
    printed = maac_sim(simulator, "campaign-day", "--rate", 50, "--seconds", 4, "--seed", 7)
    assert "campaign-day finished: 200 of 200 events in 4." in printed
    assert "Seed 7." in printed
    requests = receiver.wait_for(200, timeout=20)
    assert len(requests) == 200
    assert all(request.verifies(secret) for request in requests)
    assert len({request.body for request in requests}) == 200
    reported = Counter(request.json()["topic"] for request in requests)
    play = simulator.api.get(PLAYS).json()["results"][0]
    receipts, opens = play["counts"]["receipt"], play["counts"]["open"]
    assert reported["receipt.receipt_validated"] == receipts["events"] < receipts["actions"]
    assert reported["message.first_open"] == opens["events"] < opens["actions"]
    assert reported["pnp.status_updated"] == play["counts"]["notification"]["events"]


def test_scenarios_are_listed_and_own_ones_are_played(simulator: Embedded, tmp_path: Path) -> None:
    assert [each["name"] for each in json.loads(maac_sim(simulator, "--list", "--json"))] == [
        "quiet-shop", "campaign-day", "sms-outage", "load-test",
    ]  # fmt: skip
    assert "An ordinary afternoon" in maac_sim(simulator, "--list")
    own = tmp_path / "own.yaml"
    own.write_text("rate: 20\nseconds: 1\nmix: {points: 1}\n")
    play = json.loads(maac_sim(simulator, own, "--json"))
    assert (play["scenario"], play["status"], play["events"]) == ("own", "finished", 20)
    assert set(play["counts"]) == {"contact", "points"}
    own.write_text("rate: 20\nseconds: 1\nmix: {coupons: 1}\n")
    assert "Line 3: coupons is not known here" in maac_sim(simulator, own, code=1)
    assert "Choose one of quiet-shop" in maac_sim(simulator, "loud-shop", code=1)
    assert "cannot be read" in maac_sim(simulator, tmp_path / "none.yaml", code=2)
    assert "--list lists the scenarios" in maac_sim(simulator, code=2)


def test_ctrl_c_stops_the_play(simulator: Embedded, tmp_path: Path) -> None:
    command = ["maac-sim", "play", "campaign-day", "--rate", "20", "--seconds", "60"]
    with start(command, terminal(simulator), tmp_path / "play.log") as process:
        _wait_for_events(simulator, process)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 1
        assert "campaign-day stopped" in process.output()
    assert simulator.api.get(PLAYS).json()["results"][0]["status"] == "stopped"


def _wait_for_events(simulator: Embedded, process: Process) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        plays = simulator.api.get(PLAYS).json()["results"]
        if plays and plays[0]["events"]:
            return
        assert process.is_running, process.describe()
        time.sleep(0.05)
    raise AssertionError("No event came")


@pytest.mark.parametrize("how", ["kill", "terminate"])
def test_a_play_goes_on_after_a_restart_and_tells_each_event_once(
    how: str, own_simulator: Embedded, receiver: Receiver
) -> None:
    simulator, secret = own_simulator, subscribe(own_simulator, receiver)
    play = simulator.api.post(PLAYS, {"scenario": "load-test", "rate": 100, "seconds": 5, "seed": "7"}).json()
    receiver.wait_for(100, timeout=20)
    getattr(simulator, how)()
    simulator.start()
    assert simulator.api.get(f"{PLAYS}{play['id']}/").json()["events"] < 500
    play = ended(simulator, play["id"])
    assert (play["status"], play["events"], play["skipped"]) == ("finished", 500, 0)
    # What was on the wire when the process died may come a second time, under its key.
    end = time.monotonic() + 30
    while len(arrived(receiver)) < 500 and time.monotonic() < end:
        time.sleep(0.1)
    assert len(arrived(receiver)) == len({body for _key, body in arrived(receiver)}) == 500
    assert all(request.verifies(secret) for request in receiver.requests)


def arrived(receiver: Receiver) -> set[tuple[str | None, bytes]]:
    return {(request.key, request.body) for request in receiver.requests}


def test_a_play_is_started_in_the_console_and_its_page_tells_how_it_ended(
    own_simulator: Embedded, receiver: Receiver
) -> None:
    simulator, secret = own_simulator, subscribe(own_simulator, receiver)
    visitor = Visitor(simulator.url, "admin", PASSWORD)
    with visitor.session:
        page = visitor.post("/console/modules/traffic/", scenario="sms-outage", rate="40", seconds="2", seed="summer")
        assert "SMS outage" in page.text
        (play,) = simulator.api.get(PLAYS).json()["results"]
        assert ended(simulator, play["id"])["status"] == "finished"
        page = visitor.session.get(f"{simulator.url}/console/modules/traffic/{play['id']}/progress/")
    assert "80 of 80 events" in page.text
    assert all(request.verifies(secret) for request in receiver.wait_for(80, timeout=20))
