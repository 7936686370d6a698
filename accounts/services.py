"""What can be done to accounts, licences and tokens."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, Sum

from accounts import audit
from accounts.errors import PlanHoldsNoWebhook, PlanInUse
from accounts.models import Account, ApiToken, Licence

USE_IS_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def create_account(
    *, name: str, time_zone: str, now: datetime, plan: str = Account.Plan.MARKETING, actor: str = audit.SYSTEM
) -> Account:
    account = Account.objects.create(name=name, time_zone=time_zone, plan=plan, created_at=now)
    audit.record(account=account, actor=actor, action="account.created", target=name, now=now)
    return account


@transaction.atomic
def grant_zone(
    *,
    account: Account,
    zone: int,
    valid_from: datetime,
    valid_until: datetime,
    now: datetime | None = None,
    actor: str = audit.SYSTEM,
) -> Licence:
    """License one webhook zone for a period. Only the marketing plan can hold one. Without `now`: when it begins."""
    _require_marketing_plan(account)
    licence = Licence.objects.create(account=account, zone=zone, valid_from=valid_from, valid_until=valid_until)
    _record_grant(licence, actor, now)
    return licence


@transaction.atomic
def grant_endpoint_add_on(
    *,
    account: Account,
    extra_endpoints: int,
    valid_from: datetime,
    valid_until: datetime,
    now: datetime | None = None,
    actor: str = audit.SYSTEM,
) -> Licence:
    """Let the account run more endpoints for a period. Only the marketing plan can hold an add-on."""
    _require_marketing_plan(account)
    licence = Licence.objects.create(
        account=account, extra_endpoints=extra_endpoints, valid_from=valid_from, valid_until=valid_until
    )
    _record_grant(licence, actor, now)
    return licence


@transaction.atomic
def change_plan(*, account: Account, plan: str, now: datetime, actor: str = audit.SYSTEM) -> Account:
    """Move the account to another plan; refused while it holds webhook licences that the plan cannot hold."""
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if plan != Account.Plan.MARKETING and locked.licences.filter(valid_until__gt=now).exists():
        raise PlanInUse("The account holds webhook licences, which only the marketing plan can. End them first.")
    if locked.plan != plan:
        audit.record(account=locked, actor=actor, action="plan.changed", target=f"{locked.plan} to {plan}", now=now)
    locked.plan = plan
    locked.save(update_fields=["plan"])
    return locked


def licensed_zones(*, account_id: int, now: datetime) -> set[int]:
    licences = Licence.objects.valid(now).filter(account_id=account_id, zone__isnull=False)
    return {zone for zone in licences.values_list("zone", flat=True) if zone is not None}


def endpoint_limit(*, account: Account, now: datetime) -> int:
    """How many endpoints may run now: the account's own limit and every add-on that is valid."""
    extra = Licence.objects.valid(now).filter(account=account).aggregate(extra=Sum("extra_endpoints"))["extra"]
    return account.endpoint_limit + (extra or 0)


@transaction.atomic
def issue_token(
    *, account: Account, name: str, now: datetime, token: str | None = None, actor: str = audit.SYSTEM
) -> tuple[ApiToken, str]:
    """Make a token and give it back in clear; it cannot be read again. `token` presets its text."""
    clear = token or f"maac_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(
        account=account, name=name, prefix=_prefix(clear), digest=token_digest(clear), created_at=now
    )
    audit.record(account=account, actor=actor, action="token.issued", target=f"token {row}", now=now)
    return row, clear


@transaction.atomic
def revoke_token(*, token: ApiToken, now: datetime, actor: str = audit.SYSTEM) -> None:
    """Revoking a revoked token changes nothing."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        audit.record(account=token.account, actor=actor, action="token.revoked", target=f"token {token}", now=now)


def authenticate(*, token: str, now: datetime) -> ApiToken | None:
    """The token's row with its account, if the token is good."""
    row = ApiToken.objects.select_related("account").filter(digest=token_digest(token), revoked_at=None).first()
    if row and (row.last_used_at is None or now - row.last_used_at >= USE_IS_NOTED_EVERY):
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now)
        ApiToken.objects.filter(stale, pk=row.pk).update(last_used_at=now)
    return row


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _prefix(token: str) -> str:
    """Enough to tell tokens apart; of a short one, which somebody chose, too little to guess the rest."""
    return token[: min(8, len(token) // 3)]


def _record_grant(licence: Licence, actor: str, now: datetime | None) -> None:
    moment = now or licence.valid_from
    target = f"{licence} until {licence.valid_until:%Y-%m-%d}"
    audit.record(account=licence.account, actor=actor, action="licence.granted", target=target, now=moment)


def _require_marketing_plan(account: Account) -> None:
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if locked.plan != Account.Plan.MARKETING:
        raise PlanHoldsNoWebhook(
            f"Webhook is an add-on to the marketing plan; {locked.name} is on the {locked.get_plan_display()} plan."
        )
