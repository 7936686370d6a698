"""Authenticates API tokens. It happens in every API request, so it is one statement, which callers can extend."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q

from accounts import statements
from accounts.models import Account, ApiToken

USE_IS_NOTED_EVERY = timedelta(minutes=1)

_TOKEN_FIELDS = ["id", "account_id", "name", "prefix"]
_ACCOUNT_FIELDS = ["id", "name", "time_zone", "plan", "endpoint_limit"]
"""The columns that API requests use; Django reads the others when they are accessed."""

CALLER = """
token.last_used_at IS NULL OR token.last_used_at <= %s, token.id, token.account_id, token.name, token.prefix,
account.id, account.name, account.time_zone, account.plan, account.endpoint_limit
"""
"""Columns for `read_caller`; their one parameter is `unnoted_since`."""
CALLER_WIDTH = 1 + len(_TOKEN_FIELDS) + len(_ACCOUNT_FIELDS)
CALLERS = "accounts_apitoken AS token JOIN accounts_account AS account ON account.id = token.account_id"
IS_CALLER = "token.digest = %s AND token.revoked_at IS NULL AND coalesce(account.expires_at > %s, TRUE)"
"""Parameters: the token's digest, and now: tokens of an expired sandbox are invalid even before it is closed."""


def authenticate(*, token: str, now: datetime) -> ApiToken | None:
    """The token's row with its account; None for an unknown or revoked token, or an expired sandbox."""
    statement = f"SELECT {CALLER} FROM {CALLERS} WHERE {IS_CALLER}"  # noqa: S608 - texts of ours
    rows = statements.read(statement, [unnoted_since(now), token_digest(token), now])
    return read_caller(rows[0], now) if rows else None


def read_caller(columns: Sequence[Any], now: datetime) -> ApiToken:
    """The token's row with its account, from the columns `CALLER`. Updates `last_used_at` at most once a minute."""
    is_use_due, *values = columns
    row = ApiToken.from_db(DEFAULT_DB_ALIAS, _TOKEN_FIELDS, values[: len(_TOKEN_FIELDS)])
    row.account = Account.from_db(DEFAULT_DB_ALIAS, _ACCOUNT_FIELDS, values[len(_TOKEN_FIELDS) :])
    if is_use_due:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now)
        ApiToken.objects.filter(stale, pk=row.pk).update(last_used_at=now)
    return row


def unnoted_since(now: datetime) -> datetime:
    """A `last_used_at` up to this time is to be updated."""
    return now - USE_IS_NOTED_EVERY


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
