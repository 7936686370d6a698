"""Prepares a database: migrations, and the first user's account, admin and API token."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction

from accounts.models import Account, ApiToken
from accounts.services import create_account, grant_zone, issue_token, token_digest
from maac_contract.contract import DEFAULT_TIME_ZONE, ZONES
from maac_sim import fresh_database

DEMO_NAME = "Demo brand"
ADMIN_NAME = "admin"
LICENCE_PERIOD = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Ready:
    """The rows found or created. `password` and `token` are None if this simulator does not know their clear text."""

    account: Account
    password: str | None
    token: str | None


def prepare(*, now: datetime) -> Ready:
    """Apply migrations and create what is missing; a second call changes nothing."""
    if fresh_database.is_fresh():
        fresh_database.create_tables()
    else:
        call_command("migrate", interactive=False, verbosity=0)
    with transaction.atomic():
        account = Account.objects.order_by("id").first() or _demo_account(now)
        return Ready(account, _admin_password(), _token(account, now))


def _demo_account(now: datetime) -> Account:
    account = create_account(name=DEMO_NAME, time_zone=DEFAULT_TIME_ZONE, now=now)
    for zone in ZONES:
        grant_zone(account=account, zone=zone, valid_from=now, valid_until=now + LICENCE_PERIOD)
    return account


def _admin_password() -> str | None:
    """Set the admin's preset password, unless it was changed in the console."""
    password: str | None = settings.ADMIN_PASSWORD
    admin = User.objects.filter(username=ADMIN_NAME).first()
    if password is None:
        return None
    if admin is None:
        User.objects.create_superuser(ADMIN_NAME, password=password)
    elif not admin.check_password(password):
        if not settings.ADMIN_PASSWORD_IS_PRESET:
            return None
        admin.set_password(password)
        admin.save(update_fields=["password"])
    return password


def _token(account: Account, now: datetime) -> str | None:
    token: str | None = settings.API_TOKEN
    if token is None:
        return None
    row = ApiToken.objects.filter(digest=token_digest(token)).first()
    if row is None:
        issue_token(account=account, name="First token", now=now, token=token)
    return token if row is None or row.revoked_at is None else None
