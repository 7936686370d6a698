"""`maac-sim faults`: against a running simulator, with a receiver that shows what arrives."""

from pathlib import Path

import pytest

from maac_contract.fault_kinds import FaultKind
from tests.command_line import CommandLine
from tests.processes import Embedded
from tests.receiver import Receiver

SAMPLE = "message.first_open"


@pytest.fixture
def maac_sim(simulator: Embedded, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, simulator)


@pytest.fixture
def endpoint(maac_sim: CommandLine, receiver: Receiver) -> str:
    """Its share secret."""
    made = maac_sim.json("endpoint", "create", "CRM", receiver.url("/hook"), "-e", SAMPLE)
    return str(made["share_secret"])


def test_a_fault_is_set_strikes_is_counted_and_marked(maac_sim: CommandLine, endpoint: str, receiver: Receiver) -> None:
    output = maac_sim("faults", "add", "CRM", "flip_byte", "--attempt", 1, "--topic", SAMPLE, "--every", 2)
    assert "is injected at CRM: message.first_open, attempt 1, every 2." in output
    for _ in range(2):
        maac_sim("trigger", SAMPLE, "--wait")
    assert [got.verifies(endpoint) for got in receiver.requests] == [True, False]
    (row,) = maac_sim.json("faults", "list", "CRM")
    assert (row["hits"], row["seen"], row["left"]) == (1, 2, 0)
    assert "1 of 1" in maac_sim("faults", "list", "CRM")
    newest = maac_sim.json("deliveries", "--limit", 1)[0]["id"]
    assert maac_sim.json("delivery", newest)["attempts"][0]["fault"] == "flip_byte"
    assert "injected fault: flip_byte" in maac_sim("delivery", newest)


@pytest.mark.slow
def test_what_is_set_has_what_was_said(maac_sim: CommandLine, endpoint: str) -> None:
    options = ["--times", 0, "--seconds", 1.5, "--count", 4, "--expires", 60, "--probability", 0.25, "--seed", "dice"]
    row = maac_sim.json("faults", "add", "CRM", "reverse", *options)
    assert (row["times"], row["seconds"], row["count"], row["probability"], row["seed"]) == (None, 1.5, 4, 0.25, "dice")
    listed = maac_sim("faults", "list", "CRM")
    assert "probability 0.25, seed dice, in groups of 4, 1.5 s" in listed
    assert f"waits   {row['expires_at'].replace('T', ' ')[:19]}" in listed


@pytest.mark.slow
def test_they_are_taken_back_one_or_all(maac_sim: CommandLine, endpoint: str) -> None:
    first = maac_sim.json("faults", "add", "CRM", "delay")["id"]
    maac_sim("faults", "add", "CRM", "pause")
    assert f"Fault {first} is removed." in maac_sim("faults", "remove", first)
    assert [row["kind"] for row in maac_sim.json("faults", "list", "CRM")] == ["pause"]
    assert "CRM has no injected faults any more." in maac_sim("faults", "clear", "CRM")
    assert "No injected faults. Example: " in maac_sim("faults", "list", "CRM")


@pytest.mark.slow
def test_every_kind_is_reported_of(maac_sim: CommandLine) -> None:
    assert list(maac_sim.json("faults", "kinds")) == [kind.value for kind in FaultKind]
    assert "After signing, one digit in the data is changed." in maac_sim("faults", "kinds")


@pytest.mark.slow
def test_what_cannot_be_says_why_by_its_exit_code(maac_sim: CommandLine, endpoint: str) -> None:
    assert "'explode' is not one of" in maac_sim("faults", "add", "CRM", "explode", code=2)
    assert "No endpoint is named POS" in maac_sim("faults", "add", "POS", "delay", code=2)
    assert "seconds: Write a number" in maac_sim("faults", "add", "CRM", "delay", "--seconds", 9999, code=1)
    assert "not_found" in maac_sim("faults", "remove", 999_999, code=1)
