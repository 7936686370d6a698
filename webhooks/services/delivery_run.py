"""The delivery run: claims due queue entries, sends them, and settles each outcome when it arrives.

Theory of operation. One thread per worker process drives one `Run`. The queue is the rows of `QueueEntry`; a wake-up
only means "look now". A run repeats this loop (`Run._turn`):

        wake_worker, sweep, next due_at
                    │
                    ▼
    ┌─────────► 1. wake ──nothing due, nothing in flight──► end of the run
    │               │
    │               ▼
    │           2. claim    one UPDATE leases due rows, at most the free capacity   (database)
    │               │
    │               ▼
    │           3. send     the ConcurrencyLimiter starts requests                  (network)
    │               │
    │               ▼
    │           4. collect  outcomes of finished requests, a verdict for each       (network)
    │               │
    │               ▼
    └────────── 5. settle   attempts stored, deliveries moved, in batches           (database)

There is no barrier between the steps: while some requests are in flight, others are claimed or settled. A job is
*claimed* (leased, and waiting in the limiter), *in flight*, *unsettled* (finished, its outcome not yet stored), then
settled: its delivery is delivered, failed, or pending again with a later `due_at`.

The run itself is
- busy: requests are in flight, or work was found recently; it claims every `POLL` to `LONGEST_POLL` seconds;
- idle: no work for `IDLE_AFTER` seconds; it claims only after a wake-up or when the next known row is due;
- paused: an exception ended a turn; for `PAUSE_AFTER_ERROR` seconds it serves only the requests in flight;
- stopping: it claims nothing, returns what was not sent, and waits for requests in flight until its deadline.

A crash at any point loses nothing: the lease of a claimed row runs out, and another worker claims it. A request that
was sent but not settled is then sent again under the same idempotency key.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import close_old_connections

from webhooks import outbox
from webhooks.attempt_log import note_attempts
from webhooks.engine.concurrency_limiter import ConcurrencyLimiter
from webhooks.engine.job import Job, Outcome
from webhooks.engine.lifecycle import Verdict, judge
from webhooks.engine.network import Network
from webhooks.metrics import RUN_ERRORS
from webhooks.outbox import OUTAGES, Settlement
from webhooks.services.fault_effects import FaultEffects
from webhooks.services.settling import failed, settle
from webhooks.wake_worker import wake_worker

LEASE_MARGIN = 5.0
"""Seconds by which a lease exceeds the longest attempt."""
POLL = 0.02
"""Seconds between claims while there is work; the interval doubles, up to `LONGEST_POLL`, while claims find nothing."""
LONGEST_POLL = 0.2
IDLE_AFTER = 1.5
"""Seconds without work after which a run stops polling and claims only on a wake-up or when the next row is due."""
STAY_FOR = 10.0
"""A run does not end while a row falls due within this many seconds; later rows are found by the sweep."""
NEVER = float("inf")
SETTLE_AFTER = 0.03
"""Seconds that an outcome waits at most for others to be settled with it."""
SETTLE_AT = 128
"""Outcomes that are settled without waiting for more."""
CLAIM_AGAIN_AT = 0.6
"""Share of the requests in flight that must finish before the next claim: a claim costs the same for few rows as for
many."""
WAKE_OTHERS_EVERY = 0.5
"""Seconds between wake-ups of the other workers while more is due than this worker has capacity for."""
LONGEST_WAIT = 0.5
PAUSE_AFTER_ERROR = 0.5
REPEATED = "The connection that was kept had been closed; the request was sent once more on a fresh one."
ERRORS_AT_MOST = 3
"""Consecutive turns that may end with an exception; then the run ends, and the next one begins with a new network."""
ONE_BY_ONE_AFTER = 3
"""Consecutive batches that the database rejects; after them each attempt is settled in its own transaction."""

log = logging.getLogger(__name__)


class Run:
    """One delivery run, from the first due row until nothing has been due for a while."""

    def __init__(
        self,
        network: Network,
        *,
        wake_event: threading.Event,
        stopping: "Stopping",
        clock: Callable[[], float] = time.time,
        idle_after: float = IDLE_AFTER,
    ) -> None:
        self._limiter = ConcurrencyLimiter(
            network, in_flight=settings.WEBHOOK_IN_FLIGHT, per_endpoint=settings.WEBHOOK_IN_FLIGHT_PER_ENDPOINT
        )
        self._wake_event = wake_event
        self._stopping = stopping
        self._clock = clock
        self._idle_after = idle_after
        self._any_2xx: bool = settings.WEBHOOK_ACCEPT_ANY_2XX
        self._lease = timedelta(seconds=settings.WEBHOOK_ATTEMPT_TIMEOUT + LEASE_MARGIN)
        self._unsettled: list[Settlement] = []
        self._fault_effects = FaultEffects()
        self._retry_at = NEVER
        self._after_endpoint = 0
        self._next_due = NEVER
        self._next_claim = 0.0
        self._poll_interval = POLL
        self._finished_since_claim = 0
        self._finished_for_claim = 0.0
        self._was_full = False
        self._next_wake_of_others = 0.0
        self._last_work = float("-inf")
        self._must_pause = False
        self._errors = 0
        self._rejected_batches = 0

    def until_quiet(self) -> None:
        """Repeat turns until nothing is due. A failed turn is followed by a pause; `ERRORS_AT_MOST` in a row raise.

        Database outages are retried without limit.
        """
        is_over = False
        while not is_over:
            try:
                if self._must_pause:
                    self._pause()
                is_over = self._turn()
                self._errors = 0
            except OUTAGES as error:
                log.warning("The database failed during a delivery run (%s); trying again.", error)
                close_old_connections()
                self._must_pause = True
            except Exception as error:
                _note_error(error, self._clock())
                self._must_pause = True
                self._errors += 1
                if self._errors >= ERRORS_AT_MOST:
                    raise

    def _pause(self) -> None:
        """Serve the requests in flight without touching the database."""
        self._must_pause = False
        self._next_claim = self._clock() + PAUSE_AFTER_ERROR
        self._collect(PAUSE_AFTER_ERROR)

    def _turn(self) -> bool:
        """Claim, serve the network, settle; True after the last turn."""
        if self._stopping.is_set():
            self._return_unsent()
        elif self._should_claim():
            self._claim()
        if self._is_over():
            return True
        self._collect(self._poll_timeout())
        if self._should_settle():
            self._settle()
        return False

    def _is_over(self) -> bool:
        if self._unsettled or not self._limiter.is_idle:
            return self._stopping.is_due(self._clock())
        return self._stopping.is_set() or self._is_quiet()

    def _is_quiet(self) -> bool:
        """Whether the run is idle, no wake-up is pending, and no known row is due within `STAY_FOR` seconds."""
        return self._next_claim == NEVER and not self._wake_event.is_set() and self._next_due > self._clock() + STAY_FOR

    def _is_idle(self, now: float) -> bool:
        return now - self._last_work > self._idle_after

    def _should_claim(self) -> bool:
        if self._wake_event.is_set() or (self._was_full and self._finished_since_claim >= self._finished_for_claim):
            return True
        return self._clock() >= min(self._next_claim, self._next_due)

    def _claim(self) -> None:
        """Claim due rows up to the limiter's capacity and start sending them."""
        was_woken = self._wake_event.is_set()
        self._wake_event.clear()
        now = self._clock()
        claim = outbox.claim(
            capacity=self._limiter.capacity(), after=self._after_endpoint, now=_datetime(now), lease=self._lease
        )
        next_due = claim.next_due.timestamp() if claim.next_due else NEVER
        self._next_due = min(self._next_due, next_due) if self._after_endpoint else next_due
        self._after_endpoint, self._was_full, self._finished_since_claim = claim.visited, claim.is_full, 0
        if claim.jobs:
            self._last_work = now
            self._limiter.add(claim.jobs)
        if claim.is_full and now >= self._next_wake_of_others:
            self._next_wake_of_others = now + WAKE_OTHERS_EVERY
            # In a thread, since a broker that does not answer would block the requests in flight.
            threading.Thread(target=wake_worker, name="wake other workers", daemon=True).start()
        self._finished_for_claim = self._limiter.in_flight * CLAIM_AGAIN_AT
        self._poll_interval = POLL if claim.jobs or was_woken else min(2 * self._poll_interval, LONGEST_POLL)
        self._next_claim = now if claim.visited else NEVER if self._is_idle(now) else now + self._poll_interval

    def _poll_timeout(self) -> float:
        """Seconds to wait for the network: until the next claim, the next due row, or the next settling."""
        now = self._clock()
        times = [self._next_claim, self._next_due, now + LONGEST_WAIT]
        if self._unsettled:
            times += [self._unsettled[0].finished_at.timestamp() + SETTLE_AFTER, self._retry_at]
        return max(0.0, min(times) - now)

    def _collect(self, timeout: float) -> None:
        finished = self._limiter.collect(timeout)
        if finished:
            now = self._clock()
            self._finished_since_claim += len(finished)
            self._last_work = now
            self._next_claim = min(self._next_claim, now + POLL)
            finished_at = _datetime(now)
            settlements = [self._settlement(job, outcome, finished_at) for job, outcome in finished]
            waits = [each.verdict.retry_in for each in settlements if each.verdict.retry_in is not None]
            self._retry_at = min([self._retry_at, *(now + wait for wait in waits)])
            self._unsettled += settlements

    def _settlement(self, job: Job, outcome: Outcome, now: datetime) -> Settlement:
        try:
            if job.fault is None:
                return Settlement(job, outcome, self._verdict(job, outcome), now)
            return self._fault_effects.settlement(job, job.fault, outcome, now, partial(self._verdict, job))
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
        self._unsettled = self._fault_effects.before_settling(self._unsettled, _datetime(self._clock()))
        left = self._settle_batch(self._unsettled)
        note_attempts([each for each in self._unsettled if each not in left] if left else self._unsettled)
        self._unsettled = left
        self._last_work = self._clock()
        # A retry of these may be due before the next claim.
        self._next_due, self._retry_at = min(self._next_due, self._retry_at), NEVER
        if self._fault_effects.after_settling(_datetime(self._last_work)):
            self._next_due = self._last_work

    def _settle_batch(self, batch: list[Settlement]) -> list[Settlement]:
        """Settle the batch; return the settlements that the database rejected, to be tried again."""
        try:
            left = settle(batch, at_once=self._rejected_batches < ONE_BY_ONE_AFTER)
        except OUTAGES:
            self._rejected_batches += 1
            raise
        self._must_pause = bool(left)
        self._rejected_batches = self._rejected_batches if left else 0
        return left

    def _return_unsent(self) -> None:
        outbox.give_back(self._limiter.take_waiting(), now=_datetime(self._clock()))
        self._next_claim = self._next_due = NEVER


class Stopping:
    """Whether delivery is to stop, and the deadline for requests in flight."""

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
    """The last exception that ended a turn of a run in this process: its class name, and when."""

    kind: str
    at: datetime


_last_error: RunError | None = None


def last_error() -> RunError | None:
    return _last_error


def _note_error(error: Exception, now: float) -> None:
    global _last_error
    log.error("A turn of a delivery run ended with an exception.", exc_info=error)
    RUN_ERRORS.inc()
    _last_error = RunError(type(error).__name__, _datetime(now))


def _datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
