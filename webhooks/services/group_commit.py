"""Group commit: what several threads ask of the database at the same moment is asked once for all of them.

While one round is under way, the next requests gather; whoever gets the turn then takes all of them along. So nobody
waits for company, and the busier the process is, the less each request costs.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

from django.db import DataError, IntegrityError, connection

MOST_AT_ONCE = 100

Asked = TypeVar("Asked")
Given = TypeVar("Given")


class _Request(Generic[Asked, Given]):
    """One thread's, and what became of it."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.given: Given
        self.error: BaseException | None = None
        self.is_done = False

    def fail(self, error: BaseException) -> None:
        self.error, self.is_done = error, True


class GroupCommit(Generic[Asked, Given]):
    """`act` answers a round of requests, in their order; all of it begins after each of them was made."""

    def __init__(self, act: Callable[[Sequence[Asked]], Sequence[Given]]) -> None:
        self._act = act
        self._waiting: deque[_Request[Asked, Given]] = deque()
        self._turn = Lock()

    def submit(self, asked: Asked) -> Given:
        if connection.in_atomic_block:
            # Nobody else's request may hang on how this transaction ends.
            return self._act([asked])[0]
        request: _Request[Asked, Given] = _Request(asked)
        self._waiting.append(request)
        with self._turn:
            while not request.is_done:
                self._answer([self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))])
        if request.error:
            raise request.error
        return request.given

    def _answer(self, requests: Sequence[_Request[Asked, Given]]) -> None:
        try:
            given = self._act([request.asked for request in requests])
        except (IntegrityError, DataError) as error:
            if len(requests) == 1:
                requests[0].fail(error)
            else:
                # The database stored nothing, for the fault of one of them: each for itself, then.
                for request in requests:
                    self._answer([request])
        except BaseException as error:
            # Nobody knows what was stored, and to do it again could do it twice.
            for request in requests:
                request.fail(error)
        else:
            for request, answer in zip(requests, given, strict=True):
                request.given, request.is_done = answer, True
