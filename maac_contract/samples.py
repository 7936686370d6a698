"""Realistic sample payloads for every topic, generated from a seed: equal arguments give equal bytes on any machine."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from maac_contract.payloads import LINE_PUSH_ERROR_CATEGORIES, MESSAGE_TYPES, PNP_SOURCES, PNP_STATUSES
from maac_contract.sample_context import Contact as Contact
from maac_contract.sample_context import SampleContext, sample_context
from maac_contract.sample_context import brand as brand
from maac_contract.sample_context import contact as contact
from maac_contract.sample_context import default_moment as default_moment
from maac_contract.sample_data import BRANDS as BRANDS
from maac_contract.sample_data import CHINESE as CHINESE
from maac_contract.sample_data import JAPANESE as JAPANESE
from maac_contract.sample_data import Brand as Brand
from maac_contract.sample_data import Language as Language
from maac_contract.seeded_random import SeededRandom
from maac_contract.survey_samples import survey

Data = dict[str, Any]
CHANNELS = ("line_push", "pnp", "sms")
FAILED_STATES = ("failed", "undeliverable")
LINE_PUSH_FAILURES = {
    "line_push_failed": ("others",),
    "line_push_undeliverable": LINE_PUSH_ERROR_CATEGORIES,
}
SMS_FAILURES = {
    "sms_failed": ("target_reception_issue", "invalid_phone_number", "sensitive_words", "others"),
    "sms_undeliverable": ("target_reception_issue", "invalid_phone_number"),
    "sms_blocked": ("target_reception_issue",),
}


def sample(topic: str, *, seed: int | str, moment: datetime | None = None) -> Data:
    """A realistic `data` for the topic, with fields in contract order and times shortly before the aware `moment`."""
    return SAMPLERS[topic](SeededRandom(topic, seed), sample_context(seed, moment or default_moment(seed)))


def receipt(rng: SeededRandom, context: SampleContext) -> Data:
    uploaded = context.before(seconds=rng.between(1, 4), microseconds=rng.below(1_000_000))
    bought = uploaded - timedelta(days=rng.below(3), minutes=rng.between(5, 90), seconds=rng.below(60))
    return {
        "line_uid": context.contact.line_uid,
        "customer_id": context.contact.customer_id_or_null,
        "campaign_name": rng.pick(context.brand.campaigns) if rng.chance(0.85) else None,
        "number": rng.text("ABCDEFGHJKLMNPQRSTUVWXYZ", 2) + rng.digits(8),
        "datetime": bought.isoformat(timespec="seconds"),
        "upload_datetime": exact(uploaded),
        "random_number": rng.digits(4),
        "channel": rng.pick(context.brand.shops),
        "items": [receipt_item(rng, *product) for product in rng.some(context.brand.products, rng.between(2, 4))],
    }


def receipt_item(rng: SeededRandom, description: str, unit_price: float) -> Data:
    quantity = float(rng.pick((1, 1, 1, 2, 2, 3)))
    return {
        "description": description,
        "unit_price": unit_price,
        "quantity": quantity,
        "amount": unit_price * quantity,
    }


def pnp_status(rng: SeededRandom, context: SampleContext) -> Data:
    status = rng.pick(PNP_STATUSES)
    states = channel_states(rng, status)
    without_sms = states["sms"] is None
    return {
        **template(rng, context),
        "pnp_message_id": rng.between(1_000, 99_999),
        "event_id": rng.between(1, 999) if rng.chance(0.5) else None,
        "customized_id": f"ORDER-{rng.digits(6)}" if rng.chance(0.6) else None,
        "phone_number": phone_number(context.contact, hashed=without_sms and rng.chance(0.25)),
        "status": status,
        "line_push_template_id": rng.between(1, 500) if states["line_push"] else None,
        "line_push_status": states["line_push"],
        "line_push_delivered_at": delivered_at(rng, context, states["line_push"]),
        "line_push_error_category": line_push_error(rng, states["line_push"]),
        "pnp_status": states["pnp"],
        "pnp_delivered_at": delivered_at(rng, context, states["pnp"]),
        "sms_status": states["sms"],
        "sms_delivered_at": delivered_at(rng, context, states["sms"]),
        "sms_error_category": sms_error(rng, states["sms"]),
    }


def channel_states(rng: SeededRandom, status: str) -> dict[str, str | None]:
    """Each channel's status for an overall `status`: earlier channels failed or are off, later ones were not tried."""
    now = next(channel for channel in CHANNELS if status.startswith(channel))
    states: dict[str, str | None] = dict.fromkeys(CHANNELS)
    for earlier in CHANNELS[: CHANNELS.index(now)]:
        states[earlier] = f"{earlier}_{rng.pick(FAILED_STATES)}" if rng.chance(0.6) else None
    return states | {now: status}


def delivered_at(rng: SeededRandom, context: SampleContext, status: str | None) -> str | None:
    if status is None or not status.endswith("_delivered"):
        return None
    return exact(context.before(milliseconds=rng.between(80, 3_000), microseconds=rng.below(1_000)))


def line_push_error(rng: SeededRandom, status: str | None) -> str | None:
    return rng.pick(LINE_PUSH_FAILURES[status]) if status in LINE_PUSH_FAILURES else None


def sms_error(rng: SeededRandom, status: str | None) -> str | None:
    """A category only if SMS has failed permanently; after a temporary error it may still be delivered."""
    return rng.pick(SMS_FAILURES[status]) if status in SMS_FAILURES else None


def pnp_profile(rng: SeededRandom, context: SampleContext) -> Data:
    source = rng.pick(PNP_SOURCES)
    return {
        **template(rng, context),
        "source": source,
        "phone_number": phone_number(context.contact, hashed=source == "pnp" and rng.chance(0.25)),
        "line_uid": context.contact.line_uid,
        "customer_id": context.contact.customer_id_or_null,
    }


def template(rng: SeededRandom, context: SampleContext) -> Data:
    return {"pnp_setting_id": rng.between(1_000, 9_999), "pnp_setting_name": rng.pick(context.brand.notices)}


def phone_number(person: Contact, *, hashed: bool) -> str:
    """The number in E.164 or as its SHA-256, which a request may contain only if SMS is off."""
    return hashlib.sha256(person.mobile.encode()).hexdigest() if hashed else person.mobile


def points(rng: SeededRandom, context: SampleContext) -> Data:
    return {
        "prize_name": rng.pick(context.brand.prizes),
        "points_id": uuid4(rng),
        "line_uid": context.contact.line_uid,
        "customer_id": context.contact.customer_id,
        "points_memo": rng.pick(context.brand.memos),
        "points_count": rng.pick((1, 3, 5, 10, 50, 100, 999)),
        "points_expire_date": end_of_day(context, rng.pick((30, 90, 180, 365))) if rng.chance(0.7) else None,
        "points_category": rng.pick(context.brand.categories) if rng.chance(0.7) else None,
    }


def uuid4(rng: SeededRandom) -> str:
    return "-".join((rng.hex(8), rng.hex(4), f"4{rng.hex(3)}", rng.pick("89ab") + rng.hex(3), rng.hex(12)))


def end_of_day(context: SampleContext, days: int) -> str:
    last = context.moment + timedelta(days=days)
    return last.replace(hour=23, minute=59, second=59).isoformat(timespec="seconds")


def first_open(rng: SeededRandom, context: SampleContext) -> Data:
    return {
        "message_type": rng.pick(MESSAGE_TYPES),
        "message_id": rng.between(100, 9_999),
        "line_uid": context.contact.line_uid,
        "customer_id": context.contact.customer_id,
    }


def exact(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


SAMPLERS: dict[str, Callable[[SeededRandom, SampleContext], Data]] = {
    "receipt.receipt_validated": receipt,
    "form.surveycake_submitted": survey,
    "pnp.status_updated": pnp_status,
    "pnp.profile_updated": pnp_profile,
    "prize.points_added": points,
    "message.first_open": first_open,
}
