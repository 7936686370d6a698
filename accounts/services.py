"""The operations on accounts, licences and API tokens."""

import secrets
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts import audit
from accounts.errors import InvalidDetails, LicenceIsOver, LicenceOverlaps, PlanHoldsNoWebhook, PlanInUse
from accounts.locks import lock_account
from accounts.models import ENDPOINT_LIMIT, Account, ApiToken, Licence, validate_time_zone
from accounts.tokens import authenticate as authenticate
from accounts.tokens import token_digest as token_digest

MOST_ENDPOINTS = 1000
"""Largest limit, and largest add-on, of running endpoints; it catches typing errors."""


@transaction.atomic
def create_account(
    *,
    name: str,
    time_zone: str,
    now: datetime,
    plan: str = Account.Plan.MARKETING,
    endpoint_limit: int = ENDPOINT_LIMIT,
    parent: Account | None = None,
    expires_at: datetime | None = None,
    actor: str = audit.SYSTEM,
) -> Account:
    """Create an account; with `parent` and `expires_at` it is a sandbox. Raises InvalidDetails."""
    account = Account.objects.create(
        name=_checked_name(name),
        time_zone=_checked_time_zone(time_zone),
        plan=_checked_plan(plan),
        endpoint_limit=_checked_count(endpoint_limit, "endpoint_limit"),
        parent=parent,
        expires_at=expires_at,
        created_at=now,
    )
    audit.record(account=account, actor=actor, action="account.created", target=account.name, now=now)
    return account


@transaction.atomic
def edit_account(
    *,
    account: Account,
    name: str,
    time_zone: str,
    plan: str,
    endpoint_limit: int,
    now: datetime,
    actor: str = audit.SYSTEM,
) -> Account:
    """Change the values that differ. Raises InvalidDetails, or PlanInUse as `change_plan` does."""
    locked = change_plan(account=account, plan=plan, now=now, actor=actor)
    limit = _checked_count(endpoint_limit, "endpoint_limit")
    given = {"name": _checked_name(name), "time_zone": _checked_time_zone(time_zone)}
    changed = [field for field, value in given.items() if value != getattr(locked, field)]
    if changed:
        target = f"{locked.name}: {', '.join(changed)}"
        audit.record(account=locked, actor=actor, action="account.edited", target=target, now=now)
    if limit != locked.endpoint_limit:
        target = f"{locked.endpoint_limit} to {limit}"
        audit.record(account=locked, actor=actor, action="limit.changed", target=target, now=now)
    locked.name, locked.time_zone, locked.endpoint_limit = given["name"], given["time_zone"], limit
    locked.save(update_fields=["name", "time_zone", "endpoint_limit"])
    return locked


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
    """License a webhook zone for a period. Raises PlanHoldsNoWebhook, InvalidDetails or LicenceOverlaps.

    `now`, the time of the audit entry, defaults to `valid_from`.
    """
    _require_marketing_plan(account)
    _check_period(valid_from, valid_until)
    _check_overlap(account, zone, valid_from, valid_until)
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
    """Let the account run more endpoints for a period. Raises PlanHoldsNoWebhook or InvalidDetails."""
    _require_marketing_plan(account)
    _check_period(valid_from, valid_until)
    count = _checked_count(extra_endpoints, "extra_endpoints")
    licence = Licence.objects.create(
        account=account, extra_endpoints=count, valid_from=valid_from, valid_until=valid_until
    )
    _record_grant(licence, actor, now)
    return licence


@transaction.atomic
def change_period(
    *, licence: Licence, valid_from: datetime, valid_until: datetime, now: datetime, actor: str = audit.SYSTEM
) -> Licence:
    """Extend or shorten a licence. Raises LicenceIsOver, InvalidDetails or LicenceOverlaps."""
    locked = _lock_open(licence, now)
    _check_period(valid_from, valid_until)
    if locked.zone is not None:
        _check_overlap(locked.account, locked.zone, valid_from, valid_until, but=locked)
    given = {"valid_from": valid_from, "valid_until": valid_until}
    changed = [field for field, value in given.items() if value != getattr(locked, field)]
    if changed:
        target = f"{locked}: {', '.join(changed)}, until {valid_until:%Y-%m-%d}"
        audit.record(account=locked.account, actor=actor, action="licence.changed", target=target, now=now)
    locked.valid_from, locked.valid_until = valid_from, valid_until
    locked.save(update_fields=["valid_from", "valid_until"])
    return locked


@transaction.atomic
def end_licence(*, licence: Licence, now: datetime, actor: str = audit.SYSTEM) -> None:
    """End a licence now; one that has not begun is deleted. Raises LicenceIsOver."""
    locked = _lock_open(licence, now)
    audit.record(account=locked.account, actor=actor, action="licence.ended", target=str(locked), now=now)
    if locked.valid_from >= now:
        locked.delete()
    else:
        locked.valid_until = now
        locked.save(update_fields=["valid_until"])


@transaction.atomic
def change_plan(*, account: Account, plan: str, now: datetime, actor: str = audit.SYSTEM) -> Account:
    """Move the account to another plan. Raises PlanInUse if it holds webhook licences the plan does not allow."""
    locked = lock_account(account.pk)
    if _checked_plan(plan) != Account.Plan.MARKETING and locked.licences.filter(valid_until__gt=now).exists():
        message = _("The account holds webhook licences, which only the marketing plan can. End them first.")
        raise PlanInUse(message, {"plan": [message]})
    if locked.plan != plan:
        audit.record(account=locked, actor=actor, action="plan.changed", target=f"{locked.plan} to {plan}", now=now)
    locked.plan = plan
    locked.save(update_fields=["plan"])
    return locked


def licensed_zones(*, account_id: int, now: datetime) -> set[int]:
    licences = Licence.objects.valid(now).filter(account_id=account_id, zone__isnull=False)
    return {zone for zone in licences.values_list("zone", flat=True) if zone is not None}


def endpoint_limit(*, account: Account, now: datetime) -> int:
    """How many endpoints may run now: the account's own limit plus the valid add-ons."""
    extra = Licence.objects.valid(now).filter(account=account).aggregate(extra=Sum("extra_endpoints"))["extra"]
    return account.endpoint_limit + (extra or 0)


@transaction.atomic
def issue_token(
    *,
    account: Account,
    name: str,
    now: datetime,
    token: str | None = None,
    operates: bool = False,
    actor: str = audit.SYSTEM,
) -> tuple[ApiToken, str]:
    """Create a token; returns its row and its plaintext, which cannot be read again. `token` presets the plaintext.

    `operates` gives it the right of customer support; callers check that the actor has that right.
    """
    clear = token or f"maac_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(
        account=account,
        name=_checked_name(name),
        prefix=_prefix(clear),
        digest=token_digest(clear),
        operates=operates,
        created_at=now,
    )
    target = f"token {row}, with the right of customer support" if operates else f"token {row}"
    audit.record(account=account, actor=actor, action="token.issued", target=target, now=now)
    return row, clear


@transaction.atomic
def revoke_token(*, token: ApiToken, now: datetime, actor: str = audit.SYSTEM) -> None:
    """Revoke the token. Idempotent."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        audit.record(account=token.account, actor=actor, action="token.revoked", target=f"token {token}", now=now)


def _prefix(token: str) -> str:
    """The first 8 characters, at most a third of the token, so that a short preset one cannot be guessed from it."""
    return token[: min(8, len(token) // 3)]


def _record_grant(licence: Licence, actor: str, now: datetime | None) -> None:
    target = f"{licence} until {licence.valid_until:%Y-%m-%d}"
    granted_at = now or licence.valid_from
    audit.record(account=licence.account, actor=actor, action="licence.granted", target=target, now=granted_at)


def _lock_open(licence: Licence, now: datetime) -> Licence:
    account = lock_account(licence.account_id)
    locked = Licence.objects.filter(pk=licence.pk).first()
    if locked is None or locked.valid_until <= now:
        raise LicenceIsOver(_("That licence has ended. Grant a new one."))
    locked.account = account
    return locked


def _require_marketing_plan(account: Account) -> None:
    locked = lock_account(account.pk)
    if locked.plan != Account.Plan.MARKETING:
        message = _("Webhook is an add-on to the marketing plan; %(account)s is on the %(plan)s plan.")
        raise PlanHoldsNoWebhook(message % {"account": locked.name, "plan": locked.get_plan_display()})


def _check_period(valid_from: datetime, valid_until: datetime) -> None:
    if valid_until <= valid_from:
        fault = _("The period ends before it begins.")
        raise InvalidDetails(fault, {"valid_until": [fault]})


def _check_overlap(
    account: Account, zone: int, valid_from: datetime, valid_until: datetime, *, but: Licence | None = None
) -> None:
    others = account.licences.filter(zone=zone, valid_from__lt=valid_until, valid_until__gt=valid_from)
    other = (others.exclude(pk=but.pk) if but else others).order_by("valid_from").first()
    if other:
        local = [time.astimezone(account.zone_info) for time in (other.valid_from, other.valid_until)]
        raise LicenceOverlaps(
            _("Zone %(zone)s is licensed from %(start)s until %(end)s already. Extend that licence, or begin after it.")
            % {"zone": zone, "start": f"{local[0]:%Y-%m-%d %H:%M}", "end": f"{local[1]:%Y-%m-%d %H:%M}"}
        )


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not stripped or len(stripped) > 100 or not stripped.isprintable():
        fault = _("Give a name of 1 to 100 printable characters.")
        raise InvalidDetails(fault, {"name": [fault]})
    return stripped


def _checked_time_zone(name: str) -> str:
    try:
        validate_time_zone(name)
    except ValidationError as error:
        raise InvalidDetails(error.messages[0], {"time_zone": error.messages}) from error
    return name


def _checked_plan(plan: str) -> str:
    if plan not in Account.Plan.values:
        fault = _("There is no such plan.")
        raise InvalidDetails(fault, {"plan": [fault]})
    return plan


def _checked_count(count: int, field: str) -> int:
    if not 1 <= count <= MOST_ENDPOINTS:
        fault = _("Give a number from 1 to %(most)s.") % {"most": MOST_ENDPOINTS}
        raise InvalidDetails(fault, {field: [fault]})
    return count
