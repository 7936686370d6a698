"""Waiting for something during a request, without a thread where the server can do so.

The server puts a Waiting into the WSGI environ. A view that has to wait names there what it waits for and answers. The
server throws this answer away, looks from time to time, and calls the application once more when the wait is over:

    call -> Waiting.wait(look) -> [look, look, ... no thread between them] -> the same call again, is_over -> the answer

Under a server without a Waiting (such as Django's test client), `wait` blocks.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

ENVIRON_KEY = "maac_sim.waiting"
LOOK_AGAIN = (0.005, 0.01, 0.02, 0.05)
"""Seconds between looks; the last one repeats."""

T = TypeVar("T")
Look = Callable[[], bool]


class Waiting:
    """What one request waits for."""

    def __init__(self, *, blocks: bool = False, is_over: bool = False) -> None:
        self._blocks = blocks
        self._kept: list[Any] = []
        self.is_over = is_over
        self.look: Look | None = None
        self.timeout = 0.0

    def once(self, make: Callable[[], T]) -> T:
        """What `make` returned at the first call; it is not called again when the wait is over."""
        if not self._kept:
            self._kept.append(make())
        return cast("T", self._kept[0])

    def wait(self, look: Look, *, timeout: float) -> bool:
        """Whether `look` was true within these seconds."""
        if look():
            return True
        if self._blocks:
            return _block(look, timeout)
        if not self.is_over:
            self.look, self.timeout = look, timeout
        return False


def waiting_of(environ: Mapping[str, Any]) -> Waiting:
    """That of a request, by its META."""
    waiting: Waiting = environ.get(ENVIRON_KEY) or Waiting(blocks=True)
    return waiting


def pause_before_look(number: int) -> float:
    """Seconds before this look; the first one is 0."""
    return LOOK_AGAIN[min(number, len(LOOK_AGAIN) - 1)]


def _block(look: Look, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    number = 0
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(left, pause_before_look(number)))
        if look():
            return True
        number += 1
    return False
