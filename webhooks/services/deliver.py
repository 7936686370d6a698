"""Delivery in this process: starts a run when something is due, wakes it, and stops it."""

import threading
import time
from pathlib import Path

from django.conf import settings

from webhooks.engine.exchange import Limits
from webhooks.engine.network import Network
from webhooks.services.delivery_run import Run, Stopping
from webhooks.services.endpoints import address_policy
from webhooks.wake_worker import wake_worker

_wake_event = threading.Event()
_running = threading.Lock()
_stopping = Stopping()
_network: Network | None = None


def deliver_due() -> None:
    """Send everything that is due; return when nothing has been due for a while.

    One run at a time in a process: a call during a run only wakes that run.
    """
    _wake_event.set()
    if _network:
        _network.wake()
    while _wake_event.is_set() and not _stopping.is_set() and _running.acquire(blocking=False):
        try:
            _run()
        finally:
            _running.release()


def stop_delivering(*, grace: float) -> None:
    """Claim no more, return claims that were not sent, and give requests in flight `grace` seconds to finish."""
    _stopping.set(time.time() + grace)
    if _network:
        _network.wake()


def is_stopping() -> bool:
    """Whether this process is shutting down."""
    return _stopping.is_set()


def allow_delivering() -> None:
    """Undo `stop_delivering`, and wake a worker for the rows that fell due meanwhile."""
    _stopping.set(None)
    wake_worker()


def _run() -> None:
    global _network
    network = new_network()
    _network = network
    try:
        Run(network, wake_event=_wake_event, stopping=_stopping).until_quiet()
    finally:
        _network = None
        network.close()


def new_network() -> Network:
    """A network configured from the settings."""
    limits = Limits(
        connect_timeout=settings.WEBHOOK_CONNECT_TIMEOUT,
        attempt_timeout=settings.WEBHOOK_ATTEMPT_TIMEOUT,
    )
    return Network(
        user_agent=settings.WEBHOOK_USER_AGENT,
        limits=limits,
        policy=address_policy(),
        ca_file=Path(settings.WEBHOOK_CA_FILE) if settings.WEBHOOK_CA_FILE else None,
    )
