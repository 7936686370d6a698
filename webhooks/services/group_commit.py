"""Group commit: combines the database work of several threads into one statement.

While one batch is executed, further submissions queue up; the next thread to get the lock executes all of them as one
batch. A submission never waits for others to join it, and under load the cost per submission falls.
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
    """One thread's submission, and its result or error."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.given: Given
        self.error: BaseException | None = None
        self.is_done = False

    def fail(self, error: BaseException) -> None:
        self.error, self.is_done = error, True


class GroupCommit(Generic[Asked, Given]):
    """`act` executes a batch and returns its results in the same order; it starts after all of them were submitted."""

    def __init__(self, act: Callable[[Sequence[Asked]], Sequence[Given]]) -> None:
        self._act = act
        self._waiting: deque[_Request[Asked, Given]] = deque()
        self._turn = Lock()

    def submit(self, asked: Asked) -> Given:
        if connection.in_atomic_block:
            # This transaction may still be rolled back, which must not affect other threads' submissions.
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
                # One of them is invalid and the statement was rolled back: execute each alone.
                for request in requests:
                    self._answer([request])
        except BaseException as error:
            # It is unknown whether the batch was committed; executing it again could store it twice.
            for request in requests:
                request.fail(error)
        else:
            for request, answer in zip(requests, given, strict=True):
                request.given, request.is_done = answer, True
