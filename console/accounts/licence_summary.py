"""What an account has bought and how much of it runs, as its pages show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account, Licence
from accounts.selectors import ZonePeriod, periods_of
from maac_contract.contract import ZONES
from webhooks.selectors import running_by_account

COMING, VALID, OVER = "coming", "valid", "over"


@dataclass(frozen=True, slots=True)
class Standing:
    """An account with the endpoints it runs, of how many, and what its zones are licensed for."""

    account: Account
    running: int
    limit: int
    zones: list[ZonePeriod]
    licences: list[tuple[Licence, str]]
    """Everything that was ever bought, the newest first, and whether it is coming, valid or over."""

    @property
    def extra(self) -> int:
        """What add-ons add to the account's own limit."""
        return self.limit - self.account.endpoint_limit


def standings(accounts: Iterable[Account], *, now: datetime) -> list[Standing]:
    """Of accounts whose licences were read with them."""
    accounts = list(accounts)
    running = running_by_account(accounts)
    return [_standing(account, running.get(account.pk, 0), now) for account in accounts]


def standing(account: Account, *, now: datetime) -> Standing:
    return standings([account], now=now)[0]


def _standing(account: Account, running: int, now: datetime) -> Standing:
    licences = sorted(account.licences.all(), key=lambda each: (each.valid_from, each.pk))
    extra = sum(each.extra_endpoints for each in licences if _state(each, now) == VALID)
    zones = periods_of(licences=[each for each in licences if each.zone], zones=ZONES, now=now)
    told = [(each, _state(each, now)) for each in reversed(licences)]
    return Standing(account, running, account.endpoint_limit + extra, zones, told)


def _state(licence: Licence, now: datetime) -> str:
    if licence.valid_until <= now:
        return OVER
    return COMING if licence.valid_from > now else VALID
