"""Validation and normalisation of a contact's details, tags and segments. Pure.

Documented by MAAC: the shape of `line_uid`, a mobile number `09…` becomes E.164, genders, names of at most 255
characters. Chosen: the rest.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
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
LOCAL_MOBILES = {
    "Asia/Tokyo": ("+81", re.compile(r"0[5789]0[0-9]{8}")),
    "Asia/Bangkok": ("+66", re.compile(r"0[689][0-9]{8}")),
}
"""By the account's time zone, the country code and the national form of its mobile numbers; elsewhere Taiwan's."""
TAIWAN = ("+886", re.compile(r"09[0-9]{8}"))
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
TEXT_LIMIT = 255
TAG_LIMIT = 100
TAG_LENGTH = 255
OLDEST_BIRTHDAY = date(1900, 1, 1)

Faults = dict[str, str]
"""Error messages by field, in English and marked for translation."""

NOT_A_LINE_UID = gettext_noop("A LINE UID is U and 32 lower-case hex digits.")
NOT_A_MOBILE = gettext_noop("Write a number such as +886912345678 or 0912345678.")
NOT_AN_EMAIL = gettext_noop("Write an address such as hanako@example.com.")
NOT_A_GENDER = gettext_noop("Choose male, female or unknown.")
NOT_A_STATUS = gettext_noop("Choose follow, auth or unfollow.")
NOT_A_BIRTHDAY = gettext_noop("Write a day such as 1990-04-12, between 1900 and today.")
NOT_TAGS = gettext_noop("Give at most 100 tags of 1 to 255 printable characters each.")
NOT_A_TEXT = gettext_noop("Write at most 255 printable characters.")

NOT_A_TAG = gettext_noop("Write a name of 1 to 255 printable characters.")
NOT_DAYS = gettext_noop("Write a whole number of days from 1 to 36500, or nothing for a tag without end.")
NOT_A_DESCRIPTION = gettext_noop("Write at most 1000 printable characters.")
NOT_AN_OPERATOR = gettext_noop("Choose AND or OR.")
NOT_FILTERS = gettext_noop("Give 1 to 50 filters, each with or without a tag of the account.")
MOST_DAYS = 36_500
DESCRIPTION_LIMIT = 1000
AND, OR = "AND", "OR"
OPERATORS = (AND, OR)
WITH, WITHOUT = "with", "without"
FILTER_LIMIT = 50


def normalised(fields: Mapping[str, Any], *, time_zone: str = "") -> dict[str, Any]:
    """Normalised details: text stripped, mobile in E.164, empty customer id as None, tags without repetition.

    `time_zone` is the account's: it says in which country a number without country code is.
    """
    clean = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
    if clean.get("mobile"):
        clean["mobile"] = e164(clean["mobile"], time_zone=time_zone)
    if clean.get("customer_id") == "":
        clean["customer_id"] = None
    if "tags" in clean:
        clean["tags"] = list(dict.fromkeys(tag.strip() for tag in clean["tags"] if tag.strip()))
    return clean


def e164(mobile: str, *, time_zone: str = "") -> str:
    """A national mobile number of the account's country in E.164; any other number without spaces and dashes.

    MAAC goes by the channel's region setting; the account's time zone in its place is chosen.
    """
    bare = re.sub(r"[\s()-]", "", mobile)
    country, national = LOCAL_MOBILES.get(time_zone, TAIWAN)
    return f"{country}{bare[1:]}" if national.fullmatch(bare) else bare


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


def status_at_first(*, is_bound: bool) -> str:
    """The status of a new contact: who comes with a customer id has allowed to be identified. Chosen.

    Documented: binding an existing contact leaves the status alone. Chosen: unbinding does too.
    """
    return AUTH if is_bound else FOLLOW


def tag_faults(*, name: str, available_days: int | None) -> Faults:
    """Faults of a tag."""
    faults = {} if len(name) > 0 and _is_text(name, TAG_LENGTH) else {"name": NOT_A_TAG}
    if available_days is not None and not 1 <= available_days <= MOST_DAYS:
        faults["available_days"] = NOT_DAYS
    return faults


def segment_faults(*, name: str | None = None, description: str | None = None) -> Faults:
    """Faults of the given texts of a segment."""
    faults: Faults = {}
    if name is not None and not (len(name) > 0 and _is_text(name, TEXT_LIMIT)):
        faults["name"] = NOT_A_TAG
    if description is not None and not _is_text(description.replace("\r\n", " ").replace("\n", " "), DESCRIPTION_LIMIT):
        faults["description"] = NOT_A_DESCRIPTION
    return faults


def filter_faults(*, operator: str, filters: Sequence[Mapping[str, Any]], tag_ids: Collection[int]) -> Faults:
    """Faults of a segment from tags, given the ids of the account's tags."""
    faults = {} if operator in OPERATORS else {"operator": NOT_AN_OPERATOR}
    are_filters = all(each.get("status") in (WITH, WITHOUT) and each.get("tag_id") in tag_ids for each in filters)
    return faults if are_filters and 1 <= len(filters) <= FILTER_LIMIT else {**faults, "tags": NOT_FILTERS}
