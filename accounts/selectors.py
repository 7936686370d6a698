"""Every read of accounts that the doors need."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import F, Prefetch, QuerySet

from accounts.models import Account, ApiToken, Licence, Membership

OPERATE = "accounts.operate"
"""The permission of customer support: every account, its licences and limits."""


def is_operator(user: AbstractBaseUser | AnonymousUser) -> bool:
    return isinstance(user, User) and user.is_active and user.has_perm(OPERATE)


def accounts_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Account]:
    """The accounts that somebody may work in: every one for customer support, one's own for a brand's user."""
    if not isinstance(user, User) or not user.is_active:
        return Account.objects.none()
    own = Account.objects.order_by("id")
    return own if is_operator(user) else own.filter(memberships__user=user)


def brands_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Account]:
    """Those of them to choose from: sandboxes come and go by the hundred."""
    return accounts_of(user).filter(parent=None)


ENDS_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class ZonePeriod:
    """A webhook zone as an account holds it: until when without a gap, or when it ended and when it begins."""

    zone: int
    valid_until: datetime | None = None
    """The end of what is valid now, licences that follow at once included."""
    ended_at: datetime | None = None
    begins_at: datetime | None = None
    days_left: int = 0
    """Whole days and what is left of another."""
    ends_soon: bool = False

    @property
    def is_licensed(self) -> bool:
        return self.valid_until is not None


def zone_periods(*, account: Account, zones: Iterable[int], now: datetime) -> list[ZonePeriod]:
    """How each of the zones is licensed now."""
    return periods_of(licences=licences(account=account), zones=zones, now=now)


def periods_of(*, licences: Iterable[Licence], zones: Iterable[int], now: datetime) -> list[ZonePeriod]:
    """The same from licences that were read already, the earliest first."""
    licences = list(licences)
    return [_period(zone, [each for each in licences if each.zone == zone], now) for zone in zones]


def _period(zone: int, licences: list[Licence], now: datetime) -> ZonePeriod:
    end = now
    for licence in licences:
        if licence.valid_from <= end < licence.valid_until:
            end = licence.valid_until
    if end > now:
        left = end - now
        return ZonePeriod(zone, end, days_left=-(-left // timedelta(days=1)), ends_soon=left <= ENDS_SOON)
    ended = max((each.valid_until for each in licences if each.valid_until <= now), default=None)
    begins = min((each.valid_from for each in licences if each.valid_from > now), default=None)
    return ZonePeriod(zone, ended_at=ended, begins_at=begins)


def endpoint_add_ons(*, account: Account, now: datetime) -> QuerySet[Licence]:
    """What raises the number of running endpoints, now or later."""
    add_ons = Licence.objects.filter(account=account, zone=None, valid_until__gt=now)
    return add_ons.order_by("valid_from", "id")


def licences(*, account: Account) -> QuerySet[Licence]:
    """Everything the account has bought, the earliest first."""
    return Licence.objects.filter(account=account).order_by("valid_from", "id")


def tokens(*, account: Account) -> QuerySet[ApiToken]:
    """The account's tokens, the newest first; those that work stand before those that were revoked."""
    return ApiToken.objects.filter(account=account).order_by(F("revoked_at").desc(nulls_first=True), "-id")


def people(*, account: Account) -> QuerySet[Membership]:
    """Who works for the brand, by name."""
    return Membership.objects.filter(account=account).select_related("user").order_by("user__username")


def accounts_named(text: str) -> QuerySet[Account]:
    """Accounts with the text in their name, with their licences; every one without a text."""
    named = Account.objects.filter(name__icontains=text) if text else Account.objects.all()
    in_order = Prefetch("licences", Licence.objects.order_by("valid_from", "id"))
    return named.prefetch_related(in_order).order_by("id")
