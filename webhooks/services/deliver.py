"""Send what is due: claim rows, limiter them through the network, settle outcomes as they come."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import close_old_connections

from webhooks import outbox
from webhooks.attempt_log import note_attempts
from webhooks.engine.concurrency_limiter import ConcurrencyLimiter
from webhooks.engine.exchange import Limits
from webhooks.engine.job import Job, Outcome
from webhooks.engine.lifecycle import Verdict, judge
from webhooks.engine.network import Network
from webhooks.metrics import RUN_ERRORS
from webhooks.outbox import OUTAGES, Settlement
from webhooks.services.endpoints import address_policy
from webhooks.services.fault_effects import FaultEffects
from webhooks.services.settling import failed, settle
from webhooks.wake_worker import wake_worker

LEASE_MARGIN = 5.0
"""Seconds a claim outlasts the longest attempt."""
POLL = 0.02
"""Seconds between looks for new rows while there is work; looks that find nothing are further and further apart."""
LONGEST_NAP = 0.2
DROWSY_AFTER = 1.5
"""Seconds without work after which only a wake_worker, the sweep or the next row due makes a run look again."""
STAY_FOR = 10.0
"""Seconds for which a run stays to be on time for the next row due; later ones are left to the sweep."""
NEVER = float("inf")
SETTLE_AFTER = 0.03
SETTLE_AT = 128
CLAIM_AGAIN_AT = 0.6
"""Part of what was in flight that has to be over before the next claim: a statement for few costs as one for many."""
CALL_FOR_HELP_EVERY = 0.5
"""Seconds between nudges while there is more than this worker has room for, so that all the others work, too."""
LONGEST_WAIT = 0.5
PAUSE_AFTER_A_FAULT = 0.5
REPEATED = "The connection that was kept had been closed; the request was sent once more on a fresh one."
ERRORS_AT_MOST = 3
"""Turns in a row that an exception ends; after them the run ends, and the next one begins with a new network."""
ONE_BY_ONE_AFTER = 3
"""Batches in a row that the database does not take; after them each attempt is settled alone."""

log = logging.getLogger(__name__)


class Run:
    """One stretch of delivering, from the first row that is due until nothing has been for a while."""

    def __init__(
        self,
        network: Network,
        *,
        wake_event: threading.Event,
        stopping: "Stopping",
        clock: Callable[[], float] = time.time,
        drowsy_after: float = DROWSY_AFTER,
    ) -> None:
        self._limiter = ConcurrencyLimiter(
            network, in_flight=settings.WEBHOOK_IN_FLIGHT, per_endpoint=settings.WEBHOOK_IN_FLIGHT_PER_ENDPOINT
        )
        self._wake_event = wake_event
        self._stopping = stopping
        self._clock = clock
        self._drowsy_after = drowsy_after
        self._any_2xx: bool = settings.WEBHOOK_ACCEPT_ANY_2XX
        self._lease = timedelta(seconds=settings.WEBHOOK_ATTEMPT_TIMEOUT + LEASE_MARGIN)
        self._unsettled: list[Settlement] = []
        self._fault_effects = FaultEffects()
        self._retry_at = NEVER
        self._visited = 0
        self._alarm = NEVER
        self._next_look = 0.0
        self._nap = POLL
        self._freed = 0
        self._enough = 0.0
        self._was_full = False
        self._next_call = 0.0
        self._last_work = float("-inf")
        self._must_pause = False
        self._errors = 0
        self._refused = 0

    def until_quiet(self) -> None:
        """Turn after turn. No exception ends a turn but those about the whole run; and one of them not the run."""
        is_over = False
        while not is_over:
            try:
                if self._must_pause:
                    self._pause()
                is_over = self._turn()
                self._errors = 0
            except OUTAGES as error:
                log.warning("The database did not serve a delivery run (%s); trying again.", error)
                close_old_connections()
                self._must_pause = True
            except Exception as error:
                _note_error(error, self._clock())
                self._must_pause = True
                self._errors += 1
                if self._errors >= ERRORS_AT_MOST:
                    raise

    def _pause(self) -> None:
        """Only serve the network for a while."""
        self._must_pause = False
        self._next_look = self._clock() + PAUSE_AFTER_A_FAULT
        self._collect(PAUSE_AFTER_A_FAULT)

    def _turn(self) -> bool:
        """Look for rows, serve the network, settle; whether that was the last turn."""
        if self._stopping.is_set():
            self._give_back()
        elif self._should_look():
            self._look()
        if self._is_over():
            return True
        self._collect(self._patience())
        if self._should_settle():
            self._settle()
        return False

    def _is_over(self) -> bool:
        if self._unsettled or not self._limiter.is_idle:
            return self._stopping.is_due(self._clock())
        return self._stopping.is_set() or self._is_quiet()

    def _is_quiet(self) -> bool:
        """The last look found nothing, there has been nothing for a while, and nothing falls due soon."""
        return self._next_look == NEVER and not self._wake_event.is_set() and self._alarm > self._clock() + STAY_FOR

    def _is_drowsy(self, now: float) -> bool:
        return now - self._last_work > self._drowsy_after

    def _should_look(self) -> bool:
        if self._wake_event.is_set() or (self._was_full and self._freed >= self._enough):
            return True
        return self._clock() >= min(self._next_look, self._alarm)

    def _look(self) -> None:
        """Claim what is due, as much as there is room for."""
        was_woken = self._wake_event.is_set()
        self._wake_event.clear()
        now = self._clock()
        claim = outbox.claim(
            capacity=self._limiter.capacity(), after=self._visited, now=_moment(now), lease=self._lease
        )
        next_due = claim.next_due.timestamp() if claim.next_due else NEVER
        self._alarm = min(self._alarm, next_due) if self._visited else next_due
        self._visited, self._was_full, self._freed = claim.visited, claim.is_full, 0
        if claim.jobs:
            self._last_work = now
            self._limiter.add(claim.jobs)
        if claim.is_full and now >= self._next_call:
            self._next_call = now + CALL_FOR_HELP_EVERY
            # A broker that hangs must not hold up the network.
            threading.Thread(target=wake_worker, name="call for help", daemon=True).start()
        self._enough = self._limiter.flying * CLAIM_AGAIN_AT
        self._nap = POLL if claim.jobs or was_woken else min(2 * self._nap, LONGEST_NAP)
        self._next_look = now if claim.visited else NEVER if self._is_drowsy(now) else now + self._nap

    def _patience(self) -> float:
        """How long the network may be waited for: not past the next look, the next row due, or the next settling."""
        now = self._clock()
        times = [self._next_look, self._alarm, now + LONGEST_WAIT]
        if self._unsettled:
            times += [self._unsettled[0].finished_at.timestamp() + SETTLE_AFTER, self._retry_at]
        return max(0.0, min(times) - now)

    def _collect(self, patience: float) -> None:
        finished = self._limiter.collect(patience)
        if finished:
            now = self._clock()
            self._freed += len(finished)
            self._last_work = now
            self._next_look = min(self._next_look, now + POLL)
            moment = _moment(now)
            judged = [self._judged(job, outcome, moment) for job, outcome in finished]
            waits = [each.verdict.retry_in for each in judged if each.verdict.retry_in is not None]
            self._retry_at = min([self._retry_at, *(now + wait for wait in waits)])
            self._unsettled += judged

    def _judged(self, job: Job, outcome: Outcome, now: datetime) -> Settlement:
        try:
            if job.fault is None:
                return Settlement(job, outcome, self._verdict(job, outcome), now)
            return self._fault_effects.judged(job, job.fault, outcome, now, partial(self._verdict, job))
        except Exception as error:
            return failed(job, outcome, error, now)

    def _verdict(self, job: Job, outcome: Outcome) -> Verdict:
        verdict = judge(outcome, tries=job.tries, waits=job.retry_waits, any_2xx=self._any_2xx)
        return verdict._replace(detail=f"{verdict.detail} {REPEATED}".strip()) if job.is_repeated else verdict

    def _should_settle(self) -> bool:
        if not self._unsettled:
            return False
        now = self._clock()
        is_old = now - self._unsettled[0].finished_at.timestamp() >= SETTLE_AFTER or now >= self._retry_at
        return is_old or self._limiter.is_idle or len(self._unsettled) >= SETTLE_AT

    def _settle(self) -> None:
        self._unsettled = self._fault_effects.act(self._unsettled, _moment(self._clock()))
        left = self._stored(self._unsettled)
        note_attempts([each for each in self._unsettled if each not in left] if left else self._unsettled)
        self._unsettled = left
        self._last_work = self._clock()
        # The next row due may be one of these, and is not to wait for the next look.
        self._alarm, self._retry_at = min(self._alarm, self._retry_at), NEVER
        if self._fault_effects.clear(_moment(self._last_work)):
            self._alarm = self._last_work

    def _stored(self, batch: list[Settlement]) -> list[Settlement]:
        """Settle these; those that the database refuses are left for the next time."""
        try:
            left = settle(batch, at_once=self._refused < ONE_BY_ONE_AFTER)
        except OUTAGES:
            self._refused += 1
            raise
        self._must_pause = bool(left)
        self._refused = self._refused if left else 0
        return left

    def _give_back(self) -> None:
        outbox.give_back(self._limiter.hand_back(), now=_moment(self._clock()))
        self._next_look = self._alarm = NEVER


class Stopping:
    """Whether delivering is to end, and until when requests in flight are waited for."""

    def __init__(self) -> None:
        self._deadline: float | None = None

    def set(self, deadline: float | None) -> None:
        self._deadline = deadline

    def is_set(self) -> bool:
        return self._deadline is not None

    def is_due(self, now: float) -> bool:
        return self._deadline is not None and now >= self._deadline


@dataclass(frozen=True, slots=True)
class RunError:
    """The last exception that ended a turn of a run in this process: its kind, and when."""

    kind: str
    at: datetime


_last_error: RunError | None = None
_wake_event = threading.Event()
_running = threading.Lock()
_stopping = Stopping()
_network: Network | None = None


def deliver_due() -> None:
    """Send whatever is due and end when there has been nothing for a while. One run at a time in a process.

    Called while a run is on, it only wakes that run.
    """
    _wake_event.set()
    if _network:
        _network.wake()
    while _wake_event.is_set() and not _stopping.is_set() and _running.acquire(blocking=False):
        try:
            _run()
        finally:
            _running.release()


def last_error() -> RunError | None:
    return _last_error


def _note_error(error: Exception, now: float) -> None:
    global _last_error
    log.error("A turn of a delivery run ended by an exception.", exc_info=error)
    RUN_ERRORS.inc()
    _last_error = RunError(type(error).__name__, _moment(now))


def stop_delivering(*, grace: float) -> None:
    """Claim no more, return what is not sent, and give requests in flight `grace` seconds to end."""
    _stopping.set(time.time() + grace)
    if _network:
        _network.wake()


def is_stopping() -> bool:
    """Whether this process is about to end."""
    return _stopping.is_set()


def allow_delivering() -> None:
    """Take `stop_delivering` back, and have a worker look at what has waited meanwhile."""
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
    """A network with this simulator's settings."""
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


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
