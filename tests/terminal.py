"""A terminal as people have it: an interactive shell behind a pseudo-terminal, with Ctrl+C.

with Terminal(environment(), folder) as terminal:
    assert "bin" in terminal.run("ls /")
    terminal.begin("python3 -m http.server 9000")
    terminal.press_ctrl_c()
"""

import contextlib
import io
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import pexpect

SHELL = ["--noprofile", "--norc", "--noediting", "-i"]
PROMPT = "<prompt>"


class Terminal:
    """What is typed runs in one shell, so that variables and the folder stay.

    Nothing is typed before the shell prompts for it: bash throws away what it was sent before that, at its start and
    after Ctrl+C.
    """

    def __init__(self, env: Mapping[str, str], folder: Path) -> None:
        self._runs = 0
        self._reading: threading.Thread | None = None
        self._printed = io.StringIO()
        shell_env = {**env, "PS1": PROMPT, "PS2": "", "TERM": "dumb"}
        self._shell: pexpect.spawn[str] = pexpect.spawn(
            "bash", SHELL, env=shell_env, cwd=str(folder), encoding="utf-8", codec_errors="replace", echo=False,
            dimensions=(40, 140), timeout=60,
        )  # fmt: skip
        self._shell.delaybeforesend = None
        self._shell.logfile_read = self._printed
        self._shell.expect_exact(PROMPT)

    def run(self, commands: str, timeout: float = 90) -> str:
        """Type the commands and give what is printed until all have ended."""
        self._runs += 1
        self._shell.sendline(f"{commands.rstrip()}\necho '<end of' {self._runs}'>'")
        self._shell.expect_exact(f"<end of {self._runs}>", timeout)
        printed = self._shell.before
        self._shell.expect_exact(PROMPT)
        assert printed is not None
        return _as_shown(printed)

    def begin(self, commands: str) -> None:
        """Type the commands, of which the last does not end by itself, and do not wait for it."""
        *first, last = commands.rstrip().splitlines()
        if first:
            self.run("\n".join(first))
        self._shell.sendline(last)
        # What nobody reads fills the terminal's buffer, which stops the program that prints.
        self._reading = threading.Thread(target=self._read_until_prompt, daemon=True)
        self._reading.start()

    def press_ctrl_c(self) -> None:
        """Interrupt what `begin` started, and wait until it has ended."""
        assert self._reading
        self._shell.sendintr()
        self._reading.join(60)
        assert not self._reading.is_alive(), f"Ctrl+C did not end it:\n{self.shows()}"
        self._reading = None

    def _read_until_prompt(self) -> None:
        with contextlib.suppress(pexpect.EOF):
            self._shell.expect_exact(PROMPT, timeout=None)

    def shows(self) -> str:
        """Everything that was printed so far."""
        return _as_shown(self._printed.getvalue())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is not None:
            error.add_note(self.shows())
        if self._reading:
            self.press_ctrl_c()
        self._shell.close(force=True)


def _as_shown(printed: str) -> str:
    return printed.replace(PROMPT, "").replace("\r\n", "\n")
