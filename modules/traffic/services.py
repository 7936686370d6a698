"""Starts and ends plays."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.locks import lock_account
from accounts.models import Account
from modules.notifications import machine
from modules.notifications import services as notification_services
from modules.notifications.models import Message
from modules.traffic import selectors
from modules.traffic.errors import InvalidPlay, PlayEnded, PlayRunning
from modules.traffic.fixtures import create_fixtures
from modules.traffic.models import Play
from modules.traffic.reading import BadScenario, read
from modules.traffic.scenario import NOT_A_SEED, NOTIFICATION, Scenario, events_of, faults_of
from modules.traffic.shipped import scenarios
from modules.validation import refuse
from webhooks.wake_worker import wake_after_commit

OWN = "own"
"""The name of a scenario that was given as text."""
SEED_LIMIT = 100
PLAY = "modules.traffic.tasks.play"
GOING_ON = tuple(status for status, moves in machine.TABLE.items() if moves)


def start(
    *,
    account: Account,
    now: datetime,
    scenario: str = "",
    text: str = "",
    seed: str = "",
    rate: float | None = None,
    seconds: float | None = None,
) -> Play:
    """Start a play of the named scenario, or of the one in `text`; a worker performs it.

    The seed is random by default; the rate and the length are the scenario's by default.
    """
    text = text or _text_of(scenario)
    wanted = _read(text)
    rate = wanted.rate if rate is None else rate
    seconds = wanted.seconds if seconds is None else seconds
    refuse(faults_of(rate=rate, seconds=seconds), InvalidPlay)
    seed = seed or secrets.token_hex(4)
    if len(seed) > SEED_LIMIT or not seed.isprintable():
        refuse({"seed": NOT_A_SEED}, InvalidPlay)
    with transaction.atomic():
        lock_account(account.pk)
        if selectors.running(account=account):
            raise PlayRunning(_("A play is running already. Stop it, or wait until it has ended."))
        same = selectors.plays(account=account).filter(seed=seed).order_by("-edition").first()
        edition = same.edition + 1 if same else 0
        play = Play.objects.create(
            account=account,
            scenario=scenario or OWN,
            text=text,
            seed=seed,
            edition=edition,
            rate=rate,
            seconds=seconds,
            planned=events_of(rate=rate, seconds=seconds),
            fixtures=create_fixtures(account=account, scenario=wanted, seed=seed, edition=edition, now=now),
            started_at=now,
            due_at=now,
        )
        wake_after_commit(PLAY)
    return play


def stop(*, play: Play, now: datetime) -> Play:
    """End a play early. The events that it published stay."""
    if not end(play=play, status=Play.Status.STOPPED, now=now):
        raise PlayEnded(_("This play has ended already."))
    play.refresh_from_db()
    return play


def end(*, play: Play, status: Play.Status, now: datetime, fault: str = "") -> bool:
    """End a running play. The worker continues its unfinished notifications."""
    with transaction.atomic():
        running = Play.objects.filter(pk=play.pk, status=Play.Status.RUNNING)
        ended = running.update(status=status, fault=fault, ended_at=now, due_at=None, claim_token="")
        if ended and NOTIFICATION in play.fixtures:
            on_the_way = Message.objects.filter(template=play.fixtures[NOTIFICATION], due_at=None, status__in=GOING_ON)
            on_the_way.update(due_at=now)
            wake_after_commit(notification_services.ADVANCE)
    return bool(ended)


def release_all(*, now: datetime) -> None:
    """Release every claim; for the start of a process when no worker can be running."""
    Play.objects.filter(due_at__gt=now).exclude(claim_token="").update(claim_token="", due_at=now)


def _text_of(scenario: str) -> str:
    if scenario not in scenarios():
        fault = _("Choose one of %(names)s.") % {"names": ", ".join(scenarios())}
        raise InvalidPlay(f"scenario: {fault}", {"scenario": [fault]})
    return scenarios()[scenario]


def _read(text: str) -> Scenario:
    try:
        return read(text)
    except BadScenario as fault:
        raise InvalidPlay(f"yaml: {fault}", {"yaml": [str(fault)]}) from fault
