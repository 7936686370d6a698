"""Believable payloads for every topic, drawn from a seed: the same arguments give the same bytes on every machine."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from maac_contract.payloads import LINE_PUSH_ERROR_CATEGORIES, MESSAGE_TYPES, PNP_SOURCES, PNP_STATUSES
from maac_contract.sample_context import Contact as Contact
from maac_contract.sample_context import Scene, set_scene
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
SMS_FAILURES = {
    "sms_failed": ("target_reception_issue", "invalid_phone_number", "others"),
    "sms_undeliverable": ("target_reception_issue", "invalid_phone_number"),
    "sms_blocked": ("sensitive_words",),
}


def sample(topic: str, *, seed: int | str, moment: datetime | None = None) -> Data:
    """A believable `data` for the topic, in contract order; its times lie just before the (aware) moment."""
    return SAMPLERS[topic](SeededRandom(topic, seed), set_scene(seed, moment or default_moment(seed)))


def receipt(rng: SeededRandom, scene: Scene) -> Data:
    uploaded = scene.before(seconds=rng.between(1, 4), microseconds=rng.below(1_000_000))
    bought = uploaded - timedelta(days=rng.below(3), minutes=rng.between(5, 90), seconds=rng.below(60))
    return {
        "line_uid": scene.contact.line_uid,
        "customer_id": scene.contact.customer_id_or_null,
        "campaign_name": rng.pick(scene.brand.campaigns) if rng.chance(0.85) else None,
        "number": rng.text("ABCDEFGHJKLMNPQRSTUVWXYZ", 2) + rng.digits(8),
        "datetime": bought.isoformat(timespec="seconds"),
        "upload_datetime": exact(uploaded),
        "random_number": rng.digits(4),
        "channel": rng.pick(scene.brand.shops),
        "items": [receipt_item(rng, *product) for product in rng.some(scene.brand.products, rng.between(2, 4))],
    }


def receipt_item(rng: SeededRandom, description: str, unit_price: float) -> Data:
    quantity = float(rng.pick((1, 1, 1, 2, 2, 3)))
    return {
        "description": description,
        "unit_price": unit_price,
        "quantity": quantity,
        "amount": unit_price * quantity,
    }


def pnp_status(rng: SeededRandom, scene: Scene) -> Data:
    status = rng.pick(PNP_STATUSES)
    states = journey(rng, status)
    without_sms = states["sms"] is None
    return {
        **template(rng, scene),
        "pnp_message_id": rng.between(1_000, 99_999),
        "event_id": rng.between(1, 999) if rng.chance(0.5) else None,
        "customized_id": f"ORDER-{rng.digits(6)}" if rng.chance(0.6) else None,
        "phone_number": phone_number(scene.contact, hashed=without_sms and rng.chance(0.25)),
        "status": status,
        "line_push_template_id": rng.between(1, 500) if states["line_push"] else None,
        "line_push_status": states["line_push"],
        "line_push_delivered_at": delivered_at(rng, scene, states["line_push"]),
        "line_push_error_category": line_push_error(rng, states["line_push"]),
        "pnp_status": states["pnp"],
        "pnp_delivered_at": delivered_at(rng, scene, states["pnp"]),
        "sms_status": states["sms"],
        "sms_delivered_at": delivered_at(rng, scene, states["sms"]),
        "sms_error_category": sms_error(rng, states["sms"]),
    }


def journey(rng: SeededRandom, status: str) -> dict[str, str | None]:
    """Each channel's status when the whole stands at `status`: those before it failed or are off, later ones wait."""
    now = next(channel for channel in CHANNELS if status.startswith(channel))
    states: dict[str, str | None] = dict.fromkeys(CHANNELS)
    for earlier in CHANNELS[: CHANNELS.index(now)]:
        states[earlier] = f"{earlier}_{rng.pick(FAILED_STATES)}" if rng.chance(0.6) else None
    return states | {now: status}


def delivered_at(rng: SeededRandom, scene: Scene, status: str | None) -> str | None:
    if status is None or not status.endswith("_delivered"):
        return None
    return exact(scene.before(milliseconds=rng.between(80, 3_000), microseconds=rng.below(1_000)))


def line_push_error(rng: SeededRandom, status: str | None) -> str | None:
    failed = status is not None and status.endswith(FAILED_STATES)
    return rng.pick(LINE_PUSH_ERROR_CATEGORIES) if failed else None


def sms_error(rng: SeededRandom, status: str | None) -> str | None:
    """A category only where SMS has failed for good; a temporary error may still end well."""
    return rng.pick(SMS_FAILURES[status]) if status in SMS_FAILURES else None


def pnp_profile(rng: SeededRandom, scene: Scene) -> Data:
    source = rng.pick(PNP_SOURCES)
    return {
        **template(rng, scene),
        "source": source,
        "phone_number": phone_number(scene.contact, hashed=source == "pnp" and rng.chance(0.25)),
        "line_uid": scene.contact.line_uid,
        "customer_id": scene.contact.customer_id_or_null,
    }


def template(rng: SeededRandom, scene: Scene) -> Data:
    return {"pnp_setting_id": rng.between(1_000, 9_999), "pnp_setting_name": rng.pick(scene.brand.notices)}


def phone_number(person: Contact, *, hashed: bool) -> str:
    """The number as a request may give it; its SHA-256 is allowed only where SMS is off."""
    return hashlib.sha256(person.mobile.encode()).hexdigest() if hashed else person.mobile


def points(rng: SeededRandom, scene: Scene) -> Data:
    return {
        "prize_name": rng.pick(scene.brand.prizes),
        "points_id": uuid4(rng),
        "line_uid": scene.contact.line_uid,
        "customer_id": scene.contact.customer_id,
        "points_memo": rng.pick(scene.brand.memos),
        "points_count": rng.pick((1, 3, 5, 10, 50, 100, 999)),
        "points_expire_date": end_of_day(scene, rng.pick((30, 90, 180, 365))) if rng.chance(0.7) else None,
        "points_category": rng.pick(scene.brand.categories) if rng.chance(0.7) else None,
    }


def uuid4(rng: SeededRandom) -> str:
    return "-".join((rng.hex(8), rng.hex(4), f"4{rng.hex(3)}", rng.pick("89ab") + rng.hex(3), rng.hex(12)))


def end_of_day(scene: Scene, days: int) -> str:
    last = scene.moment + timedelta(days=days)
    return last.replace(hour=23, minute=59, second=59).isoformat(timespec="seconds")


def first_open(rng: SeededRandom, scene: Scene) -> Data:
    return {
        "message_type": rng.pick(MESSAGE_TYPES),
        "message_id": rng.between(100, 9_999),
        "line_uid": scene.contact.line_uid,
        "customer_id": scene.contact.customer_id,
    }


def exact(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


SAMPLERS: dict[str, Callable[[SeededRandom, Scene], Data]] = {
    "receipt.receipt_validated": receipt,
    "form.surveycake_submitted": survey,
    "pnp.status_updated": pnp_status,
    "pnp.profile_updated": pnp_profile,
    "prize.points_added": points,
    "message.first_open": first_open,
}
