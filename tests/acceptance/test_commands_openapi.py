"""`maac-sim openapi`: scripted failures and the call log of a running simulator, as a client sees them."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from maac_contract.openapi_failures import Failure
from tests.command_line import CommandLine
from tests.processes import Embedded


@pytest.fixture
def maac_sim(simulator: Embedded, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, simulator)


def call(simulator: Embedded, path: str = "event/", token: str | None = None) -> int:
    headers = {"Authorization": f"Bearer {token or simulator.token}"}
    return requests.get(f"{simulator.url}/openapi/v1/{path}", headers=headers, timeout=20).status_code


def test_a_failure_is_scripted_met_once_and_shown_in_the_log(maac_sim: CommandLine, simulator: Embedded) -> None:
    assert "is scripted: MAAC is at its peak." in maac_sim("openapi", "fail", "peak", "--path", "event/")
    assert [call(simulator), call(simulator)] == [429, 200]
    assert "1 of 1" in maac_sim("openapi", "failures")
    newest, met = maac_sim.json("openapi", "log", "--limit", 2)
    assert (newest["status"], newest["failure"]) == (200, "")
    assert (met["status"], met["failure"], met["path"]) == (429, "peak", "/openapi/v1/event/")
    shown = maac_sim("openapi", "call", met["id"])
    assert "Authorization: Bearer ********" in shown
    assert simulator.token not in shown
    assert "It met the scripted failure peak" in shown
    assert met["id"] in [row["id"] for row in maac_sim.json("openapi", "log", "--status", "4xx", "--path", "event")]
    maac_sim("openapi", "clear")
    assert "No failure is scripted. Example: " in maac_sim("openapi", "failures")


def test_the_log_is_followed(maac_sim: CommandLine, simulator: Embedded) -> None:
    command = [sys.executable, "-m", "maac_sim", "openapi", "log", "--follow", "--json", "--limit", "1"]
    options = ["--path", "followed", "--url", simulator.url, "--token", simulator.token]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as following:
        try:
            assert following.stdout is not None
            statuses = []
            for number in range(2):
                time.sleep(0.1)
                call(simulator, f"followed/{number}/")
                row = json.loads(following.stdout.readline())
                statuses.append((row["path"], row["status"]))
        finally:
            following.terminate()
    assert statuses == [(f"/openapi/v1/followed/{number}/", 404) for number in range(2)]


@pytest.mark.slow
def test_every_kind_is_described_with_its_magic_values(maac_sim: CommandLine) -> None:
    assert list(maac_sim.json("openapi", "kinds")) == [failure.value for failure in Failure]
    assert "SIM408" in maac_sim("openapi", "kinds")


@pytest.mark.slow
def test_what_cannot_be_says_why_by_its_exit_code(maac_sim: CommandLine) -> None:
    assert "'earthquake' is not one of" in maac_sim("openapi", "fail", "earthquake", code=2)
    assert "expires_in" in maac_sim("openapi", "fail", "peak", "--expires", 0, code=1)
    assert "Write a status" in maac_sim("openapi", "log", "--status", "oops", code=1)
