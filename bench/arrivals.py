"""What the receiver's log says: one line a request, with its moment, key, signature, path and whole body."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_CHUNK = 1 << 20


class Arrival(NamedTuple):
    """One request as the receiver took it. `at` is in seconds since 1970, exact to a millisecond."""

    at: float
    key: str
    signature: str
    path: str
    body: bytes


class Arrivals:
    """The requests that came since this was made, or all that ever came."""

    def __init__(self, log: Path, *, from_the_start: bool = False) -> None:
        self._log = log
        self._start = self._read_up_to = 0 if from_the_start else log.stat().st_size
        self._count = 0

    def count(self) -> int:
        """How many have been logged so far; reads only what is new."""
        with self._log.open("rb") as file:
            file.seek(self._read_up_to)
            while chunk := file.read(_CHUNK):
                self._read_up_to += len(chunk)
                self._count += chunk.count(b"\n")
        return self._count

    def __iter__(self) -> Iterator[Arrival]:
        with self._log.open("rb") as file:
            file.seek(self._start)
            for line in file:
                if line.endswith(b"\n"):
                    yield _arrival(line)

    def rate(self) -> float | None:
        """Requests per second from the first to the last."""
        return rate([arrival.at for arrival in self])


def rate(times: list[float]) -> float | None:
    """Per second from the first moment to the last."""
    span = max(times) - min(times) if times else 0.0
    return (len(times) - 1) / span if span else None


def _arrival(line: bytes) -> Arrival:
    head, _, body = line[:-1].partition(b"\t")
    at, key, signature, path = head.decode("latin-1").split(" ", 3)
    return Arrival(float(at), key, signature, path, body)
