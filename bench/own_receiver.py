"""A small receiver in a process of its own, for where there is no nginx, and for answers that come late or never.

A flaky one answers 503 to the first requests of some keys, as many as the key's first digit says.
"""

import argparse
import asyncio
import gc
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
_FAILURES = {b"a": 1, b"b": 1, b"c": 1, b"d": 2, b"e": 3, b"f": 1_000_000}
"""Answers of 503 before the first 200, by the first digit of the key; none for the others."""
_FLUSH_SECONDS = 0.05
_BACKLOG = 4096


@dataclass
class Manner:
    """How requests are answered. `delay` is in seconds; `seen` counts the requests of each key."""

    log: IO[bytes]
    delay: float = 0.0
    hangs: bool = False
    is_flaky: bool = False
    seen: Counter[bytes] = field(default_factory=Counter)

    def answer(self, key: bytes) -> bytes:
        if not self.is_flaky:
            return _ANSWER
        self.seen[key] += 1
        return _UNAVAILABLE if self.seen[key] <= _FAILURES.get(key[:1], 0) else _ANSWER


class Line(asyncio.Protocol):
    """One connection. It takes what our senders write: a head, and a body of the length that the head names."""

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio types it too widely
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        while self._take():
            pass

    def _take(self) -> bool:
        """Log and answer one whole request, if the buffer has one."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self._buffer[: end + 2]
        size = int(_header(head, b"\r\nContent-Length: ") or 0)
        if len(self._buffer) < end + 4 + size:
            return False
        body, self._buffer = self._buffer[end + 4 : end + 4 + size], self._buffer[end + 4 + size :]
        key = _header(head, b"\r\nCrescLab-Idempotency-Key: ")
        self._write(head, key, body)
        self._answer(self._manner.answer(key))
        return True

    def _write(self, head: bytes, key: bytes, body: bytes) -> None:
        signature = _header(head, b"\r\nCrescLab-Signature: ")
        path = head.split(b" ", 2)[1]
        self._manner.log.write(b"%.3f %s %s %s\t%s\n" % (time.time(), key, signature, path, body))

    def _answer(self, answer: bytes) -> None:
        if self._manner.hangs:
            return
        if self._manner.delay:
            asyncio.get_running_loop().call_later(self._manner.delay, self._transport.write, answer)
        else:
            self._transport.write(answer)


def _header(head: bytes, name: bytes) -> bytes:
    """The value behind `name`, which includes the line break before it; empty when there is none."""
    at = head.find(name)
    return head[at + len(name) : head.find(b"\r\n", at + len(name))] if at >= 0 else b""


async def serve(port: int, manner: Manner) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Line(manner), "127.0.0.1", port, backlog=_BACKLOG)
    while True:
        await asyncio.sleep(_FLUSH_SECONDS)
        manner.log.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before the answer")
    parser.add_argument("--hang", action="store_true", help="never answer")
    parser.add_argument("--flaky", action="store_true", help="answer some keys with 503 first")
    options = parser.parse_args()
    gc.disable()  # Requests make no cycles, and a collection would look like a slow sender.
    with options.log.open("ab", buffering=1 << 20) as log:
        asyncio.run(serve(options.port, Manner(log, options.delay, options.hang, options.flaky)))


if __name__ == "__main__":
    main()
