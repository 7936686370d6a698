"""Reads of the call log: filters, whose calls an account sees, and a call as a curl command."""

import re
import shlex
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Account
from modules.openapi.call_log import MASK
from modules.openapi.models import Call

TOKEN_PLACEHOLDER = "$MAAC_TOKEN"  # noqa: S105 - a name
STATUS = re.compile(r"[1-5](xx|[0-9]{2})")
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
LEFT_OUT = ("host", "content-length", "connection", "accept-encoding", "authorization")
"""Headers that curl writes itself, or that hold the token."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """`status` is a status such as 404 or a class such as 4xx; `path` is text in the path; `after` is a call's id."""

    status: str = ""
    method: str = ""
    path: str = ""
    after: int | None = None
    is_failure: bool | None = None
    """Whether the call met a scripted failure."""


def calls(*, account: Account, criteria: Criteria | None = None, is_operator: bool = False) -> QuerySet[Call]:
    """The calls, newest first.

    Calls without a valid token belong to no account. Customer support sees them, and everybody does on a simulator
    that has only one account.
    """
    sees_all = is_operator or not Account.objects.filter(parent=None).exclude(pk=account.pk).exists()
    mine = Q(account=account) | Q(account=None) if sees_all else Q(account=account)
    found = Call.objects.filter(mine).order_by("-id")
    return found.filter(_wanted(criteria)) if criteria else found


def as_curl(call: Call, *, origin: str) -> str:
    """The call as a curl command; the token is a variable of the shell, and a shortened body stays shortened."""
    url = f"{origin}{call.path}" + (f"?{call.query}" if call.query else "")
    headers = [line for line in call.request_headers.splitlines() if line.split(":")[0].lower() not in LEFT_OUT]
    options = [
        f"-X {call.method}",
        shlex.quote(url),
        f'-H "Authorization: Bearer {TOKEN_PLACEHOLDER}"',
        *(f"-H {shlex.quote(header)}" for header in headers if MASK not in header),
    ]
    if call.request_body:
        options.append(f"--data-raw {shlex.quote(call.request_body)}")
    return " \\\n  ".join(["curl --include --globoff", *options])


def is_status(text: str) -> bool:
    return STATUS.fullmatch(text) is not None


def _wanted(criteria: Criteria) -> Q:
    found: Q = Q()
    if criteria.status.endswith("xx"):
        first = int(criteria.status[0]) * 100
        found &= Q(status__gte=first, status__lt=first + 100)
    elif criteria.status:
        found &= Q(status=int(criteria.status))
    exact: dict[str, Any] = {}
    if criteria.method:
        exact["method"] = criteria.method
    if criteria.path:
        exact["path__contains"] = criteria.path
    if criteria.after is not None:
        exact["id__gt"] = criteria.after
    if criteria.is_failure is not None:
        found &= ~Q(failure="") if criteria.is_failure else Q(failure="")
    return found & Q(**exact)
