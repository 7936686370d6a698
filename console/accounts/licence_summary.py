"""An account's licences, endpoint limit and running endpoints, as its pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account, Licence
from accounts.selectors import ZonePeriod, periods_of
from maac_contract.contract import ZONES
from webhooks.selectors import running_by_account

COMING, VALID, OVER = "coming", "valid", "over"


@dataclass(frozen=True, slots=True)
class LicenceSummary:
    """An account with its running endpoints, its endpoint limit, and the licence period of each zone."""

    account: Account
    running: int
    limit: int
    zones: list[ZonePeriod]
    licences: list[tuple[Licence, str]]
    """Every licence, the newest first, and whether it is coming, valid or over."""

    @property
    def extra(self) -> int:
        """Running endpoints added by add-ons."""
        return self.limit - self.account.endpoint_limit


def licence_summaries(accounts: Iterable[Account], *, now: datetime) -> list[LicenceSummary]:
    """The caller prefetches `licences`."""
    accounts = list(accounts)
    running = running_by_account(accounts)
    return [_summary(account, running.get(account.pk, 0), now) for account in accounts]


def licence_summary(account: Account, *, now: datetime) -> LicenceSummary:
    return licence_summaries([account], now=now)[0]


def _summary(account: Account, running: int, now: datetime) -> LicenceSummary:
    licences = sorted(account.licences.all(), key=lambda each: (each.valid_from, each.pk))
    extra = sum(each.extra_endpoints for each in licences if _state(each, now) == VALID)
    zones = periods_of(licences=[each for each in licences if each.zone], zones=ZONES, now=now)
    states = [(each, _state(each, now)) for each in reversed(licences)]
    return LicenceSummary(account, running, account.endpoint_limit + extra, zones, states)


def _state(licence: Licence, now: datetime) -> str:
    if licence.valid_until <= now:
        return OVER
    return COMING if licence.valid_from > now else VALID
