"""Sandboxes: temporary accounts (an hour by default), so that each test of a suite has its own.

An expired sandbox is closed at once: its tokens are revoked and its endpoints deleted. Its rows are erased
`ERASED_AFTER` later, when requests that began before have ended.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from accounts import audit
from accounts.erasure import erase
from accounts.locks import lock_account
from accounts.models import ENDPOINT_LIMIT, Account, ApiToken, Licence
from accounts.services import create_account, issue_token
from maac_contract.contract import ZONES
from webhooks.errors import InvalidInput, SandboxesAreOff, SandboxInSandbox, SandboxLimit
from webhooks.models import Endpoint
from webhooks.retry_waits import checked_waits

LIFETIME = 3600
"""Seconds until a sandbox expires, by default."""
LONGEST_LIFETIME = 24 * 3600
MOST = 1000
"""Sandboxes that an account may have at a time."""
LICENCE_PERIOD = timedelta(days=365)
ERASED_AFTER = timedelta(seconds=15)
"""A request that was authenticated just before the sandbox was closed may still be storing an event."""
ERASED_AT_ONCE = 20


class Sandbox(NamedTuple):
    """A new sandbox and its token in plaintext."""

    account: Account
    token: str


@transaction.atomic
def make(
    *,
    parent: Account,
    name: str = "Sandbox",
    time_zone: str | None = None,
    endpoint_limit: int = ENDPOINT_LIMIT,
    expires_in: float = LIFETIME,
    retry_waits: Sequence[float] | None = None,
    now: datetime,
    actor: str = audit.SYSTEM,
) -> Sandbox:
    """Create a sandbox: an account licensed for every zone, with an API token.

    Raises SandboxesAreOff, SandboxInSandbox, SandboxLimit or InvalidInput.
    """
    lock_account(parent.pk)
    _check_allowed(parent, now)
    expires_at = now + timedelta(seconds=_checked_lifetime(expires_in))
    account = create_account(
        name=name,
        time_zone=time_zone or parent.time_zone,
        endpoint_limit=endpoint_limit,
        parent=parent,
        expires_at=expires_at,
        now=now,
        actor=actor,
    )
    if retry_waits is not None:
        account.retry_waits = checked_waits(retry_waits)
        account.save(update_fields=["retry_waits"])
    # The account is not visible to other transactions yet, so licences need no locks and no check for overlaps.
    period = {"valid_from": now, "valid_until": now + LICENCE_PERIOD}
    Licence.objects.bulk_create(Licence(account=account, zone=zone, **period) for zone in ZONES)
    _, token = issue_token(account=account, name="Sandbox", now=now, actor=actor)
    return Sandbox(account, token)


@transaction.atomic
def remove(*, sandbox: Account, now: datetime) -> None:
    """Close the sandbox: its tokens stop working, nothing is sent any more. `remove_expired` erases its rows later."""
    Account.objects.filter(pk=sandbox.pk, expires_at__gt=now).update(expires_at=now)
    _close(sandbox.pk, now)


def remove_expired(*, now: datetime) -> int:
    """Close sandboxes that have expired; erase those that expired `ERASED_AFTER` ago, and return their number."""
    expired = Account.objects.filter(expires_at__lte=now)
    for account_id in list(expired.filter(api_tokens__revoked_at=None).values_list("pk", flat=True).distinct()):
        _close(account_id, now)
    over = expired.filter(expires_at__lte=now - ERASED_AFTER).order_by("expires_at")
    ids = list(over.values_list("pk", flat=True))
    for start in range(0, len(ids), ERASED_AT_ONCE):
        erase(ids[start : start + ERASED_AT_ONCE])
    return len(ids)


@transaction.atomic
def _close(account_id: int, now: datetime) -> None:
    lock_account(account_id)
    present = Endpoint.of_any_kind.filter(account=account_id).exclude(status=Endpoint.Status.DELETED)
    present.update(status=Endpoint.Status.DELETED, deleted_at=now, updated_at=now)
    ApiToken.objects.filter(account=account_id, revoked_at=None).update(revoked_at=now)


def _check_allowed(parent: Account, now: datetime) -> None:
    if not settings.SANDBOXES:
        raise SandboxesAreOff(
            "Sandboxes are turned off on this simulator. Its operator can turn them on: MAAC_SIM_SANDBOXES=true."
        )
    if parent.parent_id is not None:
        raise SandboxInSandbox("A sandbox cannot create sandboxes. Use the token of the account that created this one.")
    if parent.sandboxes.filter(expires_at__gt=now).count() >= MOST:
        raise SandboxLimit(f"The account has {MOST} sandboxes. Delete some, or let them expire.")


def _checked_lifetime(seconds: float) -> float:
    if not 1 <= seconds <= LONGEST_LIFETIME:
        fault = f"Give a number of seconds from 1 to {LONGEST_LIFETIME}."
        raise InvalidInput(f"expires_in: {fault}", {"expires_in": [fault]})
    return seconds
