"""A deadline for reads from a socket, whose own timeout restarts with every byte."""

import socket
import threading
from contextlib import suppress
from typing import Self


class Deadline:
    """Closes a connection when the time is over. `passed` is whether that happened."""

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
        """Close this socket. Passed explicitly, since `http.client` drops its reference before the response is read."""
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
