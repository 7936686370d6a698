"""Adds and removes console users of a brand and resets their passwords."""

import secrets
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, log_ins
from accounts.errors import AlreadyAMember, InvalidDetails, NotABrandUser
from accounts.locks import lock_account
from accounts.models import Account, Membership

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""For passwords: without characters that are easily confused."""
GROUPS, GROUP_LENGTH = 4, 4


@transaction.atomic
def add_person(
    *, account: Account, username: str, now: datetime, actor: str = audit.SYSTEM
) -> tuple[Membership, str | None]:
    """Add a user to the brand. For a new user also returns a generated password, which cannot be read again.

    Raises InvalidDetails, NotABrandUser or AlreadyAMember.
    """
    lock_account(account.pk)
    user, is_new = User.objects.get_or_create(username=_checked_username(username))
    _require_brand_user(user)
    if Membership.objects.filter(account=account, user=user).exists():
        fault = _("%(user)s works for this account already.") % {"user": user.get_username()}
        raise AlreadyAMember(fault, {"username": [fault]})
    membership = Membership.objects.create(account=account, user=user, created_at=now)
    _record(membership, "user.added", actor, now)
    return membership, _give_password(user) if is_new else None


@transaction.atomic
def remove_person(*, membership: Membership, now: datetime, actor: str = audit.SYSTEM) -> None:
    """Remove the user from the account; the user itself stays."""
    _record(membership, "user.removed", actor, now)
    membership.delete()


@transaction.atomic
def reset_password(*, membership: Membership, now: datetime, actor: str = audit.SYSTEM) -> str:
    """Set a generated password and return it; the user's sessions and lock-outs end."""
    _require_brand_user(membership.user)
    _record(membership, "user.password_reset", actor, now)
    log_ins.allow_again(username=membership.user.get_username())
    return _give_password(membership.user)


def _give_password(user: User) -> str:
    password = "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    user.set_password(password)
    user.save(update_fields=["password"])
    return password


def _checked_username(username: str) -> str:
    name = User.normalize_username(username.strip())
    try:
        User._meta.get_field("username").clean(name, None)
    except ValidationError as error:
        raise InvalidDetails(error.messages[0], {"username": error.messages}) from error
    return name


def _require_brand_user(user: User) -> None:
    """Raise NotABrandUser for users with permissions: setting their password would give access to their rights."""
    if user.is_superuser or user.get_all_permissions():
        fault = _("%(user)s works as customer support, and sees every account.") % {"user": user.get_username()}
        raise NotABrandUser(fault, {"username": [fault]})


def _record(membership: Membership, action: str, actor: str, now: datetime) -> None:
    target = f"user {membership.user.get_username()}"
    audit.record(account=membership.account, actor=actor, action=action, target=target, now=now)
