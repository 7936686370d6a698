"""./run in a copy of the checkout: when it makes .venv, when it leaves it alone, and what it says without a Python.

A real install takes half a minute and is what ./test itself starts with. Here the Python is a script that writes down
which environments and installs it is asked for, and is real in everything else.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, skip_or_fail
from tests.processes import Process, environment, start
from tests.servers import Missing

COPIED = ("run", "test", ".ci/venv.sh", "pyproject.toml", "constraints.txt")
TOOLS = ("bash", "dirname", "flock", "sed", "cat", "cksum", "mkdir", "rm", "cp", "chmod", "sleep")
PATIENCE = 20.0

RECORDING_PYTHON = """#!/bin/bash
# A Python that writes down what it is asked to make, at $LEDGER.
case "$1 $2" in
"-m venv")
    echo venv >>"$LEDGER"
    mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
    ;;
"-m pip")
    echo "pip ${*: -1}" >>"$LEDGER"
    sleep "${PIP_TAKES:-0}"
    printf '#!/bin/bash\\necho "maac-sim $*"\\n' >"${0%/*}/maac-sim" && chmod +x "${0%/*}/maac-sim"
    exit "${PIP_ENDS_WITH:-0}"
    ;;
*) exec REAL_PYTHON "$@" ;;
esac
"""


class Checkout:
    """A copy of what ./run needs, in a folder with a space in its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = folder.parent / "ledger"
        self.bin = folder.parent / "bin"
        for name in COPIED:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        self.bin.mkdir()
        for tool in TOOLS:
            if found := shutil.which(tool):
                (self.bin / tool).symlink_to(found)

    def add_python(self, name: str, script: str = RECORDING_PYTHON) -> None:
        """Put a Python of this name in the PATH, which has no other."""
        path = self.bin / name
        path.write_text(script.replace("REAL_PYTHON", shlex.quote(sys.executable)))
        path.chmod(0o755)

    def environment(self, **changes: object) -> dict[str, str]:
        return {**environment(**changes), "PATH": str(self.bin), "LEDGER": str(self.ledger)}

    def do(self, script: str, *arguments: str, **changes: object) -> subprocess.CompletedProcess[str]:
        """Run ./run or ./test from another folder until it ends."""
        return subprocess.run(
            [str(self.folder / script), *arguments],
            env=self.environment(**changes),
            cwd=self.folder.parent,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def begin(self, script: str, **changes: object) -> Process:
        """Run it beside the test."""
        return start([str(self.folder / script)], self.environment(**changes), self.folder.parent / "output")

    def asked_for(self) -> list[str]:
        """What the Pythons were asked to make since the last look: "venv", or "pip" with what it installs."""
        lines = self.ledger.read_text().splitlines() if self.ledger.exists() else []
        self.ledger.unlink(missing_ok=True)
        return [line.replace(str(self.folder), "HERE") for line in lines]


MADE = ["venv", "pip HERE[server]"]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "a checkout")


@pytest.fixture
def made(checkout: Checkout) -> Checkout:
    """A checkout whose .venv is made already."""
    checkout.add_python("python3")
    assert checkout.do("run").returncode == 0
    assert checkout.asked_for() == MADE
    return checkout


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def test_the_first_start_says_what_it_makes_and_hands_the_options_over(checkout: Checkout) -> None:
    checkout.add_python("python3")

    first = checkout.do("run", "--port", "9622")

    assert first.stdout == "maac-sim run --port 9622\n"
    version = ".".join(map(str, sys.version_info[:3]))
    assert f"Making .venv with Python {version} (first start only)" in first.stderr
    assert checkout.asked_for() == MADE


def test_a_second_start_makes_nothing_and_says_nothing(made: Checkout) -> None:
    began = time.monotonic()
    second = made.do("run")

    assert (second.stdout, second.stderr) == ("maac-sim run\n", "")
    assert made.asked_for() == []
    assert time.monotonic() - began < 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_other_requirements_are_installed_into_the_same_venv(made: Checkout, name: str) -> None:
    with (made.folder / name).open("a") as file:
        file.write("# changed\n")

    made.do("run")

    assert made.asked_for() == ["pip HERE[server]"]


@pytest.mark.slow
def test_tests_add_their_own_requirements_and_run_keeps_them(made: Checkout) -> None:
    assert made.do("test", "--setup-only").returncode == 0
    assert made.asked_for() == ["pip HERE[dev]"]
    made.do("run")
    assert made.asked_for() == []
    with (made.folder / "constraints.txt").open("a") as file:
        file.write("# changed\n")
    made.do("run")
    assert made.asked_for() == ["pip HERE[dev]"]


def break_python(checkout: Checkout) -> None:
    (checkout.folder / ".venv/bin/python").unlink()


def lose_everything(checkout: Checkout) -> None:
    shutil.rmtree(checkout.folder / ".venv/bin")


def garble_the_stamp(checkout: Checkout) -> None:
    (checkout.folder / ".venv/.stamp").write_text("?")


def move(checkout: Checkout) -> None:
    checkout.folder = checkout.folder.rename(checkout.folder.with_name("another place"))


@pytest.mark.slow
@pytest.mark.parametrize("harm", [break_python, lose_everything, garble_the_stamp, move])
def test_a_broken_venv_is_made_again(made: Checkout, harm: Callable[[Checkout], None]) -> None:
    harm(made)

    again = made.do("run")

    assert again.stdout == "maac-sim run\n"
    assert "is broken, was moved or has another Python" in again.stderr
    assert made.asked_for() == MADE


@pytest.mark.slow
def test_a_venv_without_its_command_is_installed_again(made: Checkout) -> None:
    (made.folder / ".venv/bin/maac-sim").unlink()

    assert made.do("run").stdout == "maac-sim run\n"
    assert made.asked_for() == ["pip HERE[server]"]


@pytest.mark.slow
def test_an_interrupted_install_is_made_again(checkout: Checkout) -> None:
    checkout.add_python("python3")
    with checkout.begin("run", PIP_TAKES=60) as first:
        wait_for(lambda: checkout.ledger.exists() and "pip" in checkout.ledger.read_text())
        first.kill()
    checkout.asked_for()

    assert checkout.do("run").stdout == "maac-sim run\n"
    assert checkout.asked_for() == MADE


@pytest.mark.slow
def test_a_failed_install_ends_the_start_and_the_next_one_tries_again(checkout: Checkout) -> None:
    checkout.add_python("python3")

    failed = checkout.do("run", PIP_ENDS_WITH=1)

    assert (failed.returncode, failed.stdout) == (1, "")
    assert "The install failed" in failed.stderr
    checkout.asked_for()
    assert checkout.do("run").returncode == 0
    assert checkout.asked_for() == MADE


@pytest.mark.slow
def test_of_two_starts_at_once_one_makes_the_venv_and_the_other_waits(checkout: Checkout) -> None:
    if shutil.which("flock") is None:
        skip_or_fail(Missing("flock is missing, so two starts do not see each other: apt-get install util-linux"))
    checkout.add_python("python3")
    with checkout.begin("run", PIP_TAKES=1) as first, checkout.begin("run", PIP_TAKES=1) as second:
        assert (first.wait(PATIENCE), second.wait(PATIENCE)) == (0, 0)
        assert "Another start is making .venv" in second.output()

    assert checkout.asked_for() == MADE


def test_signals_reach_the_server_itself(made: Checkout) -> None:
    server = made.folder / ".venv/bin/maac-sim"
    server.write_text("#!/bin/bash\ntrap 'echo stopped; exit 7' INT TERM\necho up\nwhile :; do sleep 0.05; done\n")
    for number in (signal.SIGINT, signal.SIGTERM):
        with made.begin("run") as running:
            wait_for(lambda running=running: running.output().endswith("up\n"))  # type: ignore[misc]
            os.kill(running.pid, number)
            assert running.wait(PATIENCE) == 7


@pytest.mark.slow
def test_shims_that_only_complain_and_old_pythons_are_passed_over(checkout: Checkout) -> None:
    checkout.add_python("python3.13", "#!/bin/bash\necho 'python3.13: command not found' >&2\nexit 127\n")
    checkout.add_python("python3.12", "#!/bin/bash\necho 'Get Python from the shop'\nexit 1\n")
    checkout.add_python("python3.11", OLD_PYTHON)
    checkout.add_python("python3")

    assert checkout.do("run").stdout == "maac-sim run\n"
    assert checkout.asked_for() == MADE


OLD_PYTHON = """#!/bin/bash
case "$2" in *version_info*) exit 1 ;; *) echo 3.9.2 ;; esac
"""
PYTHON_WITHOUT_ENSUREPIP = """#!/bin/bash
case "$2" in *ensurepip*) exit 1 ;; *) exec REAL_PYTHON "$@" ;; esac
"""


@pytest.mark.slow
@pytest.mark.parametrize("script", [None, OLD_PYTHON], ids=["none", "old"])
def test_without_a_python_it_says_what_to_install(checkout: Checkout, script: str | None) -> None:
    if script:
        checkout.add_python("python3", script)

    lost = checkout.do("run")

    assert lost.returncode == 1
    assert "No Python of 3.11 or newer" in lost.stderr
    assert "apt-get install python3 python3-venv" in lost.stderr
    assert not (checkout.folder / ".venv").exists()


@pytest.mark.slow
def test_a_python_without_ensurepip_is_named_with_what_it_lacks(checkout: Checkout) -> None:
    checkout.add_python("python3", PYTHON_WITHOUT_ENSUREPIP)

    lost = checkout.do("run")

    assert lost.returncode == 1
    assert "python3 (Python 3." in lost.stderr
    assert "ensurepip module is missing" in lost.stderr
    assert "apt-get install python3 python3-venv" in lost.stderr


@pytest.mark.slow
def test_the_python_that_is_asked_for_is_taken_or_refused(checkout: Checkout) -> None:
    checkout.add_python("python3", OLD_PYTHON)
    checkout.add_python("my python")

    refused = checkout.do("run", MAAC_SIM_PYTHON="no-such-python")
    assert refused.returncode == 1
    assert "MAAC_SIM_PYTHON is no-such-python" in refused.stderr

    assert checkout.do("run", MAAC_SIM_PYTHON=checkout.bin / "my python").stdout == "maac-sim run\n"
    assert checkout.asked_for() == MADE
