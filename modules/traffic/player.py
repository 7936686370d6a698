"""Plays what is due. The rows are the queue; a slice of a play is claimed, performed batch by batch, and given back.

A batch and the position that it leads to are stored by one transaction, so an act is done once, whoever is killed when.
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
from modules.traffic.actions import Act
from modules.traffic.bulk import ScenarioContext
from modules.traffic.models import Play
from modules.traffic.perform import MOST_AT_ONCE, Performed, perform, portion
from modules.traffic.plan import plan
from modules.traffic.reading import read
from modules.traffic.services import end

SLICE_SECONDS = 1.0
PACE_SECONDS = 0.1
"""From one batch to the next, unless more is due than one takes."""
LEASE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(seconds=60)
"""A play that nobody went on with for longer is not caught up with: its moments are long gone."""
STAY_SECONDS = 1.0
"""A run stays for what is due this soon; later plays are left to the next beat."""
NAP_SECONDS = 0.05
REMEMBERED = 4
"""Plays whose plan a process keeps at hand for the next slice."""

log = logging.getLogger(__name__)
_scripts: dict[int, "_Script"] = {}


class Clock:
    """What tells the time, and lets it pass."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


def play_while_due(*, is_over: Callable[[], bool], clock: Clock) -> None:
    """Play slices until none is due soon. One run at a time in a process: `_scripts` is its own."""
    try:
        while not is_over():
            if claimed := _claimed(clock.now()):
                _play_slice(claimed, is_over, clock)
                continue
            wait = _wait(clock.now())
            if wait > STAY_SECONDS:
                return
            clock.sleep(min(wait, NAP_SECONDS))
    except (OperationalError, InterfaceError) as error:
        log.warning("The database did not serve a play (%s); the beat will go on with it.", error)
        _scripts.clear()


class _Script:
    """The plan of a play from where it is, and the context that it is played on."""

    def __init__(self, play: Play) -> None:
        scenario = read(play.text)
        self._acts = plan(scenario, seed=play.seed, rate=play.rate, seconds=play.seconds, edition=play.edition)
        self._ahead: list[Act] = []
        self.position = 0
        self.context = ScenarioContext(play.account, play.props, play.seed, brand(play.seed), play.started_at)

    def skip_to(self, position: int) -> None:
        """Pass over what another process has performed."""
        while self.position < position and self.next_at() is not None:
            self.take(min(len(self._ahead), position - self.position))

    def due(self, elapsed: float) -> list[Act]:
        """What is due after so many seconds, as much as is performed at a time."""
        while len(self._ahead) < MOST_AT_ONCE and self._read_on() and self._ahead[-1].at <= elapsed:
            pass
        acts = [act for act in self._ahead if act.at <= elapsed]
        return portion(acts) if acts else []

    def take(self, count: int) -> None:
        del self._ahead[:count]
        self.position += count

    def next_at(self) -> float | None:
        """When the next act is due; None at the end."""
        return self._ahead[0].at if self._ahead or self._read_on() else None

    def _read_on(self) -> bool:
        act = next(self._acts, None)
        if act:
            self._ahead.append(act)
        return act is not None


def _wait(now: datetime) -> float:
    """Seconds until a play is due."""
    due_at = Play.objects.filter(due_at__isnull=False).aggregate(next=Min("due_at"))["next"]
    return (due_at - now).total_seconds() if due_at else float("inf")


def _claimed(now: datetime) -> Play | None:
    """A play that is due, won for one slice."""
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
    """Perform what is due until the slice is over, and give the play back."""
    over = clock.now() + timedelta(seconds=SLICE_SECONDS)
    script = _script_of(play)
    while True:
        began = clock.now()
        acts = script.due((began - play.started_at).total_seconds())
        if acts and not _batch(play, script, acts, clock):
            return
        next_at = script.next_at()
        if next_at is None:
            end(play=play, status=Play.Status.FINISHED, now=clock.now())
            _scripts.pop(play.pk, None)
            return
        pace = 0.0 if len(acts) == MOST_AT_ONCE else PACE_SECONDS
        next_look = max(play.moment(next_at), began + timedelta(seconds=pace))
        if is_over() or max(next_look, clock.now()) >= over:
            break
        clock.sleep((next_look - clock.now()).total_seconds())
    ours = Play.objects.filter(pk=play.pk, claim_token=play.claim_token, status=Play.Status.RUNNING)
    ours.update(claim_token="", due_at=next_look)


def _script_of(play: Play) -> _Script:
    script = _scripts.pop(play.pk, None)
    if script is None or script.position > play.position:
        script = _Script(play)
    script.skip_to(play.position)
    _scripts[play.pk] = script
    while len(_scripts) > REMEMBERED:
        _scripts.pop(next(iter(_scripts)))
    return script


def _batch(play: Play, script: _Script, acts: list[Act], clock: Clock) -> bool:
    """Perform the acts; whether the play goes on."""
    try:
        is_ours = _stored(play, script, acts, clock)
    except (OperationalError, InterfaceError):
        raise
    except Refusal as refusal:
        end(play=play, status=Play.Status.FAILED, fault=refusal.message, now=clock.now())
    except Exception:
        log.exception("A play failed: %s", play)
        end(play=play, status=Play.Status.FAILED, fault=_("The simulator failed; its log says why."), now=clock.now())
    else:
        if is_ours:
            script.take(len(acts))
            return True
    _scripts.pop(play.pk, None)
    return False


def _stored(play: Play, script: _Script, acts: list[Act], clock: Clock) -> bool:
    """Perform the acts and note how far the play is, in one transaction; False if the play is not ours any more."""
    with transaction.atomic():
        ours = Play.objects.select_for_update(no_key=True)
        fresh = ours.filter(pk=play.pk, claim_token=play.claim_token, status=Play.Status.RUNNING).first()
        if fresh is None:
            return False
        now = clock.now()
        _note(fresh, perform(script.context, acts, now=now), len(acts))
        fresh.due_at = now + LEASE
        fresh.save(update_fields=["position", "events", "skipped", "counts", "due_at"])
    return True


def _note(play: Play, done: Performed, acts: int) -> None:
    play.position += acts
    play.events += done.events
    play.skipped += done.skipped
    for kind, (performed, told) in done.counts.items():
        before = play.counts.get(kind, [0, 0])
        play.counts[kind] = [before[0] + performed, before[1] + told]
