"""The embedded simulator: web, worker and beat in one process, with SQLite and no server to install.

The web server runs in the main thread and handles signals; the Celery worker and beat are daemon threads with an
in-memory broker.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn

from celery.beat import EmbeddedService, Scheduler
from celery.worker import state
from granian.server.embed import Server

from maac_sim import web
from maac_sim.bridge import Bridge
from maac_sim.celery import app
from maac_sim.wsgi import application
from modules.traffic import services
from webhooks import outbox
from webhooks.services import checks
from webhooks.services.deliver import stop_delivering

WEB_THREADS = 16
GRACE_SECONDS = 1.0


def serve(*, host: str, port: int, on_ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM. OSError if the address is not available."""
    settings = web.settings(host=host, port=port)
    now = datetime.now(UTC)
    outbox.release_all(now=now)
    services.release_all(now=now)
    checks.give_back_all()
    worker = _start_worker()
    _start_beat()
    asyncio.run(_serve_web(settings, on_ready))
    state.should_stop = 0  # type: ignore[assignment]
    worker.join(GRACE_SECONDS)
    _leave()


async def _serve_web(settings: dict[str, Any], on_ready: Callable[[], None]) -> None:
    server = Server(Bridge(application, threads=WEB_THREADS), **settings)
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    # A shell starts background jobs with SIGINT ignored, so the handlers are set explicitly.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
    serving = asyncio.ensure_future(server.serve())
    server.on_startup(lambda: loop.call_soon(on_ready))
    stopping = asyncio.ensure_future(stopped.wait())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    stop_delivering(grace=GRACE_SECONDS)
    server.stop()  # type: ignore[no-untyped-call]
    await asyncio.wait([serving], timeout=GRACE_SECONDS)


def _leave() -> NoReturn:
    """Exit without waiting for threads that are still answering requests."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


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
