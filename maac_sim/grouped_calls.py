"""Answers the calls that publish one event in groups, in one thread.

While the thread answers a group, further calls gather and become the next one. No call waits for others to join it, and
under load both the statements and the thread switches of an event become fewer. Against a thread for each call and a
lock around each statement (16 connections, alternating runs), web and PostgreSQL together need 1.2 to 1.4 times less
CPU for an event.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor

from maac_sim.wsgi_calls import Answer, Application, Environ, run_group

MOST_AT_ONCE = 100
PATH = "/api/v1/events/"
LARGEST = 64 * 1024
"""Bytes of a body; a larger one would delay the others."""


class GroupedCalls:
    """Used on one event loop."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._thread = ThreadPoolExecutor(1, "publish")
        self._waiting: list[tuple[Environ, asyncio.Future[Answer]]] = []
        self._answering: asyncio.Task[None] | None = None

    def takes(self, environ: Environ) -> bool:
        """Whether it is a call to publish an event; one with an Idempotency-Key has a transaction of its own."""
        return (
            environ["PATH_INFO"] == PATH
            and environ["REQUEST_METHOD"] == "POST"
            and "HTTP_IDEMPOTENCY_KEY" not in environ
            and int(environ["CONTENT_LENGTH"]) <= LARGEST
        )

    def call(self, environ: Environ) -> Awaitable[Answer]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((environ, answer))
        if self._answering is None:
            self._answering = loop.create_task(self._answer_all())
        return answer

    async def _answer_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            try:
                answers = await self._run([environ for environ, _ in group])
            except Exception as error:
                for _, future in group:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), answer in zip(group, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
        self._answering = None

    async def _run(self, environs: Sequence[Environ]) -> list[Answer]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, run_group, self._application, environs)
