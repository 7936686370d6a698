"""Validation of links and auto replies. Pure. All limits are chosen."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from maac_contract.sentences import gettext_noop as _

NAME_LIMIT, DESCRIPTION_LIMIT, URL_LIMIT, MESSAGE_LIMIT, TAG_LIMIT = 100, 500, 1000, 300, 50
MOST_SALES, MOST_REVENUE = 1_000_000, 1e12
UTM = ("utm_campaign", "utm_source", "utm_medium", "utm_content")
SALES = ("adds_to_cart", "transactions", "transaction_revenue")

NOT_A_NAME = _("Write 1 to 100 printable characters.")
NOT_A_DESCRIPTION = _("Write at most 500 printable characters.")
NOT_A_URL = _("Write an address that begins with http:// or https://, with at most 1000 characters.")
NOT_A_MESSAGE = _("Write 1 to 300 printable characters.")
NOT_UTM = _("Write at most 100 printable characters.")
NOT_TAGS = _("Write at most 10 tags of 1 to 50 printable characters.")

_URL = re.compile(r"https?://[^\s/]+\S*")


def faults_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """Faults of the given fields, by field."""
    return {name: sentence for name, value in fields.items() if (sentence := _fault(name, value))}


def _fault(name: str, value: Any) -> str:
    if name in UTM:
        return "" if _is_text(value, 0, NAME_LIMIT) else NOT_UTM
    if name == "tags":
        return "" if _are_tags(value) else NOT_TAGS
    if name == "url":
        return "" if len(value) <= URL_LIMIT and value.isprintable() and _URL.fullmatch(value) else NOT_A_URL
    sentence, least, most = {
        "name": (NOT_A_NAME, 1, NAME_LIMIT),
        "description": (NOT_A_DESCRIPTION, 0, DESCRIPTION_LIMIT),
        "message": (NOT_A_MESSAGE, 1, MESSAGE_LIMIT),
    }[name]
    return "" if _is_text(value, least, most) else sentence


def _are_tags(tags: Sequence[str]) -> bool:
    return len(tags) <= 10 and all(_is_text(tag, 1, TAG_LIMIT) for tag in tags)


def _is_text(value: str, least: int, most: int) -> bool:
    return least <= len(value) <= most and value.isprintable()
