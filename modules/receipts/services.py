"""What can be done to receipt campaigns. What contacts do with them is in `uploads`."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from maac_contract.samples import brand
from modules.deletion import delete_whole
from modules.receipts import rules
from modules.receipts.errors import CampaignClosed, InvalidCampaign
from modules.receipts.models import Campaign

EDITABLE = (
    "name", "is_active", *rules.MOMENTS, "shops", "keywords", "minimum_amount", "number_once", "uploads_per_contact",
)  # fmt: skip


def create(*, account: Account, now: datetime, **details: Any) -> Campaign:
    """Make a campaign; a condition that is left out asks for nothing, but a receipt number matches once."""
    return _stored(Campaign(account=account, created_at=now), details, now)


def edit(*, campaign: Campaign, now: datetime, **details: Any) -> Campaign:
    """Change what is given. What was uploaded before is not judged again."""
    with transaction.atomic():
        return _stored(locked(campaign), details, now)


def delete(*, campaign: Campaign) -> None:
    """Delete the campaign and its uploads. What was sent stays in the log."""
    delete_whole(campaign)


def seed_demo(*, account: Account, now: datetime) -> Campaign:
    """A believable campaign that sets a condition of most kinds."""
    shop = brand(account.pk)
    return create(
        account=account,
        now=now,
        name=shop.campaigns[0],
        shops=list(shop.shops),
        minimum_amount=Decimal(100),
        uploads_per_contact=5,
    )


def locked(campaign: Campaign) -> Campaign:
    """The campaign as it is now; until the transaction ends nobody else changes it or uploads to it."""
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
    if faults:
        told = {name: [_(fault)] for name, fault in faults.items()}
        field, sentences = next(iter(told.items()))
        raise InvalidCampaign(f"{field}: {sentences[0]}", told)
    campaign.updated_at = now
    campaign.save()
    return campaign
