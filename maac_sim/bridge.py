"""Runs a WSGI application under an ASGI server: a thread is used only once the whole request has been received.

    head (server) -> body (event loop: bounded in size and time) -> application (a thread) -> answer (event loop)

A client that is slow to send or to read therefore occupies memory, but no thread; nor does a long-polling call (see
webhooks.waiting).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from typing import Any, TypeVar

from django.db import close_old_connections

from maac_sim.environ import BadRequest, environ_of
from maac_sim.grouped_calls import GroupedCalls
from maac_sim.wsgi_calls import IN_MEMORY, Answer, Application, Environ, File, refusal, run
from webhooks.waiting import ENVIRON_KEY, Waiting, pause_before_look

BODY_LIMIT = 32 * 1024 * 1024
"""Most bytes of a request; views have smaller limits of their own."""
BODY_SECONDS = 30.0
"""Seconds for the whole body to arrive."""
ANSWER_SECONDS = 60.0
"""Seconds for a client to accept the next part of a response."""
PIECE = 64 * 1024
WAITING_LIMIT = 256
"""Long-polling calls per process; a further one gets the current state at once."""
LOOKS_PER_SECOND = 200
"""Queries per second of all long-polling calls together."""

T = TypeVar("T")
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

log = logging.getLogger(__name__)


class _Gone(Exception):
    """The client closed the connection."""


class Bridge:
    """An ASGI application that runs a WSGI application in a fixed number of threads."""

    def __init__(self, application: Application, *, threads: int) -> None:
        self._application = application
        self._grouped = GroupedCalls(application)
        self._threads = ThreadPoolExecutor(threads, "web")
        self._waiting = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        with suppress(_Gone, TimeoutError), SpooledTemporaryFile(IN_MEMORY) as body:
            try:
                environ = environ_of(scope)
                environ["CONTENT_LENGTH"] = str(await _receive_body(receive, body))
                environ["wsgi.input"] = body
                answer = await self._answer(environ, receive)
            except BadRequest as error:
                answer = refusal(error)
            with answer.body:
                await _send(answer, send, has_body=scope["method"] != "HEAD")

    async def _answer(self, environ: dict[str, Any], receive: Receive) -> Answer:
        waiting = environ[ENVIRON_KEY] = Waiting(is_over=self._waiting >= WAITING_LIMIT)
        answer = await self._call(environ)
        if waiting.look is None:
            return answer
        answer.body.close()
        self._waiting += 1
        try:
            await self._wait(waiting.look, waiting.timeout, receive)
        finally:
            self._waiting -= 1
        waiting.is_over = True
        return await self._call(environ)

    async def _call(self, environ: Environ) -> Answer:
        if self._grouped.takes(environ):
            return await self._grouped.call(environ)
        return await self._in_thread(lambda: run(self._application, environ))

    async def _wait(self, look: Callable[[], bool], timeout: float, receive: Receive) -> None:
        """Poll until `look` is true or the time is over; raises _Gone once the client has disconnected."""
        deadline = asyncio.get_running_loop().time() + timeout
        gone = asyncio.ensure_future(receive())
        number = 0
        try:
            while (left := deadline - asyncio.get_running_loop().time()) > 0:
                pause = max(pause_before_look(number), self._waiting / LOOKS_PER_SECOND)
                await asyncio.wait([gone], timeout=min(left, pause))
                if gone.done():
                    raise _Gone
                if await self._in_thread(lambda: _look(look)):
                    return
                number += 1
        finally:
            gone.cancel()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


async def _receive_body(receive: Receive, body: File) -> int:
    """Receive the body; returns its length. BadRequest for one that is too large, too slow or malformed."""
    length = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            more = True
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    raise BadRequest(400, "The request body ended before its end.")
                length += len(message["body"])
                if length > BODY_LIMIT:
                    raise BadRequest(413, f"The request body is larger than {BODY_LIMIT // 1024 // 1024} MiB.")
                body.write(message["body"])
                more = message["more_body"]
    except TimeoutError:
        raise BadRequest(408, f"The request body did not arrive within {BODY_SECONDS:g} seconds.") from None
    return length


def _look(look: Callable[[], bool]) -> bool:
    """An error ends the wait: the application call that follows meets the same error and reports it."""
    try:
        close_old_connections()
        return look()
    except Exception:
        return True


async def _send(answer: Answer, send: Send, *, has_body: bool) -> None:
    length = answer.body.tell()
    answer.body.seek(0)
    names = {name for name, _ in answer.headers}
    if has_body and answer.status not in (204, 304) and b"content-length" not in names:
        answer.headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    left = length
    while left > 0:
        piece = answer.body.read(PIECE)
        left -= len(piece)
        async with asyncio.timeout(ANSWER_SECONDS):
            await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
    if not length:
        await send({"type": "http.response.body", "body": b""})
