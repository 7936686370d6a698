"""`maac-sim listen`: a receiver for the terminal, with and without a simulator."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import CommandLine
from tests.processes import Embedded, Process, start
from tests.receiver import Receiver
from tests.servers import free_port

SAMPLE = "message.first_open"


@pytest.fixture
def maac_sim(simulator: Embedded, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, simulator)


@contextmanager
def listening(maac_sim: CommandLine, *options: object, **env: str) -> Iterator[Process]:
    """It has registered, and ends with SIGTERM."""
    command = ["maac-sim", "listen", "--port", str(free_port()), *map(str, options)]
    log = maac_sim.folder / f"listen-{time.monotonic_ns()}.log"
    with start(command, {**maac_sim.env, **env}, log) as running:
        end = time.monotonic() + 20
        while not [row for row in maac_sim.json("endpoint", "list") if row["status"] == "running"]:
            assert time.monotonic() < end, running.describe()
            time.sleep(0.1)
        yield running
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0


def reports(running: Process, count: int = 1) -> list[dict[str, Any]]:
    end = time.monotonic() + 20
    while len(lines := running.output().splitlines()) < count:
        assert time.monotonic() < end, running.describe()
        time.sleep(0.05)
    return [json.loads(line) for line in lines]


def test_it_registers_verifies_forwards_and_leaves_nothing_behind(maac_sim: CommandLine, receiver: Receiver) -> None:
    with listening(maac_sim, "--forward-to", receiver.url(), "--json") as running:
        maac_sim("trigger", SAMPLE, "--wait")
        (reported,) = reports(running)
    assert (reported["topic"], reported["verified"], reported["forwarded"], reported["answered"]) == (
        SAMPLE,
        True,
        200,
        200,
    )
    assert receiver.requests[0].key == reported["idempotency_key"]
    assert maac_sim.json("endpoint", "list") == []


@pytest.mark.slow
def test_it_registers_although_share_secret_is_set_and_says_which_secret_it_uses(maac_sim: CommandLine) -> None:
    with listening(maac_sim, SHARE_SECRET="another one") as running:
        secret = maac_sim("endpoint", "secret", "maac-sim listen").strip()
        assert "delivered" in maac_sim("trigger", SAMPLE, "--wait")
        printed = running.output()
    assert f"Its share secret: {secret}" in printed
    assert "SHARE_SECRET holds another secret. It is not used" in printed


def test_a_kept_endpoint_has_the_same_secret_the_next_time(maac_sim: CommandLine) -> None:
    with listening(maac_sim, "--keep"):
        (first,) = maac_sim.json("endpoint", "list")
        secret = maac_sim("endpoint", "secret", first["id"])
    maac_sim("endpoint", "pause", first["id"])
    with listening(maac_sim, "--keep"):
        (second,) = maac_sim.json("endpoint", "list")
        assert maac_sim("endpoint", "secret", second["id"]) == secret
        assert "delivered" in maac_sim("trigger", SAMPLE, "--wait")
    assert (second["id"], second["status"]) == (first["id"], "running")
    assert second["url"] != first["url"]


@pytest.mark.slow
def test_it_first_takes_what_was_published_while_it_was_off(maac_sim: CommandLine, receiver: Receiver) -> None:
    with listening(maac_sim, "--keep"):
        maac_sim("trigger", SAMPLE, "--wait")
    maac_sim("trigger", SAMPLE, "--seed", "missed", "--wait", code=1)
    failed = maac_sim.json("deliveries", "--status", "failed")[0]
    with listening(maac_sim, "--keep", "--since", "1h", "--forward-to", receiver.url(), "--json") as running:
        (reported,) = reports(running)
    assert (reported["backfill"], reported["verified"], reported["forwarded"]) == (True, True, 200)
    assert reported["idempotency_key"] == failed["idempotency_key"] == receiver.requests[0].key


@pytest.mark.slow
def test_it_explains_a_receiver_that_refuses_a_right_signature(maac_sim: CommandLine, receiver: Receiver) -> None:
    receiver.always("/", 401)
    with listening(maac_sim, "--forward-to", receiver.url(), "--json") as running:
        maac_sim("trigger", SAMPLE, "--wait", code=1)
        (reported,) = reports(running)
    assert reported["verified"]
    assert "maac-sim endpoint secret" in reported["hint"]


@pytest.mark.slow
def test_without_an_endpoint_it_verifies_with_the_given_secret_and_explains(
    maac_sim: CommandLine, tmp_path: Path
) -> None:
    port = free_port()
    command = ["maac-sim", "listen", "--no-register", "--port", str(port), "--secret", "not the secret", "--json"]
    with start(command, maac_sim.env, tmp_path / "listen.log") as running:
        maac_sim("endpoint", "create", "CRM", f"http://127.0.0.1:{port}/")
        maac_sim("trigger", SAMPLE, "--wait", code=1)
        (reported,) = reports(running)
    assert not reported["verified"]
    assert reported["answered"] == 401
    assert reported["why"]


@pytest.mark.slow
def test_what_does_not_go_together_is_refused_with_exit_code_2(maac_sim: CommandLine) -> None:
    assert "--secret" in maac_sim("listen", "--no-register", code=2)
    assert "--no-register out" in maac_sim("listen", "--no-register", "--secret", "x", "--keep", code=2)
