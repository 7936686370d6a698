"""A deadline for what is read from a socket: its own timeout begins anew with every byte."""

import socket
import threading
from contextlib import suppress
from typing import Self


class Deadline:
    """Cuts a connection off when the time is over. `passed` tells whether it had to."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._sock: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._pass)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self, sock: socket.socket) -> None:
        """Cut this one off. It is named here since `http.client` gives its socket away before an answer is read."""
        with self._lock:
            self._sock = sock
            if self.passed:
                self._cut_off()

    def _pass(self) -> None:
        with self._lock:
            self.passed = True
            self._cut_off()

    def _cut_off(self) -> None:
        if self._sock is not None:
            with suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)
