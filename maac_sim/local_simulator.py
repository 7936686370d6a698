"""Starts an embedded simulator as a subprocess with a folder of its own, for as long as this program runs."""

import json
import os
import secrets
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from maac_sim import server_extra

READY_WITHIN = 60.0
"""Seconds for the start; a busy CI machine needs long."""
LOOK_EVERY = 0.02
PORTS_TRIED = 3
"""One that was free may be taken before the simulator listens on it."""
COMMAND = "MAAC_SIM_COMMAND"
"""The variable with the command of a maac-sim that is installed elsewhere; `run` and its options are appended."""
NOT_PASSED_ON = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL")
NOT_PASSED_ON_PREFIXES = ("MAAC_SIM_", "DJANGO_", "CELERY_", "PYTHON")
"""Environment variables that the program around it may have set for itself, and that would change the simulator."""
OUTPUT_SHOWN = 2000


class NotStarted(Exception):
    """The simulator did not start; the message ends with its output."""


@dataclass(frozen=True)
class Address:
    """The address of a simulator, and a token for it."""

    url: str
    token: str


class Simulator:
    """A simulator subprocess. It also exits when the process `end_with` has exited."""

    def __init__(self, folder: Path, *, end_with: int) -> None:
        """Return as soon as it is ready. Raises NotStarted."""
        self._command = [*server_command(), "run", "--end-with", str(end_with)]
        self._log = folder / "maac-sim.log"
        self._token = f"maac_{secrets.token_urlsafe(24)}"
        folder.mkdir(parents=True, exist_ok=True)
        for _ in range(PORTS_TRIED):
            port = _free_port()
            env = _environment(folder, port, self._token)
            self._process = self._start(env)
            self.address = Address(f"http://127.0.0.1:{port}", self._token)
            if self._becomes_ready():
                return
        raise NotStarted(f"maac-sim did not start. It wrote:\n{self._output()}")

    def stop(self) -> None:
        """Kill it: its folder is deleted, and with it what was still to be sent."""
        self._process.kill()
        self._process.wait()

    def let_go(self) -> Address:
        """Leave it running until the process `end_with` exits."""
        self._process.returncode = 0  # Or Python complains about a process that nobody waited for.
        return self.address

    def _start(self, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            try:
                return subprocess.Popen(  # noqa: S603 - our own program, or the one that the user named
                    self._command, env=env, cwd=self._log.parent, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            except OSError as error:
                raise NotStarted(f"{self._command[0]} cannot be run ({error.strerror}). Check {COMMAND}.") from None

    def _becomes_ready(self) -> bool:
        end = time.monotonic() + READY_WITHIN
        while time.monotonic() < end and self._process.poll() is None:
            if _answers(f"{self.address.url}/readyz"):
                return True
            time.sleep(LOOK_EVERY)
        self.stop()
        return False

    def _output(self) -> str:
        return self._log.read_text(errors="replace")[-OUTPUT_SHOWN:]


def server_command() -> list[str]:
    """What starts a simulator here: the command that the user named, or this environment's own. Raises NotStarted."""
    if named := os.environ.get(COMMAND):
        return shlex.split(named)
    if server_extra.missing():
        raise NotStarted(
            "There is no simulator to test with. Set MAAC_SIM_URL and MAAC_SIM_API_TOKEN to a running one, or install "
            f"the server into this environment ({server_extra.INSTALL}), or install it elsewhere (pipx install "
            f"'maac-sim[server]') and set {COMMAND} to its maac-sim."
        )
    # -P: the folder it starts in does not come before the installed packages.
    return [sys.executable, "-P", "-m", "maac_sim"]


def start_once(folder: Path, *, end_with: int) -> Address:
    """One simulator for all processes that use the same folder: the first starts it, the others wait. NotStarted."""
    folder.mkdir(parents=True, exist_ok=True)
    address_file = folder / "address.json"
    try:
        (folder / "taken").touch(exist_ok=False)
    except FileExistsError:
        return _read(address_file)
    try:
        answer = asdict(Simulator(folder / "data", end_with=end_with).let_go())
    except NotStarted as error:
        answer = {"error": str(error)}
    draft = address_file.with_suffix(".draft")
    draft.write_text(json.dumps(answer))
    draft.replace(address_file)
    return _read(address_file)


def _read(address_file: Path) -> Address:
    end = time.monotonic() + PORTS_TRIED * READY_WITHIN
    while not address_file.exists():
        if time.monotonic() > end:
            raise NotStarted("The process that was to start maac-sim for all did not get there.")
        time.sleep(LOOK_EVERY)
    answer = json.loads(address_file.read_text())
    if "error" in answer:
        raise NotStarted(answer["error"])
    return Address(**answer)


def _environment(folder: Path, port: int, token: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in NOT_PASSED_ON and not name.startswith(NOT_PASSED_ON_PREFIXES)
    }
    own = {
        "MAAC_SIM_DATA": str(folder),
        "MAAC_SIM_HOST": "127.0.0.1",
        "MAAC_SIM_PORT": str(port),
        "MAAC_SIM_API_TOKEN": token,
    }
    return {**kept, **own}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
