"""Failed log-ins: client address, lock-out after too many failures, and log entries.

django-axes counts failures in the database, shared by all web processes, for each pair of username and client address.
So an attacker at another address cannot lock a user out; one at the user's address can for AXES_COOLOFF_TIME at a
time, since attempts during a lock-out do not prolong it.
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
"""Network bits of an IPv6 address: one client can use any address in its /64."""

log = logging.getLogger(__name__)


def client_address(request: HttpRequest) -> str | None:
    """The client's IPv4 address or IPv6 /64 network: from X-Forwarded-For if TRUSTED_PROXIES is set.

    Each proxy appends the address it was called from, so entries further left can be forged by the client.
    """
    direct = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    count = settings.TRUSTED_PROXIES
    forwarded = hops[-count] if 0 < count <= len(hops) else ""
    return _network(forwarded) or _network(direct)


def is_locked(request: HttpRequest) -> bool:
    """Whether this log-in was refused after too many failures, or was the failure that causes a lock-out."""
    return bool(getattr(request, "axes_locked_out", False))


def locked_until(*, request: HttpRequest, username: str) -> datetime | None:
    same = AccessAttempt.objects.filter(username=username, ip_address=client_address(request))
    newest: datetime | None = same.aggregate(newest=Max("attempt_time"))["newest"]
    return newest + settings.AXES_COOLOFF_TIME if newest else None


def note_failure(*, request: HttpRequest, username: str, now: datetime) -> None:
    """Log a failed log-in; if the user exists and the password was checked, write audit entries, too."""
    address = client_address(request)
    was_checked = getattr(request, "axes_failures_since_start", None) is not None
    log.warning(
        "Log-in as %r from %s failed%s", username, address, "" if was_checked else ": refused after too many failures"
    )
    user = User.objects.filter(username=username).first()
    if user is None or not was_checked:
        return
    target = f"user {username}"
    for account in Account.objects.filter(memberships__user=user) or [None]:
        audit.record(account=account, actor=f"address {address}", action="user.log_in_failed", target=target, now=now)


def allow_again(*, username: str) -> None:
    """Delete the recorded failures of a user who got a new password."""
    AccessAttempt.objects.filter(username=username).delete()


def _network(address: str) -> str | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((int(found), IPV6_PREFIX), strict=False).network_address)
    return str(getattr(found, "ipv4_mapped", None) or found)
