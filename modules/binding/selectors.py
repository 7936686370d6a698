"""Queries of binding templates and bind links."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Account
from modules.binding.models import BindingTemplate, BindLink


def templates(*, account: Account) -> QuerySet[BindingTemplate]:
    return BindingTemplate.objects.filter(account=account).order_by("-id")


def links(*, account: Account) -> QuerySet[BindLink]:
    return BindLink.objects.filter(account=account).select_related("template", "contact", "account").order_by("-id")


def link_by_code(*, code: str, now: datetime) -> BindLink | None:
    """The link that the code opens; none of a sandbox that has expired."""
    present = Q(account__expires_at=None) | Q(account__expires_at__gt=now)
    return BindLink.objects.filter(present, code=code).select_related("template", "account").first()
