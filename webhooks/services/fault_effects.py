"""What injected faults do around the settling of a run's attempts: races before it, the next of a group after it."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from accounts.errors import Refusal
from accounts.models import Licence
from accounts.services import end_licence
from maac_contract.contract import TOPICS
from maac_contract.fault_kinds import FaultKind
from webhooks.engine.fault_injection import RACES, suffered
from webhooks.engine.job import FaultSpec, Job, Outcome
from webhooks.engine.lifecycle import Verdict
from webhooks.models import Endpoint
from webhooks.outbox import OUTAGES, Settlement, fault_store
from webhooks.services import endpoints
from webhooks.services.settling import failed

log = logging.getLogger(__name__)


class FaultEffects:
    """The attempts of a run that injected faults have struck, from their end until they are settled."""

    def __init__(self) -> None:
        self._racing: list[tuple[Job, FaultSpec]] = []
        self._leaving: list[int] = []

    def judged(
        self, job: Job, fault: FaultSpec, outcome: Outcome, now: datetime, judge: Callable[[Outcome], Verdict]
    ) -> Settlement:
        told, outcome, verdict = suffered(job, fault, outcome, judge)
        if told.fault and fault.kind in RACES:
            self._racing.append((job, fault))
        elif fault.kind is FaultKind.REVERSE:
            self._leaving.append(fault.id)
        return Settlement(told, outcome, verdict, now)

    def act(self, settlements: list[Settlement], now: datetime) -> list[Settlement]:
        """Before settling, while nobody else can make the next attempt: what happens between the two.

        The settlements as they are afterwards: an attempt whose fault an exception ends has failed by it.
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

    def clear(self, now: datetime) -> bool:
        """After settling: whether something that was held is due now."""
        leaving, self._leaving = self._leaving, []
        woken = [_despite_errors(partial(fault_store.let_next_go, fault_id, now=now)) for fault_id in leaving]
        return any(woken)


def _despite_errors(act: Callable[[], Any]) -> Any:
    """The attempts are settled; what follows for other attempts of a fault may go wrong without ending the run."""
    try:
        return act()
    except Exception:
        log.exception("A injected fault could not be counted.")
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
        log.info("A injected fault came too late: %s", refusal)


def _end_licences(job: Job, now: datetime, actor: str) -> None:
    zone = TOPICS[job.topic].zone
    for licence in Licence.objects.valid(now).filter(account_id=job.account_id, zone=zone):
        end_licence(licence=licence, now=now, actor=actor)
