"""Queries of plays."""

from django.db.models import QuerySet

from accounts.models import Account
from modules.traffic.models import Play


def plays(*, account: Account) -> QuerySet[Play]:
    return Play.objects.filter(account=account).order_by("-id")


def running(*, account: Account) -> Play | None:
    return plays(account=account).filter(status=Play.Status.RUNNING).first()
