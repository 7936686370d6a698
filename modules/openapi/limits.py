"""Rate limits per account and call. One conditional UPDATE decides, so they hold across processes."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Greatest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.models import Account
from modules.openapi.models import Bucket
from rest.base.request import account_of, now_utc

SECOND = 1_000_000
WINDOWS = {"import": 60}
"""Seconds for which a call's limit holds; one second for the others."""


def take(*, account: Account, call: str, now: datetime) -> float | None:
    """Count one call. None if it is within the limit, else the seconds until the next call is allowed."""
    limit: int = settings.OPENAPI_RATE_LIMITS[call]
    if not limit:
        return None
    window, moment = SECOND * WINDOWS.get(call, 1), int(now.timestamp() * SECOND)
    share = window // limit
    if _counted(account, call, share, moment, window):
        return None
    bucket = Bucket.objects.filter(account=account, call=call).first()
    if bucket is None:
        Bucket.objects.bulk_create([Bucket(account=account, call=call)], ignore_conflicts=True)
        return take(account=account, call=call, now=now)
    return max(0, bucket.full_at + share - window - moment) / SECOND


def _counted(account: Account, call: str, share: int, moment: int, window: int) -> bool:
    has_room = Bucket.objects.filter(account=account, call=call, full_at__lte=moment + window - share)
    return has_room.update(full_at=Greatest(F("full_at"), moment) + share) == 1


class CallLimit(BaseThrottle):
    """Throttles views by the rate limit named in their `limited_as`."""

    def allow_request(self, request: Request, view: Any) -> bool:
        self._wait = take(account=account_of(request), call=view.limited_as, now=now_utc())
        return self._wait is None

    def wait(self) -> float | None:
        return self._wait
