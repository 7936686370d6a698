"""What a contact does at the shop after a click: rows of the behaviour files, drawn from a seed.

The columns are documented by MAAC; the values are simulated. A visit has 1 to 4 page views within ten minutes.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from maac_contract.samples import Brand
from maac_contract.seeded_random import SeededRandom
from modules.links.models import AutoReplyPart, BehaviorRow, Link
from modules.links.rules import UTM

PAGEVIEW = ("page_path", "page_title", "page_views", "views_per_session", "entrances", "avg_time_on_page", "exits")
PRODUCT = (
    "product_name", "product_sku", "adds_to_cart", "removes_from_cart", "item_revenue", "item_quantity", "checkouts",
    "list_clicks", "list_views",
)  # fmt: skip
TRANSACTION = ("transactions", "revenue")
COLUMNS: dict[str, tuple[str, ...]] = {"pageview": PAGEVIEW, "product": PRODUCT, "transaction": TRANSACTION}

Source = Link | AutoReplyPart


def drawn_sales(seed: str, brand: Brand) -> dict[str, Any]:
    """Products put into the cart, purchases and revenue of a visit: a third fill the cart, half of these buy."""
    rng = SeededRandom("sales", seed)
    carts = rng.between(1, 3) if rng.chance(1 / 3) else 0
    buys = bool(carts) and rng.chance(0.5)
    revenue = carts * float(rng.pick(brand.products)[1]) if buys else 0.0
    return {"adds_to_cart": carts, "transactions": int(buys), "transaction_revenue": revenue}


def visit(
    *, source: Source, account_id: int, line_uid: str, seed: str, brand: Brand, sales: dict[str, Any], at: datetime,
    now: datetime,
) -> list[BehaviorRow]:  # fmt: skip
    """The rows of a visit that starts with a click at `at`, unsaved. `now`: when they are written."""
    rng = SeededRandom("visit", seed)
    views = rng.between(1, 4)
    products = rng.some(brand.products, min(views, len(brand.products)))
    moment = at
    rows: list[BehaviorRow] = []

    def add(kind: BehaviorRow.Kind, columns: tuple[str, ...], *values: Any) -> None:
        utm = {name: getattr(source, name) for name in UTM}
        of_columns = dict(zip(columns, values, strict=True))
        rows.append(
            BehaviorRow(
                account_id=account_id,
                kind=kind,
                line_uid=line_uid,
                values=of_columns,
                time=moment,
                ingested_at=now,
                **utm,
            )
        )

    for number, (name, _price) in enumerate(products):
        seconds, is_last = rng.between(5, 120), number == len(products) - 1
        path = f"/products/{quote(name)}"
        add(BehaviorRow.Kind.PAGEVIEW, PAGEVIEW, path, name, 1, len(products), int(not number), seconds, int(is_last))
        moment += timedelta(seconds=seconds)
    name = products[-1][0]
    carts, transactions, revenue = sales["adds_to_cart"], sales["transactions"], sales["transaction_revenue"]
    quantity = max(carts, transactions) if transactions else 0
    sku = f"SKU-{SeededRandom('sku', name).digits(5)}"
    add(BehaviorRow.Kind.PRODUCT, PRODUCT, name, sku, carts, 0, revenue, quantity, transactions, 1, len(products))
    if transactions:
        add(BehaviorRow.Kind.TRANSACTION, TRANSACTION, transactions, revenue)
    return rows
