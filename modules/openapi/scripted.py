"""Scripted failures: what the Open API answers on demand, for an account, until it expires."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts import audit, statements
from accounts.locks import lock_account
from accounts.models import Account
from maac_contract.openapi_failures import MAGIC, Failure, is_possible
from modules.messages import rules as messages
from modules.notifications import machine
from modules.openapi.errors import answered
from modules.openapi.models import ScriptedFailure
from modules.validation import refuse
from webhooks.errors import InvalidInput

MOST_FAILURES = 20
"""Active scripted failures of an account."""
MOST_TIMES = 1_000_000
LIFE = 3600
"""Seconds until a failure expires, by default."""
LONGEST_LIFE = 86_400
PATH_LIMIT = 100

ANSWERS: dict[Failure, tuple[int, str]] = {
    Failure.PEAK: (429, "Request was throttled."),
    Failure.NO_POINTS: (400, "your SMS points are insufficient, please recharge before sending"),
    Failure.FAILED_TO_EMIT: (503, "failed to emit messages"),
    Failure.REDEEM_RETRY: (408, "Prize Redemption Need Retry"),
    Failure.REDEEM_ERROR: (500, "Other errors"),
}
"""Failures that are the answer; the text of 429 is chosen, the others are documented."""
LINE_ANSWERS = {
    Failure.TIMEOUT: messages.TIMEOUT,
    Failure.ERROR: messages.ERROR,
    Failure.REFUSED: messages.REFUSED_BY_LINE,
    Failure.LINE_RATE_LIMIT: messages.RATE_LIMITED,
}
"""LINE's answer to a direct message."""
OUTCOMES: dict[Failure, dict[str, str]] = {
    Failure.TIMEOUT: {machine.LINE_PUSH: machine.LINE_TIMEOUT, machine.PNP: machine.LINE_TIMEOUT},
    Failure.FAILED_TO_SEND: {machine.LINE_PUSH: machine.MEMBER_NOT_FOUND, machine.PNP: machine.NO_LINE_USER},
    Failure.TOKEN_EXPIRED: {machine.LINE_PUSH: machine.TOKEN_EXPIRED, machine.PNP: machine.TOKEN_EXPIRED},
    Failure.MAINTENANCE: {machine.LINE_PUSH: machine.MAINTENANCE, machine.PNP: machine.MAINTENANCE},
}
"""The outcomes of LINE's channels for a notification message."""

_ACTIVE = """
SELECT id, failure, path FROM openapi_scriptedfailure
WHERE account_id = %s AND expires_at > %s AND (times IS NULL OR hits < times) ORDER BY id
"""


class InvalidFailure(InvalidInput):
    code = "invalid_failure"


def failures(*, account: Account) -> QuerySet[ScriptedFailure]:
    return ScriptedFailure.objects.filter(account=account).order_by("-id")


@transaction.atomic
def add(
    *,
    account: Account,
    failure: str,
    path: str = "",
    times: int | None = 1,
    expires_in: float = LIFE,
    now: datetime,
    actor: str = audit.SYSTEM,
) -> ScriptedFailure:
    """Let the account's next matching calls fail: `times` of them, or all (None), until it expires.

    Raises InvalidFailure.
    """
    path = path.strip().removeprefix("/openapi/v1/")
    faults: dict[str, str] = {}
    if failure not in set(Failure):
        faults["failure"] = _("Choose one of %(known)s.") % {"known": ", ".join(Failure)}
    if len(path) > PATH_LIMIT or not (path.isprintable() or not path):
        faults["path"] = _("Write the beginning of a path, such as member/, of at most 100 characters.")
    if times is not None and not 0 < times <= MOST_TIMES:
        faults["times"] = _("Write a number from %(least)s to %(most)s.") % {"least": 1, "most": MOST_TIMES}
    if not 1 <= expires_in <= LONGEST_LIFE:
        faults["expires_in"] = _("Write a number from %(least)s to %(most)s.") % {"least": 1, "most": LONGEST_LIFE}
    refuse(faults, InvalidFailure)
    lock_account(account.pk)
    if _active(account, now).count() >= MOST_FAILURES:
        raise InvalidFailure(
            _("The account has %(count)d scripted failures waiting, and can have no more. Remove some of them first.")
            % {"count": MOST_FAILURES}
        )
    made = ScriptedFailure.objects.create(
        account=account,
        failure=failure,
        path=path,
        times=times,
        created_at=now,
        created_by=actor[: audit.TEXT_LENGTH],
        expires_at=now + timedelta(seconds=expires_in),
    )
    audit.record(account=account, actor=actor, action="openapi_failure.added", target=_target([failure]), now=now)
    return made


@transaction.atomic
def remove(*, rows: QuerySet[ScriptedFailure], account: Account, now: datetime, actor: str = audit.SYSTEM) -> int:
    """Remove these failures of the account; return how many there were."""
    kinds = list(rows.values_list("failure", flat=True))
    if kinds:
        rows.delete()
        audit.record(account=account, actor=actor, action="openapi_failure.removed", target=_target(kinds), now=now)
    return len(kinds)


def take(*, account: Account, call: str, path: str, now: datetime) -> Failure | None:
    """The failure that this call meets, the oldest that is scripted for it; it is counted."""
    for row_id, kind, prefix in statements.read(_ACTIVE, [account.pk, now]):
        if is_possible(Failure(kind), call) and path.startswith(prefix):
            row = ScriptedFailure.objects.filter(Q(times=None) | Q(hits__lt=F("times")), pk=row_id)
            if row.update(hits=F("hits") + 1):
                return Failure(kind)
    return None


def magic_failure(call: str, values: Iterable[Any]) -> Failure | None:
    """The failure that a magic value among these causes at the call."""
    found = (MAGIC[each] for each in values if isinstance(each, str) and each in MAGIC)
    return next((failure for failure in found if is_possible(failure, call)), None)


def answer_failure(failure: Failure | None) -> None:
    """Raise the failure if it is the answer; others appear in the result."""
    if failure in ANSWERS:
        raise answered(*ANSWERS[failure])


def line_answer_of(failure: Failure | None) -> str:
    return LINE_ANSWERS.get(failure, "") if failure else ""


def _target(kinds: Iterable[str]) -> str:
    return f"Open API: {', '.join(kinds)}"[: audit.TEXT_LENGTH]


def _active(account: Account, now: datetime) -> QuerySet[ScriptedFailure]:
    left = Q(times=None) | Q(hits__lt=F("times"))
    return failures(account=account).filter(left, expires_at__gt=now)
