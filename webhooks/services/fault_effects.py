"""Effects of injected faults in a delivery run: changes to the endpoint before an attempt is settled, and the release
of the next held delivery after it."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from accounts.errors import Refusal
from accounts.models import Licence
from accounts.services import end_licence
from maac_contract.contract import TOPICS
from maac_contract.fault_kinds import RACES, FaultKind
from webhooks.engine.fault_injection import applied_to_outcome
from webhooks.engine.job import FaultSpec, Job, Outcome
from webhooks.engine.lifecycle import Verdict
from webhooks.models import Endpoint
from webhooks.outbox import OUTAGES, Settlement, fault_store
from webhooks.services import endpoints
from webhooks.services.settling import failed

log = logging.getLogger(__name__)


class FaultEffects:
    """The finished attempts of a run to which faults were applied, until they are settled."""

    def __init__(self) -> None:
        self._racing: list[tuple[Job, FaultSpec]] = []
        self._leaving: list[int] = []

    def settlement(
        self, job: Job, fault: FaultSpec, outcome: Outcome, now: datetime, judge: Callable[[Outcome], Verdict]
    ) -> Settlement:
        """The settlement of a finished attempt with this fault; `judge` gives the verdict on an outcome."""
        marked, outcome, verdict = applied_to_outcome(job, fault, outcome, judge)
        if marked.fault and fault.kind in RACES:
            self._racing.append((job, fault))
        elif fault.kind is FaultKind.REVERSE:
            self._leaving.append(fault.id)
        return Settlement(marked, outcome, verdict, now)

    def before_settling(self, settlements: list[Settlement], now: datetime) -> list[Settlement]:
        """Change the endpoints as the faults say, while no worker can make the next attempt yet.

        Returns the settlements; an attempt whose fault raised an exception is replaced by a failed one.
        """
        while self._racing:
            job, fault = self._racing[0]
            try:
                _race(job, fault, now)
            except OUTAGES:
                raise
            except Exception as error:
                settlements = [
                    failed(*each[:2], error, now) if each.job.claim == job.claim else each for each in settlements
                ]
            del self._racing[0]
        return settlements

    def after_settling(self, now: datetime) -> bool:
        """Release the next delivery of each group; whether a held delivery is due now."""
        leaving, self._leaving = self._leaving, []
        released = [_logging_errors(partial(fault_store.release_next, fault_id, now=now)) for fault_id in leaving]
        return any(released)


def _logging_errors(act: Callable[[], Any]) -> Any:
    """The attempts are settled already, so an exception is logged and not raised: it must not end the run."""
    try:
        return act()
    except Exception:
        log.exception("The next delivery of an injected fault could not be released.")
        return False


def _race(job: Job, fault: FaultSpec, now: datetime) -> None:
    actor = f"injected fault {fault.id}"
    endpoint = Endpoint.objects.get(pk=job.endpoint_id)
    try:
        match fault.kind:
            case FaultKind.ROTATE_SECRET:
                endpoints.rotate_secret(endpoint=endpoint, now=now, actor=actor)
            case FaultKind.PAUSE:
                endpoints.pause(endpoint=endpoint, now=now, actor=actor)
            case FaultKind.DELETE:
                endpoints.delete(endpoint=endpoint, now=now, actor=actor)
            case _:
                _end_licences(job, now, actor)
    except Refusal as refusal:
        log.info("An injected fault had no effect, since the state had changed: %s", refusal)


def _end_licences(job: Job, now: datetime, actor: str) -> None:
    zone = TOPICS[job.topic].zone
    for licence in Licence.objects.valid(now).filter(account_id=job.account_id, zone=zone):
        end_licence(licence=licence, now=now, actor=actor)
