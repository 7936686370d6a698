"""The tutorial, word by word, in three terminals. Only the ports are this test's own."""

import re
import socket
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import ROOT
from tests.processes import embedded, environment
from tests.servers import free_port
from tests.terminal import Terminal

pytestmark = pytest.mark.slow

TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text()
FIRST, SECOND, THIRD = "First terminal", "Second terminal", "Third terminal"


class Block(NamedTuple):
    """What is to be typed, and where; or a file to save under its title."""

    language: str
    title: str
    text: str


BLOCKS = [Block(*found) for found in re.findall(r'^```(\w+) title="(.+?)"\n(.*?)^```$', TUTORIAL, re.M | re.S)]


class Reader:
    """Somebody who does what stands there."""

    def __init__(self, folder: Path, second: Terminal, third: Terminal) -> None:
        self.folder, self.second, self.third = folder, second, third
        self.port = free_port()
        self.is_serving = False
        self.output: list[str] = []

    def do(self, block: Block) -> None:
        text = block.text.replace("9000", str(self.port))
        if block.language == "python":
            (self.folder / block.title).write_text(text)
        elif block.title == SECOND:
            self._serve(text)
        else:
            self.output.append(self.third.run(text))
            self._read_what_came()

    def _read_what_came(self, timeout: float = 15) -> None:
        """A reader is slower than a delivery."""
        end = time.monotonic() + timeout
        while self.third.run("maac-sim deliveries --status pending --json").strip() not in ("", "[]"):
            assert time.monotonic() < end, "a delivery is still pending"
            time.sleep(0.05)

    def _serve(self, text: str) -> None:
        if self.is_serving:
            self.second.press_ctrl_c()
        self.second.begin(text)
        wait_until_it_listens(self.port)
        self.is_serving = True


def wait_until_it_listens(port: int, timeout: float = 30) -> None:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"Nothing listens at port {port}")


def test_the_tutorial_works_as_written(tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    assert BLOCKS[0] == Block("bash", FIRST, "./run\n")
    with embedded(tmp_path / "data", MAAC_SIM_API_TOKEN="") as simulator:
        env = environment(MAAC_SIM_URL=simulator.url, VIRTUAL_ENV_DISABLE_PROMPT=1, NO_COLOR=1, COLUMNS=120)
        with Terminal(env, tmp_path) as second, Terminal(env, tmp_path) as third:
            reader = Reader(tmp_path, second, third)
            for block in BLOCKS[1:]:
                reader.do(block)
            second.press_ctrl_c()
            received = second.shows()
    doctor, heard, made, own, _, refused, explained, wrong, _, right, failed, again, deleted = reader.output
    assert [line[:4] for line in doctor.splitlines()] == ["good"] * 5 + ["BAD ", "    "]
    assert "delivery 1 delivered" in heard
    assert "verified  receipt.receipt_validated" in received
    assert "share secret" in made
    assert "delivery 2 delivered" in own
    assert "'M-10086'" in received
    assert "delivery 3 failed" in refused
    assert "reserialised_json" in explained
    assert re.search(r"✕ body-rewritten.*Accepted", wrong), wrong
    assert re.search(r"\d+ failed", wrong)
    assert "failed" not in right
    assert re.search(r"\d\d passed", right)
    assert "</html>" in (tmp_path / "check.html").read_text()
    assert re.search(r"^3 ", failed, re.MULTILINE)
    assert "Delivery 3 is under way" in again
    printed = [line for line in received.splitlines() if " {'line_uid'" in line]
    assert printed[-1].startswith("form.surveycake_submitted ")
    assert "Deleted My receiver" in deleted
