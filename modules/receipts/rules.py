"""Validation and normalisation of campaigns and receipts. Pure.

Documented by MAAC: the shapes of an e-invoice number and of its random number. Chosen: the limits.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from maac_contract.sentences import gettext_noop as _
from maac_contract.validation import UNSENDABLE
from modules.receipts.conditions import Item, Receipt

NAME_LIMIT = 100
LIST_LIMIT = 50
ITEM_LIMIT = 200
DESCRIPTION_LIMIT = 200
LARGEST_AMOUNT = 1_000_000_000
LARGEST_MINIMUM = Decimal(10_000_000)
LARGEST_UPLOADS = 10_000
OLDEST_PURCHASE = datetime(2000, 1, 1, tzinfo=UTC)
OLDEST, NEWEST = datetime(2010, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
NUMBER = re.compile(r"[A-Z]{2}[0-9]{8}")
RANDOM_NUMBER = re.compile(r"[0-9]{4}")
MOMENTS = ("purchase_from", "purchase_until", "upload_from", "upload_until")

Faults = dict[str, str]
"""Error messages by field, in English and marked for translation."""

NOT_A_NAME = _("Write 1 to 100 printable characters.")
NOT_A_LIST = _("Give at most 50 texts of 1 to 100 characters each.")
NOT_A_MINIMUM = _("Write an amount from 0 to 10000000 with two decimals at most.")
NOT_A_LIMIT = _("Write a whole number from 1 to 10000, or leave it out.")
NOT_A_MOMENT = _("Write a date and time between 2010 and 2100.")
ENDS_TOO_SOON = _("The period ends before it begins.")
NOT_A_NUMBER = _("Write two capital letters and eight digits, such as AB12345678.")
NOT_A_RANDOM_NUMBER = _("Write four digits.")
NOT_A_PURCHASE = _("Write when the purchase was made: after 1999, and not after the upload.")
NOT_AN_UPLOAD = _("A receipt cannot be uploaded in the future.")
NOT_A_CHANNEL = _("Write the shop's name in 1 to 100 characters.")
NOT_ITEMS = _("Give 1 to 200 items.")
NOT_A_DESCRIPTION = _("Write what was bought in 1 to 200 characters.")
NOT_AN_AMOUNT = _("Write a number between -1000000000 and 1000000000.")


def normalised_campaign(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Normalised: text stripped, shops and keywords without repetition, times to the second."""
    clean: dict[str, Any] = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
    for name in ("shops", "keywords"):
        if name in clean:
            clean[name] = list(dict.fromkeys(text.strip() for text in clean[name] if text.strip()))
    for name in MOMENTS:
        if clean.get(name):
            clean[name] = clean[name].replace(microsecond=0)
    return clean


def campaign_faults(fields: Mapping[str, Any]) -> Faults:
    """Faults of a normalised campaign."""
    faults = {name: sentence for name, (sentence, is_good) in JUDGED.items() if not is_good(fields[name])}
    for name in ("purchase", "upload"):
        start, end = fields[f"{name}_from"], fields[f"{name}_until"]
        if start and end and end <= start:
            faults.setdefault(f"{name}_until", ENDS_TOO_SOON)
    return faults


def normalised_number(number: str) -> str:
    """Remove the hyphen of the printed form: AB-12345678 becomes AB12345678."""
    return number.strip().upper().replace("-", "")


def item_of(*, description: str, unit_price: float, quantity: float = 1.0, amount: float | None = None) -> Item:
    """An item; the amount defaults to price times quantity."""
    return Item(description.strip(), unit_price, quantity, _times(unit_price, quantity) if amount is None else amount)


def receipt_faults(receipt: Receipt, *, now: datetime) -> Faults:
    """Faults of a receipt, independent of the campaign; items by path."""
    faults: Faults = {}
    if not NUMBER.fullmatch(receipt.number):
        faults["number"] = NOT_A_NUMBER
    if not RANDOM_NUMBER.fullmatch(receipt.random_number):
        faults["random_number"] = NOT_A_RANDOM_NUMBER
    if receipt.uploaded_at > now:
        faults["upload_datetime"] = NOT_AN_UPLOAD
    if not OLDEST_PURCHASE <= receipt.purchased_at <= receipt.uploaded_at:
        faults["datetime"] = NOT_A_PURCHASE
    if not _is_text(receipt.channel, NAME_LIMIT):
        faults["channel"] = NOT_A_CHANNEL
    if not 0 < len(receipt.items) <= ITEM_LIMIT:
        return faults | {"items": NOT_ITEMS}
    for place, item in enumerate(receipt.items):
        faults |= {f"items[{place}].{name}": sentence for name, sentence in _item_faults(item).items()}
    return faults


def _item_faults(item: Item) -> Faults:
    numbers = {"unit_price": item.unit_price, "quantity": item.quantity, "amount": item.amount}
    wrong = {name: NOT_AN_AMOUNT for name, value in numbers.items() if not is_amount(value)}
    return wrong if _is_text(item.description, DESCRIPTION_LIMIT) else {"description": NOT_A_DESCRIPTION, **wrong}


def is_amount(value: float) -> bool:
    return math.isfinite(value) and abs(value) <= LARGEST_AMOUNT


def _times(unit_price: float, quantity: float) -> float:
    """The exact decimal product: 3 × 0.1 is 0.3."""
    product = unit_price * quantity
    return float(Decimal(str(unit_price)) * Decimal(str(quantity))) if math.isfinite(product) else product


def _is_text(value: str, limit: int) -> bool:
    return 0 < len(value) <= limit and not UNSENDABLE.search(value)


def _are_texts(values: Sequence[str]) -> bool:
    return len(values) <= LIST_LIMIT and all(_is_text(value, NAME_LIMIT) for value in values)


def _is_minimum(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value <= LARGEST_MINIMUM and value == round(value, 2)


def _is_moment(value: datetime | None) -> bool:
    return value is None or OLDEST <= value <= NEWEST


JUDGED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "name": (NOT_A_NAME, lambda value: 0 < len(value) <= NAME_LIMIT and value.isprintable()),
    "shops": (NOT_A_LIST, _are_texts),
    "keywords": (NOT_A_LIST, _are_texts),
    "minimum_amount": (NOT_A_MINIMUM, _is_minimum),
    "uploads_per_contact": (NOT_A_LIMIT, lambda value: value is None or 0 < value <= LARGEST_UPLOADS),
    **dict.fromkeys(MOMENTS, (NOT_A_MOMENT, _is_moment)),
}
"""Error message and validator of each campaign field."""
