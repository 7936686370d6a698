"""Calls that one thread answers together: their subscribers are read once, and one statement stores all their events.

The server puts a PublishGroup into the WSGI environ of each (see maac_sim.grouped_calls). A view adds its events,
and returns a response whose body is made after `store`:

    call, call, call -> each adds its events -> store: one statement -> body, body, body

Under a server without groups, such as Django's test client, the view stores its events itself.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import DataError, IntegrityError

from webhooks.services.publish import Published, store_published
from webhooks.services.subscribers import Subscribers, subscribers_of_caller

ENVIRON_KEY = "maac_sim.publish_group"

Result = Callable[[], None]
"""Raises the error if the events were not stored."""


class PublishGroup:
    """One thread uses it. With an `error` nothing can be added: that is how a call learns that its part failed."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self._parts: list[_Part] = []
        self._subscribers: dict[str, Subscribers | None] = {}

    def subscribers_of_caller(self, *, token: str, now: datetime) -> Subscribers | None:
        """The subscribers of the token's account; None for an invalid token. Read after all calls have arrived."""
        if token not in self._subscribers:
            self._subscribers[token] = subscribers_of_caller(token=token, now=now)
        return self._subscribers[token]

    def add(self, published: Sequence[Published]) -> Result:
        """Have these events stored, all or none."""
        if self._error:
            raise self._error
        part = _Part(published)
        self._parts.append(part)
        return part.result

    def store(self) -> None:
        """Store everything added. One part that the database refuses fails alone."""
        if self._parts:
            _store(self._parts)


class _Part:
    """The events of one call, and why they were not stored."""

    def __init__(self, published: Sequence[Published]) -> None:
        self.published = published
        self.error: Exception | None = None

    def result(self) -> None:
        if self.error:
            raise self.error


def _store(parts: Sequence[_Part]) -> None:
    try:
        store_published([entry for part in parts for entry in part.published])
    except (IntegrityError, DataError) as error:
        if len(parts) == 1:
            parts[0].error = error
        else:
            # One of them is invalid and the statement was rolled back: store each alone.
            for part in parts:
                _store([part])
    except Exception as error:
        # It is unknown whether the statement was committed; repeating it could store the events twice.
        for part in parts:
            part.error = error


def group_of(environ: Mapping[str, Any]) -> PublishGroup | None:
    group: PublishGroup | None = environ.get(ENVIRON_KEY)
    return group
