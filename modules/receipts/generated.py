"""Generates realistic receipts that match a campaign, or fail exactly one of its conditions. Pure.

The same campaign, earlier uploads, moment and seed give the same receipt.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from maac_contract.samples import BRANDS, Brand, brand
from maac_contract.seeded_random import SeededRandom
from maac_contract.sentences import gettext_noop as _
from modules.receipts import conditions as conditions_of
from modules.receipts.conditions import (
    ITEM,
    MINIMUM_AMOUNT,
    NUMBER_ONCE,
    PURCHASE_PERIOD,
    SHOP,
    UPLOAD_LIMIT,
    UPLOAD_PERIOD,
    Conditions,
    Item,
    Period,
    Receipt,
    has_keyword,
    is_limit_reached,
    total,
)
from modules.receipts.rules import OLDEST_PURCHASE, item_of

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DRAWS = 1000
"""Attempts to draw an unused number; there are 57 thousand million."""
A_SECOND = timedelta(seconds=1)
LONGEST_WAIT = timedelta(days=3)
"""Usual time between purchase and upload, if the periods allow it."""

LIMIT_REACHED = _("The contact has as many matching receipts as the campaign allows, so no other can match.")
LIMIT_NOT_REACHED = _("The contact has not reached the campaign's limit of uploads, so a receipt cannot fail it.")
NONE_MATCHED = _("No receipt has matched this campaign yet, so no number can come a second time.")
NOT_ASKED = _("The campaign does not set this condition, so no receipt can fail it.")
NO_MOMENT = _("At this time no receipt can be bought and uploaded as the campaign's periods ask.")
NO_ITEM = _("Every item known here has one of the campaign's keywords.")
NO_NUMBER = _("No receipt number is left.")


class Impossible(Exception):
    """No such receipt exists; the message says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Known:
    """Earlier matches of the campaign: one of their numbers, a lookup of numbers, and the contact's count."""

    is_taken: Callable[[str], bool]
    taken_number: str = ""
    matches_of_contact: int = 0


def receipt(
    conditions: Conditions, *, known: Known, now: datetime, seed: int | str, breaking: str | None = None
) -> Receipt:
    """A receipt that matches, or with `breaking` fails only the condition with that code."""
    _check_possible(conditions, known, breaking)
    rng, place = SeededRandom("receipt upload", seed), brand(seed)
    uploaded_at, purchased_at = _moments(rng, conditions, now, breaking)
    return Receipt(
        number=known.taken_number if breaking == NUMBER_ONCE else _number(rng, known),
        random_number=rng.digits(4),
        purchased_at=purchased_at,
        uploaded_at=uploaded_at,
        channel=_shop(rng, place, conditions, breaking),
        items=tuple(_items(rng, place, conditions, breaking)),
    )


def _check_possible(conditions: Conditions, known: Known, breaking: str | None) -> None:
    """Check the conditions that depend only on the campaign and earlier uploads."""
    is_reached = is_limit_reached(conditions, known.matches_of_contact)
    if breaking is not None and not _asks(conditions, breaking):
        raise Impossible(NOT_ASKED)
    if breaking == UPLOAD_LIMIT and not is_reached:
        raise Impossible(LIMIT_NOT_REACHED)
    if breaking != UPLOAD_LIMIT and is_reached:
        raise Impossible(LIMIT_REACHED)
    if breaking == NUMBER_ONCE and not known.taken_number:
        raise Impossible(NONE_MATCHED)


def _asks(conditions: Conditions, code: str) -> bool:
    """Whether the campaign has the condition."""
    return {
        PURCHASE_PERIOD: conditions.purchase != Period(),
        UPLOAD_PERIOD: conditions.upload != Period(),
        SHOP: bool(conditions.shops),
        ITEM: bool(conditions.keywords),
        MINIMUM_AMOUNT: conditions.minimum_amount > 0,
        NUMBER_ONCE: conditions.number_once,
        UPLOAD_LIMIT: conditions.uploads_per_contact is not None,
    }[code]


def _moments(
    rng: SeededRandom, conditions: Conditions, now: datetime, breaking: str | None
) -> tuple[datetime, datetime]:
    """Times of upload and purchase."""
    for uploaded_at in _uploads(rng, conditions.upload, now, breaks=breaking == UPLOAD_PERIOD):
        for first, last in _purchases(conditions.purchase, uploaded_at, breaks=breaking == PURCHASE_PERIOD):
            if first <= last:
                return uploaded_at, first + A_SECOND * rng.between(0, (last - first) // A_SECOND)
    raise Impossible(NO_MOMENT)


def _uploads(rng: SeededRandom, period: Period, now: datetime, *, breaks: bool) -> Iterator[datetime]:
    """Candidate times of upload: now first, none in the future."""
    if period.holds(now) is not breaks:
        yield now
    if breaks and period.start and period.start <= now:
        yield period.start - timedelta(minutes=rng.between(1, 24 * 60))
    if not breaks and period.end and period.end <= now:
        yield max(period.end - timedelta(minutes=rng.between(1, 24 * 60)), period.start or OLDEST_PURCHASE)


def _purchases(period: Period, uploaded_at: datetime, *, breaks: bool) -> Iterator[tuple[datetime, datetime]]:
    """Candidate ranges of purchase times in whole seconds, ends inclusive; an empty range ends before it starts."""
    latest = uploaded_at.astimezone(UTC).replace(microsecond=0)
    spans = [(OLDEST_PURCHASE, latest)]
    if breaks:
        spans = [(period.end, latest)] if period.end else []
        spans += [(OLDEST_PURCHASE, min(period.start - A_SECOND, latest))] if period.start else []
    else:
        spans = [(period.start or OLDEST_PURCHASE, min(period.end - A_SECOND, latest) if period.end else latest)]
    for first, last in spans:
        yield max(first, last - LONGEST_WAIT), last


def _number(rng: SeededRandom, known: Known) -> str:
    for _draw in range(DRAWS):
        number = rng.text(LETTERS, 2) + rng.digits(8)
        if not known.is_taken(number):
            return number
    raise Impossible(NO_NUMBER)


def _shop(rng: SeededRandom, place: Brand, conditions: Conditions, breaking: str | None) -> str:
    if breaking == SHOP:
        shop = rng.pick(place.shops)
        others = itertools.chain([shop], (f"{shop} {number}" for number in itertools.count(2)))
        return next(name for name in others if not conditions_of.is_shop(conditions, name))
    taking_part = [shop for shop in place.shops if conditions_of.is_shop(conditions, shop)]
    return rng.pick(taking_part or conditions.shops)


def _items(rng: SeededRandom, place: Brand, conditions: Conditions, breaking: str | None) -> list[Item]:
    products = _products(rng, place, conditions, breaking)
    items = [
        item_of(description=name, unit_price=price, quantity=float(rng.pick((1, 1, 1, 2, 2, 3))))
        for name, price in products
    ]
    if breaking == MINIMUM_AMOUNT:
        return [_below(items[0], conditions.minimum_amount)]
    return [*items[:-1], _reaching(items, conditions.minimum_amount)]


def _products(rng: SeededRandom, place: Brand, conditions: Conditions, breaking: str | None) -> list[tuple[str, float]]:
    """The items; if the campaign has keywords, the first item contains one."""
    if breaking == ITEM:
        pool = [each for one in (place, *BRANDS) for each in one.products if not has_keyword(conditions, each[0])]
        if not pool:
            raise Impossible(NO_ITEM)
        return rng.some(pool[: len(place.products)], min(len(pool), rng.between(2, 4)))
    bought = rng.some(place.products, rng.between(2, 4))
    if conditions.keywords:
        named = [each for each in place.products if has_keyword(conditions, each[0])]
        first = rng.pick(named) if named else (rng.pick(conditions.keywords), rng.pick(place.products)[1])
        bought = [first, *(each for each in bought if each != first)]
    return bought


def _below(item: Item, minimum: Decimal) -> Item:
    """One piece of the item, at a price below the minimum."""
    price = Decimal(str(item.unit_price))
    if price >= minimum:
        price = (minimum / 2).quantize(Decimal("0.01"), ROUND_FLOOR)
    return item_of(description=item.description, unit_price=float(price))


def _reaching(items: list[Item], minimum: Decimal) -> Item:
    """The last item, in a quantity with which the total reaches the minimum."""
    last, missing = items[-1], minimum - total(item.amount for item in items[:-1])
    needed = (missing / Decimal(str(last.unit_price))).to_integral_value(ROUND_CEILING)
    quantity = max(last.quantity, float(needed))
    return item_of(description=last.description, unit_price=last.unit_price, quantity=quantity)
