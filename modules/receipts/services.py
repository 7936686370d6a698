"""Creates and changes receipt campaigns. Uploads are in `uploads`."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from modules.deletion import delete_whole
from modules.receipts import rules
from modules.receipts.errors import CampaignClosed, InvalidCampaign
from modules.receipts.models import Campaign
from modules.regions import brand_of
from modules.validation import refuse

EDITABLE = (
    "name", "is_active", *rules.MOMENTS, "shops", "keywords", "minimum_amount", "number_once", "uploads_per_contact",
)  # fmt: skip


def create(*, account: Account, now: datetime, **details: Any) -> Campaign:
    """Create a campaign; omitted conditions do not apply, except that a receipt number matches only once."""
    return _stored(Campaign(account=account, created_at=now), details, now)


def edit(*, campaign: Campaign, now: datetime, **details: Any) -> Campaign:
    """Change the given fields. Earlier uploads are not evaluated again."""
    with transaction.atomic():
        return _stored(locked(campaign), details, now)


def delete(*, campaign: Campaign) -> None:
    """Delete the campaign and its uploads. Their events stay in the log."""
    delete_whole(campaign)


def seed_demo(*, account: Account, now: datetime) -> Campaign:
    """Create a realistic campaign with most kinds of condition."""
    shop = brand_of(account)
    return create(
        account=account,
        now=now,
        name=shop.campaigns[0],
        shops=list(shop.shops),
        minimum_amount=Decimal(100),
        uploads_per_contact=5,
    )


def locked(campaign: Campaign) -> Campaign:
    """The current row, locked until the transaction ends."""
    rows = Campaign.objects.select_related("account").select_for_update(no_key=True, of=("self",))
    fresh = rows.filter(pk=campaign.pk).first()
    if fresh is None:
        raise CampaignClosed(_("The campaign was deleted."))
    return fresh


def _stored(campaign: Campaign, details: Mapping[str, Any], now: datetime) -> Campaign:
    unknown = set(details) - set(EDITABLE)
    if unknown:
        raise TypeError(f"A campaign has no {', '.join(sorted(unknown))}")
    for name, value in rules.normalised_campaign(details).items():
        setattr(campaign, name, value)
    faults = rules.campaign_faults({name: getattr(campaign, name) for name in EDITABLE})
    refuse(faults, InvalidCampaign)
    campaign.updated_at = now
    campaign.save()
    return campaign
