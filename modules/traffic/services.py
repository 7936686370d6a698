"""What can be done with plays: start one, and end it."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.locks import lock_account
from accounts.models import Account
from modules.notifications import machine
from modules.notifications.doorbell import ring_after_commit as ring_for_notifications
from modules.notifications.models import Message
from modules.traffic import selectors
from modules.traffic.doorbell import ring_after_commit
from modules.traffic.errors import InvalidPlay, PlayEnded, PlayRunning
from modules.traffic.fixtures import make_props
from modules.traffic.models import Play
from modules.traffic.reading import BadScenario, read
from modules.traffic.scenario import NOT_A_SEED, NOTIFICATION, Scenario, events_of, faults_of
from modules.traffic.shipped import scenarios

OWN = "own"
"""What a scenario is called that did not come with the simulator."""
SEED_LIMIT = 100
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
    """Play a scenario of this name, or the one that the text describes; a worker performs it from now on.

    Without a seed one is made up; without a rate or a length it is as the scenario says.
    """
    text = text or _text_of(scenario)
    wanted = _read(text)
    rate = wanted.rate if rate is None else rate
    seconds = wanted.seconds if seconds is None else seconds
    _refuse(faults_of(rate=rate, seconds=seconds))
    seed = seed or secrets.token_hex(4)
    if len(seed) > SEED_LIMIT or not seed.isprintable():
        _refuse({"seed": NOT_A_SEED})
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
            props=make_props(account=account, scenario=wanted, seed=seed, edition=edition, now=now),
            started_at=now,
            due_at=now,
        )
        ring_after_commit()
    return play


def stop(*, play: Play, now: datetime) -> Play:
    """End a play before its time; what it has told stays told."""
    if not end(play=play, status=Play.Status.STOPPED, now=now):
        raise PlayEnded(_("This play has ended already."))
    play.refresh_from_db()
    return play


def end(*, play: Play, status: Play.Status, now: datetime, fault: str = "") -> bool:
    """End a play that runs. Its notifications that are on their way go on by themselves."""
    with transaction.atomic():
        running = Play.objects.filter(pk=play.pk, status=Play.Status.RUNNING)
        ended = running.update(status=status, fault=fault, ended_at=now, due_at=None, claim_token="")
        if ended and NOTIFICATION in play.props:
            on_the_way = Message.objects.filter(template=play.props[NOTIFICATION], due_at=None, status__in=GOING_ON)
            on_the_way.update(due_at=now)
            ring_for_notifications()
    return bool(ended)


def release_all(*, now: datetime) -> None:
    """Give back every claim that has not run out; for a start at which no worker can be alive."""
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


def _refuse(faults: dict[str, str]) -> None:
    """Raise the refusal, if there is something to refuse, in the language in force."""
    if not faults:
        return
    told = {name: [_(fault)] for name, fault in faults.items()}
    field, sentences = next(iter(told.items()))
    raise InvalidPlay(f"{field}: {sentences[0]}", told)
