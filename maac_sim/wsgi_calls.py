"""Calls a WSGI application in a thread, for one request or for several that publish together."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Any

from maac_sim.environ import BadRequest
from webhooks.services.publish_group import ENVIRON_KEY, PublishGroup

IN_MEMORY = 256 * 1024
"""Bytes of a body or response held in memory; larger ones go to a temporary file."""

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Headers = list[tuple[bytes, bytes]]
File = SpooledTemporaryFile[bytes]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Answer:
    """A whole response; header names are in lower case."""

    status: int
    headers: Headers
    body: File = field(default_factory=partial(SpooledTemporaryFile, IN_MEMORY))


def run(application: Application, environ: Environ) -> Answer:
    """The application's response; a copy of the environ is used, so the call can be made again."""
    try:
        return _Call(application, environ).finish()
    except Exception:
        log.exception("%s %s failed", environ["REQUEST_METHOD"], environ["PATH_INFO"])
        return refusal(BadRequest(500, "The simulator failed; its log says why."))


def run_group(application: Application, environs: Sequence[Environ]) -> list[Answer]:
    """The responses to requests whose events are stored together (see webhooks.services.publish_group)."""
    group = PublishGroup()
    begun = [_Call(application, {**environ, ENVIRON_KEY: group}) for environ in environs]
    group.store()
    return [_finish(application, environ, call) for environ, call in zip(environs, begun, strict=True)]


def _finish(application: Application, environ: Environ, call: "_Call") -> Answer:
    """An error is raised again in a call of its own, so that the application answers and logs it as any other."""
    try:
        return call.finish()
    except Exception as error:
        return run(application, {**environ, ENVIRON_KEY: PublishGroup(error)})


class _Call:
    """A call whose response may not be complete yet."""

    def __init__(self, application: Application, environ: Environ) -> None:
        environ["wsgi.input"].seek(0)
        self._started: list[tuple[int, Headers]] = []
        self._pieces: Iterable[bytes] = ()
        self._error: Exception | None = None
        try:
            self._pieces = application({**environ}, self._start_response)
        except Exception as error:
            self._error = error

    def _start_response(self, status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
        pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._started.append((int(status[:3]), pairs))

    def finish(self) -> Answer:
        """The whole response; raises what the application raised."""
        if self._error:
            raise self._error
        try:
            pieces = list(self._pieces)
        finally:
            if hasattr(self._pieces, "close"):
                self._pieces.close()
        answer = Answer(*self._started[-1])
        answer.body.writelines(pieces)
        return answer


def refusal(error: BadRequest) -> Answer:
    answer = Answer(error.status, [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")])
    answer.body.write(f"{error}\n".encode())
    return answer
