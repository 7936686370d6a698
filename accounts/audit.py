"""The audit log: who did something that matters, to what, and when. Services write it in their own transaction."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Account, AuditEntry

SYSTEM = "system"
"""The actor where nobody asked: the first start, a command line, a test."""
TEXT_LENGTH = 200


def record(*, account: Account | None, actor: str, action: str, target: str, now: datetime) -> None:
    """Note it. `action` is a thing and what became of it (`endpoint.paused`); `actor` a token or a console user.

    What is about a user of customer support is of no account.
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

    With `with_support` also what is of no account.
    """
    of = Q(account=account) | Q(account=None) if with_support else Q(account=account)
    found = AuditEntry.objects.filter(of, actor__icontains=actor, target__icontains=target)
    found = found.filter(action=action) if action else found
    return found.order_by("-id")


def _short(text: str) -> str:
    return text if len(text) <= TEXT_LENGTH else f"{text[: TEXT_LENGTH - 1]}…"
