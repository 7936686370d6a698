"""The audit log. Services write an entry in the transaction of the change that it records."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Account, AuditEntry

SYSTEM = "system"
"""The actor of changes without a user or token: the first start, a command line, a test."""
TEXT_LENGTH = 200


def record(*, account: Account | None, actor: str, action: str, target: str, now: datetime) -> None:
    """Store an entry. `action` is an object and a past participle (`endpoint.paused`); `actor` a token or console user.

    `account` is None for entries about a user of customer support.
    """
    AuditEntry.objects.create(account=account, actor=_short(actor), action=action, target=_short(target), at=now)


def entries(
    *,
    account: Account,
    action: str = "",
    actor: str = "",
    target: str = "",
    with_support: bool = False,
) -> QuerySet[AuditEntry]:
    """The account's log, newest first, filtered by action and by parts of the actor's and the target's names.

    With `with_support` also those without an account.
    """
    of = Q(account=account) | Q(account=None) if with_support else Q(account=account)
    found = AuditEntry.objects.filter(of, actor__icontains=actor, target__icontains=target)
    found = found.filter(action=action) if action else found
    return found.order_by("-id")


def _short(text: str) -> str:
    return text if len(text) <= TEXT_LENGTH else f"{text[: TEXT_LENGTH - 1]}…"
