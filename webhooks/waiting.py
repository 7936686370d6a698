"""Lets a view wait for a condition without occupying a server thread, where the server supports it.

The server puts a Waiting into the WSGI environ. A view that has to wait registers a condition there and returns. The
server discards this response, polls the condition, and calls the application again when the wait is over:

    call -> Waiting.wait(condition) -> [poll, poll, ... no thread in between] -> same call again, is_over -> response

Under a server without a Waiting (such as Django's test client), `wait` blocks.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

ENVIRON_KEY = "maac_sim.waiting"
LOOK_AGAIN = (0.005, 0.01, 0.02, 0.05)
"""Seconds between polls; the last value repeats."""

T = TypeVar("T")
Look = Callable[[], bool]


class Waiting:
    """The wait of one request."""

    def __init__(self, *, blocks: bool = False, is_over: bool = False) -> None:
        self._blocks = blocks
        self._kept: list[Any] = []
        self.is_over = is_over
        self.look: Look | None = None
        self.timeout = 0.0

    def once(self, make: Callable[[], T]) -> T:
        """The result of `make` from the first call of the view; the second call gets the same result."""
        if not self._kept:
            self._kept.append(make())
        return cast("T", self._kept[0])

    def wait(self, look: Look, *, timeout: float) -> bool:
        """Whether `look` returned true within `timeout` seconds; False also from the first call of the view."""
        if look():
            return True
        if self._blocks:
            return _block(look, timeout)
        if not self.is_over:
            self.look, self.timeout = look, timeout
        return False


def waiting_of(environ: Mapping[str, Any]) -> Waiting:
    """The Waiting of a request, given its META; one that blocks if the server provides none."""
    waiting: Waiting = environ.get(ENVIRON_KEY) or Waiting(blocks=True)
    return waiting


def pause_before_look(number: int) -> float:
    """Seconds before the poll of this number, counted from 0."""
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
