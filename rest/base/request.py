"""What every call asks of its request: whose it is, who the audit log names, and when it came."""

from datetime import UTC, datetime

from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from accounts.models import Account, ApiToken
from rest.base.fields import Nothing


def now_utc() -> datetime:
    return datetime.now(UTC)


def actor_of(request: Request) -> str:
    """How the audit log names the caller."""
    return f"token {request.auth}"


def account_of(request: Request) -> Account:
    """The account whose token came with the request."""
    token = request.auth
    if not isinstance(token, ApiToken):
        raise NotAuthenticated
    return token.account


def operates(request: Request) -> bool:
    """Whether the token has the right of customer support."""
    return isinstance(request.auth, ApiToken) and request.auth.operates


def expect_nothing(request: Request) -> None:
    """Refuse a body that says something: whoever sent it expects it to count."""
    Nothing(data=request.data).is_valid(raise_exception=True)
