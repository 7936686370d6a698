"""Gives libcurl a request body in pieces: slowly, or only a part of it. libcurl serves other requests meanwhile."""

import time
from collections import deque
from collections.abc import Callable, Iterable

import pycurl

from maac_contract.fault_kinds import FaultKind
from webhooks.engine.fault_injection import dropped_at
from webhooks.engine.job import FaultSpec

PIECES = 50
"""Number of pieces of a slow body, at most."""
SENT_BEFORE_A_DROP = 0.05
"""Seconds to let the first half be sent: aborting discards what libcurl has not sent yet."""

THROTTLING = (FaultKind.DRIP_BODY, FaultKind.DROP_MID_BODY)

Piece = tuple[float, bytes | None]
"""Seconds after the start, and the bytes to send then; None aborts the connection."""


class ThrottledBody:
    """`read` is libcurl's read callback, which pauses the transfer between pieces; `is_ready` to be resumed."""

    def __init__(self, pieces: Iterable[Piece], clock: Callable[[], float] = time.monotonic) -> None:
        self._pieces = deque(pieces)
        self._clock = clock
        self._start = clock()
        self._is_paused = False

    @property
    def is_ready(self) -> bool:
        return self._is_paused and self._left() <= 0

    def read(self, size: int) -> bytes | int:
        self._is_paused = self._left() > 0
        if self._is_paused:
            return pycurl.READFUNC_PAUSE
        seconds, piece = self._pieces.popleft()
        if piece is None:
            return pycurl.READFUNC_ABORT
        if len(piece) > size:
            self._pieces.appendleft((seconds, piece[size:]))
        return piece[:size]

    def _left(self) -> float:
        """Seconds until the next piece."""
        return self._start + self._pieces[0][0] - self._clock()


def throttled_body(fault: FaultSpec, body: bytes) -> ThrottledBody:
    if fault.kind is FaultKind.DROP_MID_BODY:
        return ThrottledBody([(0.0, body[: dropped_at(body)]), (SENT_BEFORE_A_DROP, None)])
    return ThrottledBody(_dripping(body, fault.seconds))


def _dripping(body: bytes, seconds: float) -> list[Piece]:
    """Equal pieces: the first at once, the last after `seconds`."""
    count = max(1, min(PIECES, len(body)))
    size = -(-len(body) // count)
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    gap = seconds / max(1, len(pieces) - 1)
    return [(place * gap, piece) for place, piece in enumerate(pieces)]
