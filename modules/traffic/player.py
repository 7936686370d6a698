"""Runs plays. The rows are the queue: a worker claims a play for a slice of time, performs batches, and releases it.

A batch and the position after it are stored in one transaction, so an action is performed once even if a worker dies.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Min
from django.utils.translation import gettext as _

from accounts.errors import Refusal
from maac_contract.samples import brand
from modules.traffic.actions import TimedAction
from modules.traffic.bulk import ScenarioContext
from modules.traffic.models import Play
from modules.traffic.perform import BATCH_SIZE, Performed, next_batch, perform
from modules.traffic.plan import plan
from modules.traffic.reading import read
from modules.traffic.services import end

SLICE_SECONDS = 1.0
PACE_SECONDS = 0.1
"""Between batches, unless more is due than one batch holds."""
LEASE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(seconds=60)
"""A play that was not continued for longer is ended as interrupted instead of performing its backlog at once."""
KEEP_RUNNING_SECONDS = 1.0
"""A run waits for plays that are due this soon; later ones are left to the periodic task."""
POLL_SECONDS = 0.05
CACHED_PLANS = 4
"""Plans that a process caches for the next slice of their play."""

log = logging.getLogger(__name__)
_cursors: dict[int, "_PlanCursor"] = {}


class Clock:
    """The current time and sleep; tests replace it."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


def play_while_due(*, is_over: Callable[[], bool], clock: Clock) -> None:
    """Play slices until none is due soon. At most one run per process, since `_cursors` has no lock."""
    try:
        while not is_over():
            if claimed := _claimed(clock.now()):
                _play_slice(claimed, is_over, clock)
                continue
            wait = _wait(clock.now())
            if wait > KEEP_RUNNING_SECONDS:
                return
            clock.sleep(min(wait, POLL_SECONDS))
    except (OperationalError, InterfaceError) as error:
        log.warning("A play was cut short by a database error (%s); the periodic task continues it.", error)
        _cursors.clear()


class _PlanCursor:
    """A position in a play's plan, and the context of its actions."""

    def __init__(self, play: Play) -> None:
        scenario = read(play.text)
        self._plan = plan(scenario, seed=play.seed, rate=play.rate, seconds=play.seconds, edition=play.edition)
        self._ahead: list[TimedAction] = []
        self.position = 0
        self.context = ScenarioContext(play.account, play.fixtures, play.seed, brand(play.seed), play.started_at)

    def skip_to(self, position: int) -> None:
        """Skip what another process has performed."""
        while self.position < position and self.next_at() is not None:
            self.take(min(len(self._ahead), position - self.position))

    def due(self, elapsed: float) -> list[TimedAction]:
        """The next batch that is due, `elapsed` seconds after the start."""
        while len(self._ahead) < BATCH_SIZE and self._read_on() and self._ahead[-1].at <= elapsed:
            pass
        timed_actions = [timed for timed in self._ahead if timed.at <= elapsed]
        return next_batch(timed_actions) if timed_actions else []

    def take(self, count: int) -> None:
        del self._ahead[:count]
        self.position += count

    def next_at(self) -> float | None:
        """Seconds after the start at which the next action is due; None at the end."""
        return self._ahead[0].at if self._ahead or self._read_on() else None

    def _read_on(self) -> bool:
        timed = next(self._plan, None)
        if timed:
            self._ahead.append(timed)
        return timed is not None


def _wait(now: datetime) -> float:
    """Seconds until a play is due."""
    due_at = Play.objects.filter(due_at__isnull=False).aggregate(next=Min("due_at"))["next"]
    return (due_at - now).total_seconds() if due_at else float("inf")


def _claimed(now: datetime) -> Play | None:
    """A play that is due, claimed for one slice."""
    found = Play.objects.filter(due_at__lte=now).select_related("account").order_by("due_at").first()
    if found is None or found.due_at is None:
        return None
    if now - found.due_at > LONGEST_PAUSE:
        end(play=found, status=Play.Status.INTERRUPTED, now=now)
        return None
    token, due_at = uuid4().hex, now + LEASE
    same = Play.objects.filter(pk=found.pk, due_at=found.due_at, status=Play.Status.RUNNING)
    if not same.update(claim_token=token, due_at=due_at):
        return None
    found.claim_token, found.due_at = token, due_at
    return found


def _play_slice(play: Play, is_over: Callable[[], bool], clock: Clock) -> None:
    """Perform what is due until the slice is over, then release the play."""
    over = clock.now() + timedelta(seconds=SLICE_SECONDS)
    cursor = _cursor_of(play)
    while True:
        began = clock.now()
        timed_actions = cursor.due((began - play.started_at).total_seconds())
        if timed_actions and not _batch(play, cursor, timed_actions, clock):
            return
        next_at = cursor.next_at()
        if next_at is None:
            end(play=play, status=Play.Status.FINISHED, now=clock.now())
            _cursors.pop(play.pk, None)
            return
        pace = 0.0 if len(timed_actions) == BATCH_SIZE else PACE_SECONDS
        next_look = max(play.moment(next_at), began + timedelta(seconds=pace))
        if is_over() or max(next_look, clock.now()) >= over:
            break
        clock.sleep((next_look - clock.now()).total_seconds())
    ours = Play.objects.filter(pk=play.pk, claim_token=play.claim_token, status=Play.Status.RUNNING)
    ours.update(claim_token="", due_at=next_look)


def _cursor_of(play: Play) -> _PlanCursor:
    cursor = _cursors.pop(play.pk, None)
    if cursor is None or cursor.position > play.position:
        cursor = _PlanCursor(play)
    cursor.skip_to(play.position)
    _cursors[play.pk] = cursor
    while len(_cursors) > CACHED_PLANS:
        _cursors.pop(next(iter(_cursors)))
    return cursor


def _batch(play: Play, cursor: _PlanCursor, timed_actions: list[TimedAction], clock: Clock) -> bool:
    """Perform the actions. Returns whether the play continues."""
    try:
        is_ours = _stored(play, cursor, timed_actions, clock)
    except (OperationalError, InterfaceError):
        raise
    except Refusal as refusal:
        end(play=play, status=Play.Status.FAILED, fault=refusal.message, now=clock.now())
    except Exception:
        log.exception("A play failed: %s", play)
        end(play=play, status=Play.Status.FAILED, fault=_("The simulator failed; its log says why."), now=clock.now())
    else:
        if is_ours:
            cursor.take(len(timed_actions))
            return True
    _cursors.pop(play.pk, None)
    return False


def _stored(play: Play, cursor: _PlanCursor, timed_actions: list[TimedAction], clock: Clock) -> bool:
    """Perform the actions and store the new position in one transaction; False if the claim was lost."""
    with transaction.atomic():
        ours = Play.objects.select_for_update(no_key=True)
        fresh = ours.filter(pk=play.pk, claim_token=play.claim_token, status=Play.Status.RUNNING).first()
        if fresh is None:
            return False
        now = clock.now()
        _note(fresh, perform(cursor.context, timed_actions, now=now), len(timed_actions))
        fresh.due_at = now + LEASE
        fresh.save(update_fields=["position", "events", "skipped", "counts", "due_at"])
    return True


def _note(play: Play, done: Performed, count: int) -> None:
    play.position += count
    play.events += done.events
    play.skipped += done.skipped
    for kind, (performed, published) in done.counts.items():
        before = play.counts.get(kind, [0, 0])
        play.counts[kind] = [before[0] + performed, before[1] + published]
