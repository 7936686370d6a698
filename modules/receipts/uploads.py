"""Uploads a receipt: evaluates, stores and, if it matches, publishes it in one transaction."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from maac_contract.contract import format_timestamp
from modules.contacts.models import Contact
from modules.receipts import generated, rules, selectors
from modules.receipts.conditions import CODES, Earlier, Item, Receipt, failed
from modules.receipts.errors import CampaignClosed, InvalidReceipt, NoSuchReceipt
from modules.receipts.generated import Impossible, Known
from modules.receipts.models import Campaign, Upload
from modules.receipts.services import locked
from modules.validation import refuse
from webhooks.services.publish import EventRequest, publish

TOPIC = "receipt.receipt_validated"


def upload(
    *,
    campaign: Campaign,
    contact: Contact,
    number: str,
    random_number: str,
    purchased_at: datetime,
    channel: str,
    items: Sequence[Item],
    now: datetime,
    uploaded_at: datetime | None = None,
) -> Upload:
    """Upload the contact's receipt. `uploaded_at` may be in the past."""
    receipt = Receipt(
        number=rules.normalised_number(number),
        random_number=random_number.strip(),
        purchased_at=purchased_at.replace(microsecond=0),
        uploaded_at=uploaded_at or now,
        channel=channel.strip(),
        items=tuple(items),
    )
    _check(receipt, now)
    with transaction.atomic():
        return _taken(opened(campaign), contact, receipt, now)


def upload_generated(
    *,
    campaign: Campaign,
    contact: Contact,
    now: datetime,
    seed: int | str | None = None,
    breaking: str | None = None,
) -> Upload:
    """Upload a generated receipt that matches, or fails only the condition `breaking`."""
    if breaking is not None and breaking not in CODES:
        fault = _("Choose one of %(codes)s.") % {"codes": ", ".join(CODES)}
        raise InvalidReceipt(fault, {"breaking": [fault]})
    with transaction.atomic():
        fresh = opened(campaign)
        seed = secrets.token_hex(8) if seed is None else seed
        known = _known(fresh, contact)
        try:
            receipt = generated.receipt(fresh.conditions(), known=known, now=now, seed=seed, breaking=breaking)
        except Impossible as impossible:
            raise NoSuchReceipt(_(impossible.sentence)) from impossible
        return _taken(fresh, contact, receipt, now)


def data_of(upload: Upload) -> dict[str, Any]:
    """The `data` of receipt.receipt_validated."""
    zone = upload.account.zone_info
    return {
        "line_uid": upload.contact.line_uid,
        "customer_id": upload.contact.customer_id,
        "campaign_name": upload.campaign.name,
        "number": upload.number,
        "datetime": upload.purchased_at.astimezone(zone).isoformat(timespec="seconds"),
        "upload_datetime": format_timestamp(upload.uploaded_at, zone),
        "random_number": upload.random_number,
        "channel": upload.channel,
        "items": upload.items,
    }


def _check(receipt: Receipt, now: datetime) -> None:
    faults = rules.receipt_faults(receipt, now=now)
    refuse(faults, InvalidReceipt)


def opened(campaign: Campaign) -> Campaign:
    """The current campaign, if it accepts receipts.

    It is locked, since a number may match once and a contact so often: two uploads at a time must see each other.
    """
    fresh = locked(campaign)
    if not fresh.is_active:
        raise CampaignClosed(_("The campaign %(name)s is not active.") % {"name": fresh.name})
    return fresh


def _known(campaign: Campaign, contact: Contact) -> Known:
    matches = selectors.matches(campaign=campaign)
    latest = matches.order_by("-id").first()
    return Known(
        is_taken=lambda number: matches.filter(number=number).exists(),
        taken_number=latest.number if latest else "",
        matches_of_contact=matches.filter(contact=contact).count(),
    )


def judged(*, campaign: Campaign, contact: Contact, receipt: Receipt, earlier: Earlier) -> Upload:
    """An unsaved upload with the conditions that it failed."""
    failures = failed(campaign.conditions(), receipt, earlier)
    return Upload(
        account=campaign.account,
        campaign=campaign,
        contact=contact,
        number=receipt.number,
        random_number=receipt.random_number,
        purchased_at=receipt.purchased_at,
        uploaded_at=receipt.uploaded_at,
        channel=receipt.channel,
        items=[asdict(item) for item in receipt.items],
        matched=not failures,
        failed_conditions=failures,
    )


def event_request_of(upload: Upload) -> EventRequest | None:
    """The event of an upload that matches, else None."""
    return EventRequest(TOPIC, data_of(upload), timestamp=upload.uploaded_at) if upload.matched else None


def _taken(campaign: Campaign, contact: Contact, receipt: Receipt, now: datetime) -> Upload:
    earlier = selectors.earlier(campaign=campaign, contact=contact, number=receipt.number)
    taken = judged(campaign=campaign, contact=contact, receipt=receipt, earlier=earlier)
    if event_request := event_request_of(taken):
        (published,) = publish(account=campaign.account, event_requests=[event_request], now=now)
        taken.webhook_event_id = published.event.pk
    taken.save()
    return taken
