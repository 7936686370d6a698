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
from maac_contract.seeded_random import Dice
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
    return SAMPLERS[topic](Dice(topic, seed), set_scene(seed, moment or default_moment(seed)))


def receipt(dice: Dice, scene: Scene) -> Data:
    uploaded = scene.before(seconds=dice.between(1, 4), microseconds=dice.below(1_000_000))
    bought = uploaded - timedelta(days=dice.below(3), minutes=dice.between(5, 90), seconds=dice.below(60))
    return {
        "line_uid": scene.contact.line_uid,
        "customer_id": scene.contact.customer_id_or_null,
        "campaign_name": dice.pick(scene.brand.campaigns) if dice.chance(0.85) else None,
        "number": dice.text("ABCDEFGHJKLMNPQRSTUVWXYZ", 2) + dice.digits(8),
        "datetime": bought.isoformat(timespec="seconds"),
        "upload_datetime": exact(uploaded),
        "random_number": dice.digits(4),
        "channel": dice.pick(scene.brand.shops),
        "items": [receipt_item(dice, *product) for product in dice.some(scene.brand.products, dice.between(2, 4))],
    }


def receipt_item(dice: Dice, description: str, unit_price: float) -> Data:
    quantity = float(dice.pick((1, 1, 1, 2, 2, 3)))
    return {
        "description": description,
        "unit_price": unit_price,
        "quantity": quantity,
        "amount": unit_price * quantity,
    }


def pnp_status(dice: Dice, scene: Scene) -> Data:
    status = dice.pick(PNP_STATUSES)
    states = journey(dice, status)
    without_sms = states["sms"] is None
    return {
        **template(dice, scene),
        "pnp_message_id": dice.between(1_000, 99_999),
        "event_id": dice.between(1, 999) if dice.chance(0.5) else None,
        "customized_id": f"ORDER-{dice.digits(6)}" if dice.chance(0.6) else None,
        "phone_number": phone_number(scene.contact, hashed=without_sms and dice.chance(0.25)),
        "status": status,
        "line_push_template_id": dice.between(1, 500) if states["line_push"] else None,
        "line_push_status": states["line_push"],
        "line_push_delivered_at": delivered_at(dice, scene, states["line_push"]),
        "line_push_error_category": line_push_error(dice, states["line_push"]),
        "pnp_status": states["pnp"],
        "pnp_delivered_at": delivered_at(dice, scene, states["pnp"]),
        "sms_status": states["sms"],
        "sms_delivered_at": delivered_at(dice, scene, states["sms"]),
        "sms_error_category": sms_error(dice, states["sms"]),
    }


def journey(dice: Dice, status: str) -> dict[str, str | None]:
    """Each channel's status when the whole stands at `status`: those before it failed or are off, later ones wait."""
    now = next(channel for channel in CHANNELS if status.startswith(channel))
    states: dict[str, str | None] = dict.fromkeys(CHANNELS)
    for earlier in CHANNELS[: CHANNELS.index(now)]:
        states[earlier] = f"{earlier}_{dice.pick(FAILED_STATES)}" if dice.chance(0.6) else None
    return states | {now: status}


def delivered_at(dice: Dice, scene: Scene, status: str | None) -> str | None:
    if status is None or not status.endswith("_delivered"):
        return None
    return exact(scene.before(milliseconds=dice.between(80, 3_000), microseconds=dice.below(1_000)))


def line_push_error(dice: Dice, status: str | None) -> str | None:
    failed = status is not None and status.endswith(FAILED_STATES)
    return dice.pick(LINE_PUSH_ERROR_CATEGORIES) if failed else None


def sms_error(dice: Dice, status: str | None) -> str | None:
    """A category only where SMS has failed for good; a temporary error may still end well."""
    return dice.pick(SMS_FAILURES[status]) if status in SMS_FAILURES else None


def pnp_profile(dice: Dice, scene: Scene) -> Data:
    source = dice.pick(PNP_SOURCES)
    return {
        **template(dice, scene),
        "source": source,
        "phone_number": phone_number(scene.contact, hashed=source == "pnp" and dice.chance(0.25)),
        "line_uid": scene.contact.line_uid,
        "customer_id": scene.contact.customer_id_or_null,
    }


def template(dice: Dice, scene: Scene) -> Data:
    return {"pnp_setting_id": dice.between(1_000, 9_999), "pnp_setting_name": dice.pick(scene.brand.notices)}


def phone_number(person: Contact, *, hashed: bool) -> str:
    """The number as a request may give it; its SHA-256 is allowed only where SMS is off."""
    return hashlib.sha256(person.mobile.encode()).hexdigest() if hashed else person.mobile


def points(dice: Dice, scene: Scene) -> Data:
    return {
        "prize_name": dice.pick(scene.brand.prizes),
        "points_id": uuid4(dice),
        "line_uid": scene.contact.line_uid,
        "customer_id": scene.contact.customer_id,
        "points_memo": dice.pick(scene.brand.memos),
        "points_count": dice.pick((1, 3, 5, 10, 50, 100, 999)),
        "points_expire_date": end_of_day(scene, dice.pick((30, 90, 180, 365))) if dice.chance(0.7) else None,
        "points_category": dice.pick(scene.brand.categories) if dice.chance(0.7) else None,
    }


def uuid4(dice: Dice) -> str:
    return "-".join((dice.hex(8), dice.hex(4), f"4{dice.hex(3)}", dice.pick("89ab") + dice.hex(3), dice.hex(12)))


def end_of_day(scene: Scene, days: int) -> str:
    last = scene.moment + timedelta(days=days)
    return last.replace(hour=23, minute=59, second=59).isoformat(timespec="seconds")


def first_open(dice: Dice, scene: Scene) -> Data:
    return {
        "message_type": dice.pick(MESSAGE_TYPES),
        "message_id": dice.between(100, 9_999),
        "line_uid": scene.contact.line_uid,
        "customer_id": scene.contact.customer_id,
    }


def exact(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


SAMPLERS: dict[str, Callable[[Dice, Scene], Data]] = {
    "receipt.receipt_validated": receipt,
    "form.surveycake_submitted": survey,
    "pnp.status_updated": pnp_status,
    "pnp.profile_updated": pnp_profile,
    "prize.points_added": points,
    "message.first_open": first_open,
}
