"""The command line at a real terminal: tables as wide as it is, names completed by the shell, a start without waste."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from maac_contract.contract import TOPICS
from tests.command_line import CommandLine
from tests.processes import Embedded, environment
from tests.receiver import Receiver
from tests.servers import free_port
from tests.terminal import Terminal

pytestmark = pytest.mark.slow

SAMPLE = "receipt.receipt_validated"
LOOK = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def maac_sim(simulator: Embedded, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, simulator)


def printed(maac_sim: CommandLine, command: str, columns: int) -> list[str]:
    with Terminal(maac_sim.env, maac_sim.folder) as terminal:
        terminal.run(f"unset COLUMNS; export TERM=xterm; stty columns {columns} rows 40")
        return LOOK.sub("", terminal.run(command)).splitlines()


@pytest.mark.parametrize("columns", [80, 100, 140])
def test_a_table_fits_the_terminal_and_folds_no_word(maac_sim: CommandLine, columns: int) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/a/path/of/some/length/webhook"
    maac_sim("endpoint", "create", "CRM of the shop in Shinjuku", nobody, "--retry-waits", "")
    maac_sim("faults", "add", "CRM of the shop in Shinjuku", "drop_mid_body", "--topic", "pnp.status_updated")
    maac_sim("trigger", SAMPLE, "--wait", code=1)
    shown = {
        "maac-sim deliveries": ("id", SAMPLE, "failed", "COULD_NOT_CONNECT"),
        "maac-sim endpoint list": ("name", "CRM of the shop in Shinjuku", "running", *TOPICS),
        "maac-sim faults list 'CRM of the shop in Shinjuku'": ("drop_mid_body", "pnp.status_updated", "0 of 1"),
        "maac-sim faults kinds": ("idempotency", "drip_body"),
    }
    for command, words in shown.items():
        lines = printed(maac_sim, command, columns)
        assert max(map(len, lines)) <= columns, lines
        assert [word for word in words if not any(word in line for line in lines)] == [], lines


def test_where_there_is_room_nothing_is_left_out(maac_sim: CommandLine, receiver: Receiver) -> None:
    maac_sim("endpoint", "create", "CRM", receiver.url())
    maac_sim("trigger", SAMPLE, "--wait")
    row = maac_sim.json("deliveries", "--limit", "1")[0]
    lines = printed(maac_sim, "maac-sim deliveries --limit 1", 160)
    assert lines[0].split() == ["id", "created", "topic", "endpoint", "status", "answer", "attempts", "key"]
    assert row["idempotency_key"] in lines[1]
    assert receiver.url() in printed(maac_sim, "maac-sim endpoint list", 160)[1]


def test_the_waits_before_retries_are_an_endpoints_or_an_events(maac_sim: CommandLine, receiver: Receiver) -> None:
    receiver.always("/", 500)
    made = maac_sim.json("endpoint", "create", "CRM", receiver.url(), "--retry-waits", "0.01,0.02,0.04")
    assert made["retry_waits"] == [0.01, 0.02, 0.04]
    assert "after 0.01, 0.02, 0.04 s" in maac_sim("endpoint", "show", "CRM")
    for waits, attempts in (((), 4), (("--retry-waits", "0.01"), 2), (("--retry-waits", ""), 1)):
        maac_sim("trigger", SAMPLE, *waits, "--wait", code=1)
        assert maac_sim.json("deliveries", "--limit", "1")[0]["attempt_count"] == attempts
    output = maac_sim.json("trigger", SAMPLE, "--count", "2", "--retry-waits", "0.02,0.01")
    assert output["deliveries"] == 2


@pytest.mark.parametrize(("waits", "code"), [("1,x", 2), ("1,,2", 2), ("nan", 2), ("-1", 1), ("4000", 1)])
def test_waits_that_cannot_be_are_refused_and_nothing_is_made(maac_sim: CommandLine, waits: str, code: int) -> None:
    fault = {2: "is not a list of seconds", 1: "each from 0 to 3600"}[code]
    given = f"--retry-waits={waits}"
    for command in (("trigger", SAMPLE), ("endpoint", "create", "CRM", "http://127.0.0.1:9/")):
        assert fault in maac_sim(*command, given, code=code)
    assert maac_sim.json("endpoint", "list") == []


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("maac-sim doc", ["doctor"]),
        ("maac-sim endpoint cr", ["create"]),
        ("maac-sim trigger pnp", ["pnp.status_updated", "pnp.profile_updated"]),
        ("maac-sim trigger receipt.receipt_validated --retry", ["--retry-waits"]),
        ("maac-sim deliveries --topic prize", ["prize.points_added"]),
        ("maac-sim deliveries --status f", ["failed"]),
        ("maac-sim faults add CRM dr", ["drop_mid_body", "drip_body"]),
        ("maac-sim check URL --only reach", ["reachable"]),
        ("maac-sim endpoint show C", []),
    ],
)
def test_an_installed_completion_knows_commands_options_and_topics(
    completing: Terminal, typed: str, offered: list[str]
) -> None:
    words = typed.split()
    asked = f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _maac_sim_completion maac-sim"
    assert completing.run(f'{asked}; printf "%s\\n" "${{COMPREPLY[@]}}"').split() == offered


def test_it_knows_the_names_of_endpoints_and_scenarios_of_the_simulator(
    maac_sim: CommandLine, completing: Terminal
) -> None:
    maac_sim("endpoint", "create", "CRM-test", "http://127.0.0.1:9/")
    given = " ".join(f"{name}={maac_sim.env[name]}" for name in ("MAAC_SIM_URL", "MAAC_SIM_API_TOKEN"))
    for typed, offered in (("maac-sim deliveries --endpoint CRM", "CRM-test"), ("maac-sim play camp", "campaign-day")):
        asked = f"COMP_WORDS=({typed}); COMP_CWORD={len(typed.split()) - 1}; _maac_sim_completion maac-sim"
        assert completing.run(f'(export {given}; {asked}; printf "%s\\n" "${{COMPREPLY[@]}}")').split() == [offered]


@pytest.fixture(scope="module")
def completing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A shell of somebody who installed the completion, and opened a new terminal."""
    home = tmp_path_factory.mktemp("home")
    with Terminal(environment(HOME=str(home)), home) as terminal:
        assert "bash completion installed" in terminal.run("maac-sim --install-completion bash")
        terminal.run("source ~/.bashrc")
        assert "_maac_sim_completion" in terminal.run("complete -p maac-sim")
        yield terminal


def test_the_completion_can_be_shown_and_is_what_is_installed(completing: Terminal) -> None:
    shown = completing.run("maac-sim --show-completion bash")
    assert shown.strip() == completing.run("cat ~/.bash_completions/maac-sim.sh").strip()


def test_a_command_loads_nothing_dear_before_it_needs_it() -> None:
    program = "import json, sys, maac_sim.cli; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], env=environment(), capture_output=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "maac_sim.commands.check" in loaded
    assert loaded & {"requests", "pycurl", "django", "celery", "receiver_check.run", "receiver_check.probes"} == set()
