"""Stops this process when another process exits."""

import os
import select
import signal
import threading
import time
from contextlib import suppress

LOOK_EVERY = 0.2
"""Seconds between checks of the other process, where the system cannot report that it ended."""


def end_with(pid: int) -> None:
    """Shut down cleanly when the other process has exited, for whatever reason."""

    def watch() -> None:
        _wait_for_end_of(pid)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="end with", daemon=True).start()


def _wait_for_end_of(pid: int) -> None:
    with suppress(ProcessLookupError):
        if hasattr(os, "pidfd_open"):
            # Readable when the process exits, even before its parent has collected the exit code.
            select.select([os.pidfd_open(pid)], [], [])
            return
        while True:
            os.kill(pid, 0)
            time.sleep(LOOK_EVERY)
