"""Queries about accounts for the REST API, the console and the commands."""

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
    """The accounts that a user has access to: all for customer support, those of their memberships for others."""
    if not isinstance(user, User) or not user.is_active:
        return Account.objects.none()
    own = Account.objects.order_by("id")
    return own if is_operator(user) else own.filter(memberships__user=user)


def brands_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Account]:
    """The accounts of the user that are not sandboxes."""
    return accounts_of(user).filter(parent=None)


ENDS_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class ZonePeriod:
    """How an account holds a webhook zone: valid until when, or when it ended last and when it begins next."""

    zone: int
    valid_until: datetime | None = None
    """The end of the current licence and those that follow without a gap; None if there is none."""
    ended_at: datetime | None = None
    begins_at: datetime | None = None
    days_left: int = 0
    """Days until `valid_until`, rounded up."""
    ends_soon: bool = False

    @property
    def is_licensed(self) -> bool:
        return self.valid_until is not None


def zone_periods(*, account: Account, zones: Iterable[int], now: datetime) -> list[ZonePeriod]:
    """The period of each of the zones, in their order."""
    return periods_of(licences=licences(account=account), zones=zones, now=now)


def periods_of(*, licences: Iterable[Licence], zones: Iterable[int], now: datetime) -> list[ZonePeriod]:
    """The same from licences that are read already, sorted by `valid_from`."""
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
    """Licences for additional running endpoints that are valid now or later."""
    add_ons = Licence.objects.filter(account=account, zone=None, valid_until__gt=now)
    return add_ons.order_by("valid_from", "id")


def licences(*, account: Account) -> QuerySet[Licence]:
    """The account's licences by start, past ones included."""
    return Licence.objects.filter(account=account).order_by("valid_from", "id")


def tokens(*, account: Account) -> QuerySet[ApiToken]:
    """The account's tokens: valid ones first, then revoked ones by time, newest first."""
    return ApiToken.objects.filter(account=account).order_by(F("revoked_at").desc(nulls_first=True), "-id")


def people(*, account: Account) -> QuerySet[Membership]:
    """The brand's memberships with their users, by username."""
    return Membership.objects.filter(account=account).select_related("user").order_by("user__username")


def accounts_named(text: str) -> QuerySet[Account]:
    """Accounts whose name contains the text (an empty one matches all), with their licences prefetched."""
    named = Account.objects.filter(name__icontains=text) if text else Account.objects.all()
    in_order = Prefetch("licences", Licence.objects.order_by("valid_from", "id"))
    return named.prefetch_related(in_order).order_by("id")
