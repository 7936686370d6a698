"""The brand of a play and the conditions of its receipt campaign, drawn from the seed. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from maac_contract.samples import BRANDS, Brand, brand


@dataclass(frozen=True, slots=True)
class Shop:
    """`minimum` is chosen so that two different products always reach it, and one of the cheapest never does."""

    brand: Brand
    stranger: str
    """A shop outside the campaign."""
    minimum: Decimal
    cheapest: tuple[str, float]


def shop_of(seed: str) -> Shop:
    mine = brand(seed)
    other = next(each for each in BRANDS if each is not mine)
    cheapest = min(mine.products, key=lambda product: product[1])
    return Shop(mine, other.shops[0], 2 * Decimal(str(cheapest[1])), cheapest)
