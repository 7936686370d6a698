"""Ends this process with another one, however that one ends."""

import os
import select
import signal
import threading
import time
from contextlib import suppress

LOOK_EVERY = 0.2
"""Seconds between looks at the other process, where the system cannot say that it ended."""


def end_with(pid: int) -> None:
    """Stop in good order once the other process is gone, however it ended."""

    def watch() -> None:
        _wait_for_end_of(pid)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="end with", daemon=True).start()


def _wait_for_end_of(pid: int) -> None:
    with suppress(ProcessLookupError):
        if hasattr(os, "pidfd_open"):
            # Readable as soon as the process has ended, even if nobody has asked for its exit code yet.
            select.select([os.pidfd_open(pid)], [], [])
            return
        while True:
            os.kill(pid, 0)
            time.sleep(LOOK_EVERY)
