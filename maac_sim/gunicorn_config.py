"""How gunicorn's processes add up their counters: in a folder that lives as long as they do."""

import os
import shutil
import tempfile
from typing import Any

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client knows the folder."""


def make_shared_folder() -> None:
    """Before gunicorn starts, since prometheus_client asks for the folder when it is imported."""
    os.environ[SHARED_FOLDER] = tempfile.mkdtemp(prefix="maac-sim-metrics-")


def on_exit(_server: Any) -> None:
    shutil.rmtree(os.environ[SHARED_FOLDER], ignore_errors=True)
