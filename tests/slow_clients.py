"""Clients that hold a web server up: half a request, one byte at a time, no end, or an answer that is never read.

with SlowClients(port, token, each=25):
    ...
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

POST = b"POST /api/v1/events/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
GET = b"GET /api/v1/event-types/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer TOKEN\r\n\r\n"

KINDS = {
    "nothing": (b"", b""),
    "half a request line": (b"GET /liv", b""),
    "half a head": (POST, b""),
    "half a body": (POST + b"Content-Length: 1000\r\n\r\n{", b""),
    "half a chunk": (CHUNKED + b"1000\r\n{", b""),
    "one byte of the head at a time": (POST + b"X: ", b"x"),
    "one byte of the body at a time": (POST + b"Content-Length: 1000\r\n\r\n{", b" "),
    "endless header": (POST + b"X: ", b"x" * 4096),
    "endless headers": (POST, b"X: x\r\n" * 500),
    "endless chunk-size line": (CHUNKED, b"0" * 4096),
    "endless chunk extension": (CHUNKED + b"1;", b"x" * 4096),
    "endless trailers": (CHUNKED + b"0\r\n", b"X: x\r\n" * 500),
    "answers never read": (GET * 4, b""),
    "pipelined": (GET * 2 + POST + b"Content-Length: 1000\r\n\r\n{", b""),
}
"""What each sends at first, and what again and again."""
AGAIN_AFTER = 0.2


class SlowClients:
    """Some clients of each kind; one that the server closes comes again."""

    def __init__(self, port: int, token: str, *, each: int) -> None:
        self._port = port
        self._token = token.encode()
        self._open = {(kind, number): self._connect(kind) for kind in KINDS for number in range(each)}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._go_on)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        for client in self._open.values():
            client.close()

    def __len__(self) -> int:
        return len(self._open)

    def _connect(self, kind: str) -> socket.socket:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(5)
        client.connect(("127.0.0.1", self._port))
        client.sendall(KINDS[kind][0].replace(b"TOKEN", self._token))
        client.setblocking(False)
        return client

    def _go_on(self) -> None:
        while not self._stopped.wait(AGAIN_AFTER):
            for (kind, number), client in self._open.items():
                try:
                    with suppress(BlockingIOError):
                        client.send(KINDS[kind][1])
                except OSError:
                    client.close()
                    with suppress(OSError):
                        self._open[kind, number] = self._connect(kind)


def cpu_seconds(group: int) -> float:
    """What the processes of a process group have used so far."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / 100 if int(fields[2]) == group else 0.0
    return total


def share_of_a_core(group: int, seconds: float) -> float:
    """That the process group uses over the next seconds."""
    before, start = cpu_seconds(group), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(group) - before) / (time.monotonic() - start)
