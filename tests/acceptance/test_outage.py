"""`maac-sim outage`: a receiver is down, what it lost is listed, and the command it names brings it in."""

import shlex
import signal
import time
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.processes import Embedded, start
from tests.receiver import Receiver
from tests.servers import free_port

pytestmark = pytest.mark.slow

WAITS = "0.1,0.1,0.6"


@pytest.fixture
def maac_sim(simulator: Embedded, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, simulator)


def test_what_a_receiver_that_was_down_lost_comes_with_the_command_that_is_named(
    maac_sim: CommandLine, receiver: Receiver
) -> None:
    maac_sim("endpoint", "create", "CRM", receiver.url())
    output = maac_sim.json("outage", "--seconds", "3", "--rate", "10", "--simulate")
    assert output["events"] == 30
    assert output["delivered"] + len(output["lost"]) == 30
    assert len(output["lost"]) >= 15
    assert output["rescued_by_a_retry"] == output["delivered"] > 0  # those of the last second or so
    assert {row["reason"] for row in output["lost"]} == {"COULD_NOT_CONNECT"}
    before = {request.key for request in receiver.requests}
    assert len(before) == output["delivered"]
    assert maac_sim.json("endpoint", "show", "CRM")["url"] == receiver.url()

    remedy = shlex.split(output["redeliver"])[1:]
    assert f"{len(output['lost'])} of {len(output['lost'])} deliveries would be sent" in maac_sim(*remedy, "--dry-run")
    assert "are sent again" in maac_sim(*remedy)
    came = {request.key for request in receiver.wait_for(30, timeout=20)}
    assert came - before == {row["idempotency_key"] for row in output["lost"]}


def test_a_receiver_that_is_really_down_is_listed_for_people(maac_sim: CommandLine) -> None:
    maac_sim("endpoint", "create", "Shop", f"http://127.0.0.1:{free_port()}/", "-e", "prize.points_added")
    printed = maac_sim("outage", "--seconds", "1", "--rate", "4", "--endpoint", "Shop")
    assert "Stop the receiver" in printed
    assert "4 events: 0 arrived" in printed
    assert "4 are lost" in printed
    assert "4 prize.points_added" in printed
    assert "maac-sim redeliver --failed --endpoint" in printed


def test_a_receiver_that_is_up_loses_nothing(maac_sim: CommandLine, receiver: Receiver) -> None:
    maac_sim("endpoint", "create", "CRM", receiver.url())
    printed = maac_sim("outage", "--seconds", "0.5", "--rate", "6", "--topic", "message.first_open")
    assert "3 events: 3 arrived, 0 of them only by a retry; 0 are lost" in printed
    assert "redeliver" not in printed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_rehearsal_points_the_endpoint_back(
    maac_sim: CommandLine, receiver: Receiver, number: signal.Signals
) -> None:
    maac_sim("endpoint", "create", "CRM", receiver.url())
    command = ["maac-sim", "outage", "--seconds", "60", "--simulate"]
    with start(command, maac_sim.env, maac_sim.folder / "outage.log") as rehearsal:
        end = time.monotonic() + 20
        while maac_sim.json("endpoint", "show", "CRM")["url"] == receiver.url() and time.monotonic() < end:
            time.sleep(0.1)
        assert maac_sim.json("endpoint", "show", "CRM")["url"] != receiver.url()
        rehearsal.send_signal(number)
        rehearsal.wait()
    assert maac_sim.json("endpoint", "show", "CRM")["url"] == receiver.url()


def test_it_asks_which_endpoint_and_refuses_a_paused_one(maac_sim: CommandLine, receiver: Receiver) -> None:
    assert "Choose a running endpoint: none" in maac_sim("outage", "--seconds", "1", code=2)
    for name in ("One", "Two"):
        maac_sim("endpoint", "create", name, receiver.url())
    assert "Choose a running endpoint" in maac_sim("outage", "--seconds", "1", code=2)
    maac_sim("endpoint", "pause", "One")
    assert "paused" in maac_sim("outage", "--seconds", "1", "--endpoint", "One", code=2)


def test_many_are_sent_again_by_status_endpoint_and_time(maac_sim: CommandLine, receiver: Receiver) -> None:
    maac_sim("endpoint", "create", "CRM", receiver.url())
    receiver.always("/", 400)
    maac_sim("trigger", "message.first_open", "--wait", code=1)
    receiver.always("/", 200)
    output = maac_sim.json("redeliver", "--failed", "--since", "5m", "--endpoint", "CRM", "--new-key")
    assert (output["matched"], output["redelivered"]) == (1, 1)
    first, again = receiver.wait_for(2)
    assert first.body == again.body
    assert first.key != again.key
    assert maac_sim.json("redeliver", "--skipped", "--dry-run")["dry_run"]
    for wrong in ((), ("1", "--failed"), ("--failed", "--skipped"), ("1", "--since", "1h"), ("1", "--dry-run")):
        maac_sim("redeliver", *wrong, code=2)
    assert "since" in maac_sim("redeliver", "--failed", "--since", "yesterday", code=1)
