"""Validation and normalisation of a contact's details. Pure.

Documented by MAAC: the shape of `line_uid`, a mobile number `09…` becomes E.164, genders. Chosen: the rest.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from maac_contract.contract import GENDER_ALIASES
from maac_contract.sentences import gettext_noop

FOLLOW, AUTH, UNFOLLOW = "follow", "auth", "unfollow"
STATUSES = (FOLLOW, AUTH, UNFOLLOW)
"""Friend of the account; friend who allowed to be identified; blocked or left the account."""
GENDERS = GENDER_ALIASES
LINE_UID = re.compile(r"U[0-9a-f]{32}")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
LOCAL_MOBILE = re.compile(r"09[0-9]{8}")
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
TEXT_LIMIT = 100
TAG_LIMIT = 50
TAG_LENGTH = 50
OLDEST_BIRTHDAY = date(1900, 1, 1)

Faults = dict[str, str]
"""Error messages by field, in English and marked for translation."""

NOT_A_LINE_UID = gettext_noop("A LINE UID is U and 32 lower-case hex digits.")
NOT_A_MOBILE = gettext_noop("Write a number such as +886912345678 or 0912345678.")
NOT_AN_EMAIL = gettext_noop("Write an address such as hanako@example.com.")
NOT_A_GENDER = gettext_noop("Choose male, female or unknown.")
NOT_A_STATUS = gettext_noop("Choose follow, auth or unfollow.")
NOT_A_BIRTHDAY = gettext_noop("Write a day such as 1990-04-12, between 1900 and today.")
NOT_TAGS = gettext_noop("Give at most 50 tags of 1 to 50 characters each.")
NOT_A_TEXT = gettext_noop("Write at most 100 printable characters.")


def normalised(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Normalised details: text stripped, mobile in E.164, empty customer id as None, tags without repetition."""
    clean = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
    if clean.get("mobile"):
        clean["mobile"] = e164(clean["mobile"])
    if clean.get("customer_id") == "":
        clean["customer_id"] = None
    if "tags" in clean:
        clean["tags"] = list(dict.fromkeys(tag.strip() for tag in clean["tags"] if tag.strip()))
    return clean


def e164(mobile: str) -> str:
    """A Taiwanese mobile number in E.164; any other number without spaces and dashes."""
    bare = re.sub(r"[\s()-]", "", mobile)
    return f"+886{bare[1:]}" if LOCAL_MOBILE.fullmatch(bare) else bare


def faults_of(fields: Mapping[str, Any], *, today: date) -> Faults:
    """Faults of the given normalised details."""
    return {name: sentence for name, value in fields.items() if (sentence := _fault(name, value, today))}


def _fault(name: str, value: Any, today: date) -> str | None:
    """The fault of one detail, or None."""
    if name not in JUDGED:
        return None
    sentence, is_good = JUDGED[name]
    return None if is_good(value) and not (name == "birthday" and value and value > today) else sentence


def _is_text(value: str, limit: int) -> bool:
    return len(value) <= limit and value.isprintable()


JUDGED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "line_uid": (NOT_A_LINE_UID, lambda value: LINE_UID.fullmatch(value) is not None),
    "line_display_name": (NOT_A_TEXT, lambda value: _is_text(value, TEXT_LIMIT)),
    "display_name": (NOT_A_TEXT, lambda value: _is_text(value, TEXT_LIMIT)),
    "customer_id": (NOT_A_TEXT, lambda value: value is None or _is_text(value, TEXT_LIMIT)),
    "mobile": (NOT_A_MOBILE, lambda value: not value or E164.fullmatch(value) is not None),
    "email": (NOT_AN_EMAIL, lambda value: not value or (len(value) <= TEXT_LIMIT and bool(EMAIL.fullmatch(value)))),
    "gender": (NOT_A_GENDER, lambda value: value in GENDERS),
    "status": (NOT_A_STATUS, lambda value: value in STATUSES),
    "birthday": (NOT_A_BIRTHDAY, lambda value: value is None or value >= OLDEST_BIRTHDAY),
    "tags": (NOT_TAGS, lambda value: len(value) <= TAG_LIMIT and all(_is_text(tag, TAG_LENGTH) for tag in value)),
}
"""Error message and validator of each field."""


def status_after_binding(status: str, *, is_bound: bool) -> str:
    """A bound contact has allowed to be identified; one who blocked the account still has. Chosen."""
    if status == UNFOLLOW:
        return status
    return AUTH if is_bound else FOLLOW
