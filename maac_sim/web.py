"""The web server, granian: its settings, and the web processes with their shared metrics.

It reads heads and sends answers without Python, so connections that are idle or slow cost a little memory each, and
Python's event loop reads the bodies (maac_sim.bridge). Threads are for requests that are complete.
"""

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable with prometheus_client's folder for metrics of several processes."""
PREFIX = "maac-sim-metrics-"
"""Prefix of the folder's name, before the id of the parent of the web processes."""
THREADS = "MAAC_SIM_WEB_THREADS"
"""Environment variable with the number of threads of a web process."""

HEAD_SECONDS = 75
"""Seconds for a request's head to arrive, and for a connection to stay idle between requests.

Longer than the idle timeout of proxies and clients, so that they close first. If the server closed first, a request
that was just sent on the connection would fail.
"""
HEAD_LIMIT = 64 * 1024
"""Most bytes of a request's head."""
FILES_WANTED = 65_536
KILL_AFTER = 10
"""Seconds that a web process has to answer its last requests."""


def settings(*, host: str, port: int) -> dict[str, Any]:
    """Options of every granian server here. OSError if the address is not available."""
    address = check_address(host, port)
    return {
        "address": address,
        "port": port,
        "interface": Interfaces.ASGINL,
        "http": HTTPModes.http1,
        "http1_settings": HTTP1Settings(header_read_timeout=HEAD_SECONDS * 1000, max_buffer_size=HEAD_LIMIT),
        "websockets": False,
        "backlog": 4096,
        "backpressure": raise_file_limit() // 2,
        "log_level": LogLevels.error,
    }


def check_address(host: str, port: int) -> str:
    """The numeric address. granian itself would share a port on which another server listens."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    with socket.socket(family) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
    return str(address[0])


def raise_file_limit() -> int:
    """Raise the limit of open files, since each connection is one; returns the limit."""
    if sys.platform == "win32":
        return FILES_WANTED
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(FILES_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return FILES_WANTED if soft == resource.RLIM_INFINITY else min(soft, FILES_WANTED)


def serve(*, host: str, port: int, workers: int, threads: int) -> None:
    """Run the web processes of the scaled simulator until SIGINT or SIGTERM."""
    from granian.server import Server

    own = settings(host=host, port=port)
    own |= {"workers": workers, "respawn_failed_workers": True, "workers_kill_timeout": KILL_AFTER}
    os.environ[THREADS] = str(threads)
    Server("maac_sim.asgi:application", **own).serve()


@contextmanager
def shared_counters() -> Iterator[None]:
    """A folder in which the web processes add up their counters.

    It must be there before the server's packages are loaded: prometheus_client reads the variable when it is imported,
    and web processes are forked.
    """
    sweep_shared_folders()
    folder = os.environ[SHARED_FOLDER] = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_shared_folders() -> None:
    """Remove the folders of killed processes."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if not (owner.isdecimal() and _is_another_that_runs(int(owner))):
            shutil.rmtree(folder, ignore_errors=True)


def _is_another_that_runs(pid: int) -> bool:
    """In a container every start has the same process id, so a folder of ours is a predecessor's."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
