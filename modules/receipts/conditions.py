"""The conditions of a campaign, and which of them a receipt fails. Pure.

Documented by MAAC: only receipts that meet all conditions are sent. Chosen: how each is judged. A period begins with
its start and ends just before its end; shop names are compared whole, keywords anywhere in an item's description, both
whatever the case and the width of letters; of earlier uploads only those count that matched.
"""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from maac_contract.sentences import gettext_noop as _

PURCHASE_PERIOD = "purchase_period"
UPLOAD_PERIOD = "upload_period"
SHOP = "shop"
ITEM = "item"
MINIMUM_AMOUNT = "minimum_amount"
NUMBER_ONCE = "number_once"
UPLOAD_LIMIT = "upload_limit"

SENTENCES: dict[str, str] = {
    PURCHASE_PERIOD: _("The purchase was not made in the campaign's purchase period."),
    UPLOAD_PERIOD: _("The receipt was not uploaded in the campaign's upload period."),
    SHOP: _("The shop does not take part in the campaign."),
    ITEM: _("No item on the receipt has one of the campaign's keywords."),
    MINIMUM_AMOUNT: _("The total is below the campaign's minimum amount."),
    NUMBER_ONCE: _("A receipt with this number has matched the campaign before."),
    UPLOAD_LIMIT: _("The contact has as many matching receipts as the campaign allows."),
}
"""Explanation for a receipt that fails each condition."""
CODES = tuple(SENTENCES)


@dataclass(frozen=True, slots=True)
class Period:
    """A time range with an exclusive end; None is unbounded."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        return (self.start is None or moment >= self.start) and (self.end is None or moment < self.end)


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of a campaign. Empty lists, a minimum of 0 and no limit are no conditions."""

    purchase: Period = Period()
    upload: Period = Period()
    shops: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    minimum_amount: Decimal = Decimal(0)
    number_once: bool = True
    uploads_per_contact: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a receipt; a discount has a negative amount."""

    description: str
    unit_price: float
    quantity: float
    amount: float


@dataclass(frozen=True, slots=True)
class Receipt:
    """An uploaded receipt."""

    number: str
    random_number: str
    purchased_at: datetime
    uploaded_at: datetime
    channel: str
    items: tuple[Item, ...]

    @property
    def total(self) -> Decimal:
        return total(item.amount for item in self.items)


@dataclass(frozen=True, slots=True)
class Earlier:
    """Facts about earlier matches of the campaign: of the same number, and of the same contact."""

    number_matched: bool = False
    matches_of_contact: int = 0


def total(amounts: Iterable[float]) -> Decimal:
    """The exact decimal sum: 0.1 + 0.2 is 0.3."""
    return sum((Decimal(str(amount)) for amount in amounts), Decimal(0))


def failed(conditions: Conditions, receipt: Receipt, earlier: Earlier) -> list[str]:
    """The codes of all conditions that the receipt fails; empty if it matches."""
    return [code for code, is_met in JUDGES.items() if not is_met(conditions, receipt, earlier)]


def folded(text: str) -> str:
    """The text normalised for comparison."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def is_shop(conditions: Conditions, channel: str) -> bool:
    return not conditions.shops or folded(channel) in map(folded, conditions.shops)


def has_keyword(conditions: Conditions, description: str) -> bool:
    return any(folded(keyword) in folded(description) for keyword in conditions.keywords)


def is_limit_reached(conditions: Conditions, matches: int) -> bool:
    return conditions.uploads_per_contact is not None and matches >= conditions.uploads_per_contact


JUDGES: dict[str, Callable[[Conditions, Receipt, Earlier], bool]] = {
    PURCHASE_PERIOD: lambda asked, receipt, _earlier: asked.purchase.holds(receipt.purchased_at),
    UPLOAD_PERIOD: lambda asked, receipt, _earlier: asked.upload.holds(receipt.uploaded_at),
    SHOP: lambda asked, receipt, _earlier: is_shop(asked, receipt.channel),
    ITEM: lambda asked, receipt, _earlier: (
        not asked.keywords or any(has_keyword(asked, item.description) for item in receipt.items)
    ),
    MINIMUM_AMOUNT: lambda asked, receipt, _earlier: receipt.total >= asked.minimum_amount,
    NUMBER_ONCE: lambda asked, _receipt, earlier: not (asked.number_once and earlier.number_matched),
    UPLOAD_LIMIT: lambda asked, _receipt, earlier: not is_limit_reached(asked, earlier.matches_of_contact),
}
"""Predicate of each condition."""
