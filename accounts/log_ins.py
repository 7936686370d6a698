"""Log-ins that fail: which are refused for some minutes without looking at the password, and what is noted of each.

django-axes counts wrong passwords in the database, so every web process sees the same, by username and client address
together. An attacker elsewhere can therefore never lock a user out, and one who shares the user's address can for no
more than AXES_COOLOFF_TIME at a time: what is tried meanwhile does not prolong it.
"""

import logging
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Max
from django.http import HttpRequest

from accounts import audit
from accounts.models import Account

IPV6_PREFIX = 64
"""Bits of the network that one client has; it can take any address in it."""

log = logging.getLogger(__name__)


def client_address(request: HttpRequest) -> str | None:
    """Who is asking, as the proxies in front of us say if their number is set.

    Each proxy appends the address that it was asked from, so entries left of ours can be the client's invention.
    """
    direct = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    count = settings.TRUSTED_PROXIES
    forwarded = hops[-count] if 0 < count <= len(hops) else ""
    return _network(forwarded) or _network(direct)


def is_locked(request: HttpRequest) -> bool:
    """Whether this log-in was refused because too many failed before, or the next will be."""
    return bool(getattr(request, "axes_locked_out", False))


def locked_until(*, request: HttpRequest, username: str) -> datetime | None:
    same = AccessAttempt.objects.filter(username=username, ip_address=client_address(request))
    newest: datetime | None = same.aggregate(newest=Max("attempt_time"))["newest"]
    return newest + settings.AXES_COOLOFF_TIME if newest else None


def note_failure(*, request: HttpRequest, username: str, now: datetime) -> None:
    """Write it into the log; into the audit log, too, if it is a user's name and the password was looked at."""
    address = client_address(request)
    was_looked_at = getattr(request, "axes_failures_since_start", None) is not None
    log.warning(
        "Log-in as %r from %s failed%s", username, address, "" if was_looked_at else ": refused after too many failures"
    )
    user = User.objects.filter(username=username).first()
    if user is None or not was_looked_at:
        return
    target = f"user {username}"
    for account in Account.objects.filter(memberships__user=user) or [None]:
        audit.record(account=account, actor=f"address {address}", action="user.log_in_failed", target=target, now=now)


def allow_again(*, username: str) -> None:
    """Forget the failures of a user who got a new password."""
    AccessAttempt.objects.filter(username=username).delete()


def _network(address: str) -> str | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((int(found), IPV6_PREFIX), strict=False).network_address)
    return str(getattr(found, "ipv4_mapped", None) or found)
