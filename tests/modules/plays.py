"""Plays for tests: their scenario, their clock, and what they have published."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import Account
from events.models import Event
from modules.traffic import services
from modules.traffic.models import Play
from modules.traffic.player import Clock, play_while_due
from tests.brands import NOW, licensed_account

PLAYS = "/api/v1/modules/traffic/plays/"
SCENARIOS = "/api/v1/modules/traffic/scenarios/"
PAGE = "/console/modules/traffic/"
MINUTE = timedelta(minutes=1)
MONTH = timedelta(days=30)
EVERYTHING = """
rate: 50
seconds: 4
contacts: {at_start: 8, bound: 0.6}
opens: {repeated: 0.5, broadcasts: 0.4}
mix: {contact: 1, receipt: 1, survey: 1, notification: 1, points: 1, open: 3}
notifications:
  joining: 0.6
  endings: {line_push: 3, pnp: 3, phone_off: 2}
"""
ONLY_SURVEY = "rate: 1\nseconds: 2\nmix: {survey: 1}\n"
ONLY_POINTS = "rate: 1\nseconds: 9\nmix: {points: 1}\n"
ANSWER_HASH = re.compile(r'"answer_hash": "[0-9a-f]{32}"')

fresh_database = pytest.mark.django_db(transaction=True, reset_sequences=True)


class TestClock(Clock):
    """Time passes as soon as somebody waits for it, and a little with every look."""

    __test__ = False

    def __init__(self, now: datetime = NOW, step: float = 0.01) -> None:
        self.moment, self.step = now, timedelta(seconds=step)

    def now(self) -> datetime:
        self.moment += self.step
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=max(0.0, seconds))


def play_all(step: float = 5.0, now: datetime = NOW) -> None:
    """Play until nothing is due soon."""
    play_while_due(is_over=lambda: False, clock=TestClock(now, step))


def play_until(seconds: float) -> None:
    """Play for so many seconds, wake_event for each second, and stop as a worker does."""
    clock, until = TestClock(), NOW + timedelta(seconds=seconds)
    while clock.moment < until:
        play_while_due(is_over=lambda: clock.moment >= until, clock=clock)
        clock.sleep(1.0)


def bodies() -> list[str]:
    return list(Event.objects.order_by("id").values_list("body", flat=True))


def start(account: Account, text: str = EVERYTHING, seed: str = "7", **more: Any) -> Play:
    return services.start(account=account, text=text, seed=seed, now=NOW, **more)


def begin_again() -> Account:
    """A database in which nothing has happened, with one account."""
    call_command("flush", verbosity=0, interactive=False)
    return licensed_account("Alice's brand", 1, 2)
