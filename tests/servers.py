"""Real servers for tests: Redis and PostgreSQL as subprocesses on free ports of 127.0.0.1, gone when the block ends."""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
PATIENCE = 20.0
ANSWER_WITHIN = 0.5
DATABASE = "maac_sim"
OWNER = "postgres"


class Missing(Exception):
    """A server's program is not installed; the message names the Debian package that has it."""


class Server:
    """A running server. One that the environment names is somebody else's: it has no process and cannot be stopped."""

    def __init__(self, url: str, recipe: Recipe | None = None) -> None:
        self.url = url
        self.process: subprocess.Popen[bytes] | None = None
        self._recipe = recipe

    def start(self) -> None:
        """Start it and wait until it answers."""
        recipe = self._own_recipe()
        self.process = recipe.launch()
        _wait_until(lambda: self._is_up(recipe), f"{recipe.command[0]} does not answer")
        recipe.once_up()

    def restart(self) -> None:
        """Stop it in good order (if it still runs) and start it on the same port with the same data."""
        recipe = self._own_recipe()
        if self._runs():
            recipe.before_stop()
            self._end(recipe.stop)
        self.start()

    def kill(self) -> None:
        """End it as a crash would, connections and all; `restart` brings it back."""
        recipe = self._own_recipe()
        if self._runs():
            self._end(recipe.crash)

    def _own_recipe(self) -> Recipe:
        if self._recipe is None:
            raise RuntimeError(f"{self.url} was not started by the tests, so they do not stop or start it")
        return self._recipe

    def _runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _is_up(self, recipe: Recipe) -> bool:
        if not self._runs():
            raise RuntimeError(f"{recipe.command[0]} ended while starting:\n{recipe.log.read_text()[-2000:]}")
        return recipe.answers()

    def _end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(PATIENCE)


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Recipe:
    """How one kind of server is started, asked whether it is up, and ended."""

    command: list[str]
    home: Path
    answers: Callable[[], bool]
    stop: signal.Signals
    crash: signal.Signals
    user: str | None = None
    before_stop: Callable[[], None] = _nothing
    once_up: Callable[[], None] = _nothing

    @property
    def log(self) -> Path:
        return self.home / "log"

    def launch(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                env=_environment(),
                # A Ctrl-C at the terminal is for the tests, which end the server themselves.
                start_new_session=True,
            )


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on.

    It lies below the range from which the kernel picks ports for outgoing connections: a client that keeps trying to
    reach a stopped server could otherwise be given that server's port, talk to itself, and block the restart.
    """
    for _ in range(100):
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("no free port in 100 tries")


def find_redis() -> Path:
    """The path of `redis-server`."""
    if found := shutil.which("redis-server"):
        return Path(found)
    raise Missing("redis-server is not installed: the Debian package is redis-server")


def find_postgres() -> Path:
    """The directory with `initdb`, `postgres` and `createdb`: of the PATH, or the newest that Debian has installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    installed = [path.parent for path in DEBIAN_POSTGRES.glob("*/bin/initdb")]
    if installed:
        return max(installed, key=_version)
    raise Missing("PostgreSQL's initdb is not installed: the Debian package is postgresql")


@contextlib.contextmanager
def start_redis() -> Iterator[Server]:
    """A Redis that writes nothing to disk, or the one that `TEST_REDIS_URL` names."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield Server(url)
        return
    program = find_redis()
    with tempfile.TemporaryDirectory(prefix="maac-sim-redis-") as home, _running(_redis(program, Path(home))) as server:
        yield server


@contextlib.contextmanager
def start_postgres() -> Iterator[Server]:
    """A PostgreSQL with an empty database `maac_sim`, or the one that `TEST_DATABASE_URL` names."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield Server(url)
        return
    programs = find_postgres()
    with tempfile.TemporaryDirectory(prefix="maac-sim-postgres-") as directory:
        home, user = Path(directory), _postgres_user()
        if user:
            shutil.chown(home, user, user)
        _initdb(programs, home, user)
        port = free_port()
        with _running(_postgres(programs, home, user, port)) as server:
            _run([programs / "createdb", *_reach(port), DATABASE], home, user)
            yield server


@contextlib.contextmanager
def _running(made: tuple[str, Recipe]) -> Iterator[Server]:
    server = Server(*made)
    try:
        server.start()
        yield server
    finally:
        server.kill()


def _redis(program: Path, home: Path) -> tuple[str, Recipe]:
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(home), "--save", "", "--appendonly", "no"]
    recipe = Recipe(
        command=[str(program), *options],
        home=home,
        answers=lambda: _ask_redis(port, b"PING", ANSWER_WITHIN) == b"+PONG\r\n",
        stop=signal.SIGTERM,
        crash=signal.SIGKILL,
        before_stop=lambda: _save_redis(port),
        # Only a restart in good order keeps the data: a snapshot left lying would come back after a later crash.
        once_up=lambda: (home / "dump.rdb").unlink(missing_ok=True),
    )
    return f"redis://127.0.0.1:{port}/0", recipe


def _save_redis(port: int) -> None:
    answer = _ask_redis(port, b"SAVE", PATIENCE)
    if answer != b"+OK\r\n":
        raise RuntimeError(f"Redis could not save its data before the restart: {answer!r}")


def _ask_redis(port: int, command: bytes, timeout: float) -> bytes:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.sendall(command + b"\r\n")
        return connection.recv(1024)
    return b""


def _postgres(programs: Path, home: Path, user: str | None, port: int) -> tuple[str, Recipe]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "shared_buffers": "128MB",
        "max_connections": "100",
        # Safe as long as only the server dies, not the machine. Commits stay synchronous: what is committed has to
        # outlive `kill`.
        "fsync": "off",
        "full_page_writes": "off",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    recipe = Recipe(
        command=[str(programs / "postgres"), "-D", str(home / "data"), *options],
        home=home,
        user=user,
        answers=lambda: _postgres_accepts(port),
        stop=signal.SIGINT,
        # SIGKILL would leave the server's children behind, and their shared memory would refuse the next start. SIGQUIT
        # takes them along, and has the next start recover as after a crash.
        crash=signal.SIGQUIT,
    )
    return f"postgres://{OWNER}@127.0.0.1:{port}/{DATABASE}", recipe


def _postgres_accepts(port: int) -> bool:
    """Whether it lets us in: the port is open before the server takes anyone."""
    parameters = b"user\0" + OWNER.encode() + b"\0database\0postgres\0\0"
    hello = struct.pack("!ii", 8 + len(parameters), 3 << 16) + parameters
    goodbye = b"X\0\0\0\4"
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), ANSWER_WITHIN) as connection:
        connection.sendall(hello)
        accepted = connection.recv(1) == b"R"
        connection.sendall(goodbye)
        return accepted
    return False


def _postgres_user() -> str | None:
    """PostgreSQL refuses to run as root; Debian's package brings a user for it."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise Missing("there is no user postgres to run PostgreSQL as: the Debian package is postgresql") from None


def _initdb(programs: Path, home: Path, user: str | None) -> None:
    options = ["--auth", "trust", "--username", OWNER, "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
    _run([programs / "initdb", *options, "--pgdata", home / "data"], home, user)


def _reach(port: int) -> list[str]:
    return ["--host", "127.0.0.1", "--port", str(port), "--username", OWNER, "--no-password"]


def _run(command: list[str | Path], home: Path, user: str | None) -> None:
    done = subprocess.run(
        command,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        env=_environment(),
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def _environment() -> dict[str, str]:
    """Ours, without what would point PostgreSQL's programs at another server (`PGHOSTADDR` beats `--host`)."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _version(directory: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", directory.parent.name)]


def _wait_until(holds: Callable[[], bool], complaint: str) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"{complaint} after {PATIENCE:g} s")
        time.sleep(0.01)
