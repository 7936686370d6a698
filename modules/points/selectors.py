"""Queries of prizes, grants, balances and vouchers."""

from datetime import datetime

from django.db.models import Count, F, Q, QuerySet, Sum

from accounts.models import Account
from modules.contacts.models import Contact
from modules.points.models import Grant, Prize, Voucher


def prizes(*, account: Account) -> QuerySet[Prize]:
    return Prize.objects.filter(account=account).order_by("-id")


def counts(*, prizes: list[Prize]) -> dict[int, int]:
    """The number of grants of each prize."""
    rows = Grant.objects.filter(prize__in=prizes).values_list("prize_id").annotate(Count("id"))
    return dict(rows)


def grants(*, account: Account, prize: Prize | None = None) -> QuerySet[Grant]:
    found = Grant.objects.filter(account=account).select_related("prize", "contact").order_by("-id")
    return found.filter(prize=prize) if prize else found


def open_grants(*, contact: Contact, now: datetime) -> QuerySet[Grant]:
    """The contact's grants with points left, those that lapse first in front."""
    lasting = Q(expire_date=None) | Q(expire_date__gte=now)
    return contact.grants.filter(lasting, spent__lt=F("count")).order_by(F("expire_date").asc(nulls_last=True), "id")


def balance(*, contact: Contact, now: datetime) -> int:
    """The points that the contact has: granted, not lapsed, not spent."""
    left = open_grants(contact=contact, now=now).order_by().aggregate(sum=Sum(F("count") - F("spent")))["sum"]
    return left or 0


def balances(*, contacts: list[Contact], now: datetime) -> dict[int, int]:
    """The points of each of these contacts; those without any are missing."""
    lasting = Q(expire_date=None) | Q(expire_date__gte=now)
    rows = Grant.objects.filter(lasting, contact__in=contacts, spent__lt=F("count")).values_list("contact_id")
    return dict(rows.annotate(left=Sum(F("count") - F("spent"))))


def vouchers(*, account: Account) -> QuerySet[Voucher]:
    return Voucher.objects.filter(account=account).select_related("contact").order_by("-id")
