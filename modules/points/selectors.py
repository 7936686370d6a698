"""Queries of prizes and grants."""

from django.db.models import Count, QuerySet

from accounts.models import Account
from modules.points.models import Grant, Prize


def prizes(*, account: Account) -> QuerySet[Prize]:
    return Prize.objects.filter(account=account).order_by("-id")


def counts(*, prizes: list[Prize]) -> dict[int, int]:
    """The number of grants of each prize."""
    rows = Grant.objects.filter(prize__in=prizes).values_list("prize_id").annotate(Count("id"))
    return dict(rows)


def grants(*, account: Account, prize: Prize | None = None) -> QuerySet[Grant]:
    found = Grant.objects.filter(account=account).select_related("prize", "contact").order_by("-id")
    return found.filter(prize=prize) if prize else found
