"""Creates and changes prizes. Granting them is in `granting`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from modules.deletion import delete_whole
from modules.points import rules
from modules.points.errors import InvalidPrize, PrizeOver
from modules.points.models import Prize
from modules.regions import brand_of
from modules.validation import refuse

EDITABLE = ("name", "memo", "count", "category", "expires_on", "expires_after_days", "needs_bound_contact")


def create(*, account: Account, now: datetime, **details: Any) -> Prize:
    """Create a prize; without an expiry its points never expire."""
    return _stored(Prize(account=account, created_at=now), details, now)


def edit(*, prize: Prize, now: datetime, **details: Any) -> Prize:
    """Change the given fields. Earlier grants are not changed."""
    with transaction.atomic():
        return _stored(locked(prize), details, now)


def delete(*, prize: Prize) -> None:
    """Delete the prize and its grants. Their events stay in the log."""
    delete_whole(prize)


def seed_demo(*, account: Account, now: datetime) -> Prize:
    """Create a realistic prize."""
    shop = brand_of(account)
    details = {"name": shop.prizes[0], "memo": shop.memos[0], "category": shop.categories[0]}
    return create(account=account, now=now, count=10, expires_after_days=90, **details)


def locked(prize: Prize) -> Prize:
    """The current row, locked until the transaction ends."""
    rows = Prize.objects.select_related("account").select_for_update(no_key=True, of=("self",))
    fresh = rows.filter(pk=prize.pk).first()
    if fresh is None:
        raise PrizeOver(_("The prize was deleted."))
    return fresh


def _stored(prize: Prize, details: Mapping[str, Any], now: datetime) -> Prize:
    unknown = set(details) - set(EDITABLE)
    if unknown:
        raise TypeError(f"A prize has no {', '.join(sorted(unknown))}")
    for name, value in rules.normalised(details).items():
        setattr(prize, name, value)
    faults = rules.faults_of({name: getattr(prize, name) for name in EDITABLE})
    refuse(faults, InvalidPrize)
    prize.updated_at = now
    prize.save()
    return prize
