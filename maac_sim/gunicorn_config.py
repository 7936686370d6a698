"""gunicorn's settings, and how its processes add up their counters: in a folder that lives as long as they do."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client knows the folder."""
PREFIX = "maac-sim-metrics-"
"""Of the folder's name; the process id of gunicorn's first process follows."""

keepalive = 75
"""Seconds; longer than proxies and clients keep an idle connection, so that it is they who close it.

Closed by us, a connection could break in the moment in which the next request is sent on it.
"""
control_socket_disable = True
"""Nobody commands gunicorn through it, and two of them on one machine would share it."""


def make_shared_folder() -> None:
    """Before gunicorn starts, since prometheus_client asks for the folder when it is imported."""
    sweep_shared_folders()
    os.environ[SHARED_FOLDER] = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")


def sweep_shared_folders() -> None:
    """Remove what killed ones left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if not (owner.isdecimal() and _is_another_that_runs(int(owner))):
            shutil.rmtree(folder, ignore_errors=True)


def _is_another_that_runs(pid: int) -> bool:
    """Our own number is that of a predecessor: in a container, every gunicorn has the same."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


def on_exit(_server: Any) -> None:
    shutil.rmtree(os.environ[SHARED_FOLDER], ignore_errors=True)
