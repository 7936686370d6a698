"""A terminal as people have it: an interactive shell behind a pseudo-terminal, with Ctrl+C.

with Terminal(environment(), folder) as terminal:
    assert "bin" in terminal.run("ls /")
    terminal.begin("python3 -m http.server 9000")
    terminal.press_ctrl_c()
"""

import contextlib
import os
import pty
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

SHELL = ["bash", "--noprofile", "--norc", "--noediting", "-i"]
CTRL_C = b"\x03"
TYPED_AGAIN_AFTER = 5.0
TYPED_AT_MOST = 12


class Terminal:
    """What is typed runs in one shell, so that variables and the folder stay."""

    def __init__(self, env: Mapping[str, str], folder: Path) -> None:
        self._typed = 0
        self._seen = b""
        self._own, theirs = pty.openpty()
        self._shell = subprocess.Popen(
            SHELL, env={**env, "PS1": "", "PS2": "", "TERM": "dumb"}, cwd=folder, stdin=theirs, stdout=theirs,
            stderr=theirs, start_new_session=True, preexec_fn=_take_terminal,
        )  # fmt: skip
        os.close(theirs)
        threading.Thread(target=self._read, daemon=True).start()
        self._wake()

    def _wake(self) -> None:
        """A shell that starts throws away what was typed before it had its terminal, so that it is typed again."""
        for _ in range(TYPED_AT_MOST):
            self.begin("stty -echo columns 140; echo '<aw''ake>'")
            end = time.monotonic() + TYPED_AGAIN_AFTER
            while time.monotonic() < end:
                if b"<awake>" in self._seen:
                    self.run("true")
                    return
                time.sleep(0.02)
        raise AssertionError(f"The shell did not wake up; it printed:\n{self.shows()}")

    def run(self, commands: str, timeout: float = 90) -> str:
        """Type the commands and give what is printed until all have ended."""
        self._typed += 1
        start, mark = len(self._seen), f"<end of {self._typed}>"
        self.begin(f"{commands.rstrip()}\necho '<end of' {self._typed}'>'\n")
        end = time.monotonic() + timeout
        while mark.encode() not in self._seen[start:]:
            assert time.monotonic() < end, f"{commands}\ndid not end; it printed:\n{self.shows()}"
            time.sleep(0.02)
        return self._seen[start:].decode(errors="replace").replace("\r\n", "\n").split(mark)[0]

    def begin(self, commands: str) -> None:
        """Type the commands and wait for nothing."""
        os.write(self._own, f"{commands.rstrip()}\n".encode())

    def press_ctrl_c(self) -> None:
        """Interrupt what runs, and wait until it has ended."""
        os.write(self._own, CTRL_C)
        self.run("true")

    def shows(self) -> str:
        """Everything that was printed so far."""
        return self._seen.decode(errors="replace").replace("\r\n", "\n")

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # The other end was closed: the shell is gone.
            while data := os.read(self._own, 65536):
                self._seen += data

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is not None:
            error.add_note(self.shows())
        os.write(self._own, CTRL_C)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._shell.pid, signal.SIGHUP)
        self._shell.wait(10)
        os.close(self._own)


def _take_terminal() -> None:
    """Make standard input the controlling terminal, so that Ctrl+C reaches what runs in the foreground."""
    os.close(os.open(os.ttyname(0), os.O_RDWR))
