"""Every read of accounts that the doors need."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import QuerySet

from accounts.models import Account

OPERATE = "accounts.operate"
"""The permission of customer support: every account, its licences and limits."""


def is_operator(user: AbstractBaseUser | AnonymousUser) -> bool:
    return isinstance(user, User) and user.is_active and user.has_perm(OPERATE)


def accounts_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Account]:
    """The accounts that somebody may work in: every one for customer support, one's own for a brand's user."""
    if not isinstance(user, User) or not user.is_active:
        return Account.objects.none()
    own = Account.objects.order_by("id")
    return own if is_operator(user) else own.filter(memberships__user=user)
