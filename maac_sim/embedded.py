"""The embedded simulator: web, worker and beat in one process, with SQLite and no server to install.

waitress owns the main thread and the signals; the Celery worker and beat are daemon threads over an in-memory broker.
"""

import os
import select
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from types import FrameType

from celery.beat import EmbeddedService, Scheduler
from celery.worker import state
from waitress.server import create_server
from waitress.task import ThreadedTaskDispatcher

from maac_sim.celery import app
from maac_sim.wsgi import application
from modules.traffic import services
from webhooks import outbox
from webhooks.services import checks
from webhooks.services.deliver import stop_delivering

WEB_THREADS = 32
"""Calls that wait for a delivery hold a thread each."""
GRACE_SECONDS = 1.0
LOOK_EVERY = 0.2
"""Seconds between looks at the process that this one is to end with."""


class PromptDispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Does not wait long for requests that are still being answered when the server stops."""

    def shutdown(self, cancel_pending: bool = True, timeout: float = GRACE_SECONDS) -> bool:
        return bool(super().shutdown(cancel_pending, timeout))


def serve(*, host: str, port: int, on_ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM. OSError when the address cannot be had."""
    server = _new_server(host, port)
    now = datetime.now(UTC)
    outbox.release_all(now=now)
    services.release_all(now=now)
    checks.give_back_all()
    worker = _start_worker()
    _start_beat()
    # A shell that starts us in the background leaves SIGINT ignored, so the handlers are set in words.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    on_ready()
    server.run()
    state.should_stop = 0  # type: ignore[assignment]
    worker.join(GRACE_SECONDS)
    server.close()


def end_with(pid: int) -> None:
    """Stop in good order once the other process is gone, however it ended."""

    def watch() -> None:
        _wait_for_end_of(pid)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="end with", daemon=True).start()


def _wait_for_end_of(pid: int) -> None:
    with suppress(ProcessLookupError):
        if hasattr(os, "pidfd_open"):
            # Readable as soon as the process has ended, even if nobody has asked for its exit code yet.
            select.select([os.pidfd_open(pid)], [], [])
            return
        while True:
            os.kill(pid, 0)
            time.sleep(LOOK_EVERY)


def _new_server(host: str, port: int):  # type: ignore[no-untyped-def]
    dispatcher = PromptDispatcher()
    dispatcher.set_thread_count(WEB_THREADS)
    return create_server(
        application, _dispatcher=dispatcher, host=host, port=port, threads=WEB_THREADS, backlog=1024, ident="maac-sim"
    )


def _start_worker() -> threading.Thread:
    worker = app.WorkController(
        hostname="embedded",
        pool_cls="threads",
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
    )
    thread = threading.Thread(target=worker.start, name="worker", daemon=True)
    thread.start()
    return thread


def _start_beat() -> None:
    beat = EmbeddedService(app, thread=True, scheduler_cls=Scheduler)
    beat.start()  # type: ignore[union-attr]


def _stop(_number: int, _frame: FrameType | None) -> None:
    stop_delivering(grace=GRACE_SECONDS)
    raise SystemExit
