"""Runs the simulator's own programs as people run them: a command of its own, its output in a file, its end by pid.

with embedded(tmp_path / "simulator") as simulator:
    simulator.api.post("/events/", {"topic": "receipt.receipt_validated"})
    simulator.kill()
    simulator.start()  # same folder, same port
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from tests.servers import free_port

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "maac_a_token_that_only_tests_know"
OURS = ("MAAC_SIM_", "WEBHOOK_", "NOTIFICATION_", "MESSAGE_", "OPENAPI_")
OURS_TOO = ("DATABASE_URL", "REDIS_URL", "WEB_CONCURRENCY")
SHOWN = 6000


class Process:
    """A program that a test started. It leads a process group, so that its children end with it."""

    def __init__(self, command: list[str], popen: subprocess.Popen[bytes], log: Path) -> None:
        self.command = command
        self.log = log
        self._popen = popen

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        return self._popen.poll() is None

    def output(self) -> str:
        """Everything it wrote so far."""
        return self.log.read_text(errors="replace")

    def wait(self, timeout: float = 30) -> int:
        """Its exit code as soon as it ends by itself."""
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.describe()} did not end in {timeout:g} s") from None

    def send_signal(self, number: signal.Signals) -> None:
        """Send it any signal."""
        self._popen.send_signal(number)

    def terminate(self, timeout: float = 10) -> int:
        """Ask it to end (SIGTERM) and give its exit code; an AssertionError if it does not end in time."""
        if self.is_running:
            self._popen.send_signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self) -> None:
        """End it with all its children as a crash would (SIGKILL)."""
        if self.is_running:
            # Not yet waited for, so the number cannot have become another group's.
            os.killpg(self.pid, signal.SIGKILL)
            self._popen.wait(10)

    def describe(self) -> str:
        """What it is, and the end of its output, for a test that fails."""
        state = "running" if self.is_running else f"ended with {self._popen.returncode}"
        return f"{' '.join(self.command)} (pid {self.pid}, {state}; it wrote:\n{self.output()[-SHOWN:]})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is not None:
            error.add_note(self.describe())
        self.kill()


def start(command: list[str], env: Mapping[str, str], log: Path) -> Process:
    """Start a command with exactly this environment (see `environment`); its output is added to the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        popen = subprocess.Popen(
            command,
            env=env,
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    return Process(command, popen, log)


def environment(**changes: object) -> dict[str, str]:
    """This environment without what configures a simulator, with `maac-sim` first in PATH, and with these changes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS) and name not in OURS_TOO}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return {**kept, "PATH": path, **{name: str(value) for name, value in changes.items()}}


def wait_until_ready(url: str, timeout: float = 30, process: Process | None = None) -> None:
    """Return as soon as the URL answers 200; fail after the timeout, or when the process that should answer is gone."""
    end, answer = time.monotonic() + timeout, "nothing"
    while time.monotonic() < end:
        if process and not process.is_running:
            raise AssertionError(f"{process.describe()} before {url} was ready")
        status, answer = _ask(url)
        if status == 200:
            return
        time.sleep(0.05)
    raise AssertionError(f"{url} was not ready in {timeout:g} s; the last answer was: {answer}")


def wait_until_it_listens(process: Process, port: int, timeout: float = 60) -> None:
    """Return as soon as the process takes connections on the port of 127.0.0.1; fail when it is gone, or too late."""
    end = time.monotonic() + timeout
    while time.monotonic() < end and process.is_running:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{process.describe()} does not listen on port {port}")


def _ask(url: str) -> tuple[int, str]:
    try:
        with _direct_session() as session:
            answer = session.get(url, timeout=5)
    except requests.RequestException as error:
        return 0, str(error)
    return answer.status_code, f"{answer.status_code} {answer.text[:1000]}"


def _direct_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # A proxy that the environment names does not lead to 127.0.0.1.
    return session


class Api:
    """REST calls with a token: the path is what follows /api/v1, the second argument becomes the JSON body."""

    def __init__(self, url: str, token: str, timeout: float = 40) -> None:
        self.token = token
        self._base = f"{url}/api/v1"
        self._timeout = timeout
        self._session = _direct_session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> requests.Response:
        return self.call("POST", path, json=json, **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> requests.Response:
        return self.call("PATCH", path, json=json, **options)

    def delete(self, path: str, json: Any = None, **options: Any) -> requests.Response:
        return self.call("DELETE", path, json=json, **options)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Any method; options are those of `requests`, such as headers, params or timeout."""
        return self._session.request(method, self._base + path, **{"timeout": self._timeout, **options})

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


@functools.cache
def migrated_database() -> Path:
    """A database that has its tables and nothing in them, made once in a run of the tests."""
    folder = Path(tempfile.mkdtemp(prefix="migrated-", dir=os.environ.get("MAAC_SIM_DATA")))
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "-v", "0"]
    with start(command, environment(MAAC_SIM_DATA=folder), folder / "migrate.log") as process:
        assert process.wait(60) == 0, process.describe()
    return folder / "maac-sim.sqlite3"


class Embedded:
    """A simulator in one process on SQLite. It comes back to the same folder and port after `terminate` or `kill`."""

    def __init__(self, folder: Path, changes: dict[str, object]) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = TOKEN
        self.api = Api(self.url, self.token)
        self.process: Process
        self._changes = changes

    def start(self, timeout: float = 30) -> None:
        """Start it and wait until it is ready. A new folder gets a database with its tables."""
        if not self.folder.exists():
            self.folder.mkdir(parents=True)
            shutil.copy(migrated_database(), self.folder)
        presets = {"MAAC_SIM_DATA": self.folder, "MAAC_SIM_PORT": self.port, "MAAC_SIM_API_TOKEN": self.token}
        log = self.folder.with_name(f"{self.folder.name}.log")
        self.process = start(["maac-sim", "run"], environment(**{**presets, **self._changes}), log)
        try:
            wait_until_ready(f"{self.url}/readyz", timeout, self.process)
        except BaseException:
            self.process.kill()
            raise

    def kill(self) -> None:
        self.process.kill()

    def send_signal(self, number: signal.Signals) -> None:
        """Send it any signal."""
        self.process.send_signal(number)

    def terminate(self, timeout: float = 10) -> int:
        return self.process.terminate(timeout)


@contextlib.contextmanager
def embedded(folder: Path, **env: object) -> Iterator[Embedded]:
    """A running embedded simulator with its data in this folder; keywords become its environment."""
    simulator = Embedded(folder, env)
    with contextlib.closing(simulator.api):
        simulator.start()
        try:
            yield simulator
        except BaseException as error:
            error.add_note(simulator.process.describe())
            raise
        finally:
            simulator.kill()
