"""Queries of campaigns and uploads."""

from django.db.models import Count, Q, QuerySet

from accounts.models import Account
from modules.contacts.models import Contact
from modules.receipts.conditions import Earlier
from modules.receipts.models import Campaign, Upload


def campaigns(*, account: Account) -> QuerySet[Campaign]:
    return Campaign.objects.filter(account=account).order_by("-id")


def counts(*, campaigns: list[Campaign]) -> dict[int, dict[str, int]]:
    """The numbers of uploads and of matches by campaign."""
    rows = (
        Upload.objects.filter(campaign__in=campaigns)
        .values("campaign_id")
        .annotate(uploads=Count("id"), matches=Count("id", filter=Q(matched=True)))
    )
    found = {row["campaign_id"]: {"uploads": row["uploads"], "matches": row["matches"]} for row in rows}
    return {campaign.pk: found.get(campaign.pk, {"uploads": 0, "matches": 0}) for campaign in campaigns}


def uploads(*, account: Account, campaign: Campaign | None = None) -> QuerySet[Upload]:
    found = Upload.objects.filter(account=account).select_related("campaign", "contact").order_by("-id")
    return found.filter(campaign=campaign) if campaign else found


def matches(*, campaign: Campaign) -> QuerySet[Upload]:
    return Upload.objects.filter(campaign=campaign, matched=True)


def earlier(*, campaign: Campaign, contact: Contact, number: str) -> Earlier:
    found = matches(campaign=campaign)
    return Earlier(found.filter(number=number).exists(), found.filter(contact=contact).count())
