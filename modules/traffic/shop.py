"""The business of a play, and what its receipt campaign asks: drawn from the seed. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from maac_contract.samples import BRANDS, Brand, brand


@dataclass(frozen=True, slots=True)
class Shop:
    """Two different products always reach the campaign's minimum; one of the cheapest never does."""

    brand: Brand
    stranger: str
    """A shop that takes no part in the campaign."""
    minimum: Decimal
    cheapest: tuple[str, float]


def shop_of(seed: str) -> Shop:
    mine = brand(seed)
    other = next(each for each in BRANDS if each is not mine)
    cheapest = min(mine.products, key=lambda product: product[1])
    return Shop(mine, other.shops[0], 2 * Decimal(str(cheapest[1])), cheapest)
