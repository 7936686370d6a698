"""What a campaign asks of a receipt, and the receipts that are made to match it or to fail it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maac_contract.samples import BRANDS
from modules.receipts import generated, rules
from modules.receipts.conditions import CODES, Conditions, Earlier, Item, Period, Receipt, failed
from modules.receipts.generated import Impossible, Known
from modules.receipts.rules import item_of

NOW = datetime(2026, 3, 5, 9, 30, 15, 250_000, tzinfo=UTC)
DAY = timedelta(days=1)
TEA = item_of(description="四季春茶 🍃", unit_price=35.0, quantity=2.0)
RECEIPT = Receipt("AB12345678", "0427", NOW.replace(microsecond=0) - DAY, NOW, "青嵐茶舖 信義門市", (TEA,))
EVERYTHING = Conditions(
    purchase=Period(NOW - 10 * DAY, NOW + 10 * DAY),
    upload=Period(NOW - 5 * DAY, NOW + 12 * DAY),
    shops=("青嵐茶舖 信義門市", "Tea House"),
    keywords=("四季春", "latte"),
    minimum_amount=Decimal(70),
    number_once=True,
    uploads_per_contact=2,
)
FIRST = Earlier()


def test_a_receipt_that_meets_every_condition_fails_none() -> None:
    assert failed(EVERYTHING, RECEIPT, FIRST) == []
    assert failed(Conditions(), RECEIPT, Earlier(matches_of_contact=1000)) == []


@pytest.mark.parametrize(
    ("changes", "earlier", "code"),
    [
        ({"purchased_at": NOW - 11 * DAY}, FIRST, "purchase_period"),
        ({"uploaded_at": NOW + 12 * DAY}, FIRST, "upload_period"),
        ({"channel": "青嵐茶舖"}, FIRST, "shop"),
        ({"items": (replace(TEA, description="茶葉蛋"),)}, FIRST, "item"),
        ({"items": (replace(TEA, amount=69.99),)}, FIRST, "minimum_amount"),
        ({}, Earlier(number_matched=True), "number_once"),
        ({}, Earlier(matches_of_contact=2), "upload_limit"),
    ],
)
def test_each_condition_fails_alone(changes: dict[str, Any], earlier: Earlier, code: str) -> None:
    assert failed(EVERYTHING, replace(RECEIPT, **changes), earlier) == [code]


def test_all_that_failed_is_reported_in_the_order_of_the_codes() -> None:
    bad = replace(RECEIPT, purchased_at=NOW - 99 * DAY, uploaded_at=NOW - 98 * DAY, channel="x", items=())
    assert failed(EVERYTHING, bad, Earlier(number_matched=True, matches_of_contact=2)) == list(CODES)


def test_a_period_begins_with_its_start_and_ends_just_before_its_end() -> None:
    period = Period(NOW, NOW + DAY)
    moments = [NOW - timedelta(microseconds=1), NOW, NOW + DAY - timedelta(microseconds=1), NOW + DAY]
    assert [period.holds(moment) for moment in moments] == [False, True, True, False]


@pytest.mark.parametrize("written", ["tea house", " TEA HOUSE ", "Ｔｅａ　Ｈｏｕｓｅ"])
def test_a_shop_is_recognised_whatever_case_and_width_it_is_written_in(written: str) -> None:
    assert failed(EVERYTHING, replace(RECEIPT, channel=written), FIRST) == []


def test_a_keyword_is_found_anywhere_in_any_item() -> None:
    items = (replace(TEA, description="茶葉蛋"), replace(TEA, description="Iced ＬＡＴＴＥ, large"))
    assert failed(EVERYTHING, replace(RECEIPT, items=items), FIRST) == []


def test_amounts_add_up_as_people_add_them_and_a_discount_counts() -> None:
    dimes = tuple(item_of(description="x", unit_price=0.1) for _ in range(3))
    asked = Conditions(minimum_amount=Decimal("0.30"))
    assert failed(asked, replace(RECEIPT, items=dimes), FIRST) == []
    discount = item_of(description="discount", unit_price=-0.1)
    assert failed(asked, replace(RECEIPT, items=(*dimes, discount)), FIRST) == ["minimum_amount"]


def test_an_amount_that_is_left_out_is_the_exact_product() -> None:
    assert item_of(description="x", unit_price=0.1, quantity=3.0).amount == 0.3
    assert item_of(description="x", unit_price=0.1, quantity=3.0, amount=1.0).amount == 1.0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "ab12345678"}, "number"),
        ({"number": "AB1234567"}, "number"),
        ({"number": "AB１２３４５６７８"}, "number"),
        ({"random_number": "42"}, "random_number"),
        ({"purchased_at": NOW + timedelta(seconds=1)}, "datetime"),
        ({"purchased_at": datetime(1999, 12, 31, tzinfo=UTC)}, "datetime"),
        ({"uploaded_at": NOW + timedelta(seconds=1)}, "upload_datetime"),
        ({"channel": ""}, "channel"),
        ({"channel": "a\x00b"}, "channel"),
        ({"items": ()}, "items"),
        ({"items": (TEA,) * 201}, "items"),
        ({"items": (TEA, replace(TEA, description=""))}, "items[1].description"),
        ({"items": (replace(TEA, unit_price=float("nan")),)}, "items[0].unit_price"),
        ({"items": (replace(TEA, quantity=float("inf")),)}, "items[0].quantity"),
        ({"items": (item_of(description="x", unit_price=1e9, quantity=1e9),)}, "items[0].amount"),
    ],
)
def test_what_is_no_receipt_is_reported_by_field(changes: dict[str, Any], field: str) -> None:
    assert list(rules.receipt_faults(replace(RECEIPT, **changes), now=NOW)) == [field]


def test_a_number_may_be_written_as_it_is_printed() -> None:
    assert rules.normalised_number(" ab-12345678 ") == "AB12345678"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"shops": ["x"] * 51}, "shops"),
        ({"keywords": ["x" * 101]}, "keywords"),
        ({"keywords": ["a\x00"]}, "keywords"),
        ({"minimum_amount": Decimal(-1)}, "minimum_amount"),
        ({"minimum_amount": Decimal("0.001")}, "minimum_amount"),
        ({"minimum_amount": Decimal("NaN")}, "minimum_amount"),
        ({"uploads_per_contact": 0}, "uploads_per_contact"),
        ({"upload_from": NOW, "upload_until": NOW}, "upload_until"),
        ({"purchase_from": datetime(1, 1, 1, tzinfo=UTC)}, "purchase_from"),
        ({"purchase_until": datetime(9999, 12, 31, tzinfo=UTC)}, "purchase_until"),
    ],
)
def test_what_is_no_campaign_is_reported_by_field(changes: dict[str, Any], field: str) -> None:
    good = {"name": "Tea", "shops": [], "keywords": [], "minimum_amount": Decimal(0), "uploads_per_contact": None}
    campaign = {**good, **dict.fromkeys(rules.MOMENTS)}
    assert rules.campaign_faults(campaign) == {}
    assert list(rules.campaign_faults({**campaign, **changes})) == [field]


# Receipts that are made up

EVERY_PRODUCT = tuple(name for brand in BRANDS for name, _price in brand.products)
KNOWN = Known(is_taken=lambda number: number == "ZZ00000001", taken_number="ZZ00000001")


def made(conditions: Conditions, known: Known = KNOWN, seed: int | str = 7, breaking: str | None = None) -> Receipt:
    return generated.receipt(conditions, known=known, now=NOW, seed=seed, breaking=breaking)


def test_the_same_seed_makes_the_same_receipt_and_another_seed_another_one() -> None:
    assert made(EVERYTHING) == made(EVERYTHING)
    assert made(EVERYTHING) != made(EVERYTHING, seed=8)


def test_a_number_that_was_taken_is_not_drawn_again() -> None:
    first = made(EVERYTHING).number
    again = made(EVERYTHING, Known(is_taken=lambda number: number == first)).number
    assert again != first
    assert rules.NUMBER.fullmatch(again)


@pytest.mark.parametrize("code", CODES)
def test_a_campaign_with_every_condition_can_be_failed_by_each_alone(code: str) -> None:
    matches = 2 if code == "upload_limit" else 1
    receipt = made(EVERYTHING, replace(KNOWN, matches_of_contact=matches), breaking=code)
    assert failed(EVERYTHING, receipt, Earlier(receipt.number == "ZZ00000001", matches)) == [code]


@pytest.mark.parametrize("code", CODES)
def test_a_condition_that_the_campaign_does_not_set_cannot_be_failed(code: str) -> None:
    with pytest.raises(Impossible, match="does not set"):
        made(Conditions(number_once=False), breaking=code)


@pytest.mark.parametrize(
    ("conditions", "known", "breaking", "why"),
    [
        (EVERYTHING, replace(KNOWN, matches_of_contact=2), None, "as many matching receipts"),
        (EVERYTHING, replace(KNOWN, matches_of_contact=1), "upload_limit", "not reached"),
        (EVERYTHING, Known(is_taken=lambda _number: False), "number_once", "No receipt has matched"),
        (EVERYTHING, Known(is_taken=lambda _number: True), None, "No receipt number is left"),
        (replace(EVERYTHING, upload=Period(NOW + DAY, None)), KNOWN, None, "At this time"),
        (replace(EVERYTHING, purchase=Period(NOW + DAY, None)), KNOWN, None, "At this time"),
        (Conditions(purchase=Period(end=NOW + DAY)), KNOWN, "purchase_period", "At this time"),
        (Conditions(keywords=EVERY_PRODUCT), KNOWN, "item", "Every item"),
    ],
)
def test_what_cannot_be_made_is_refused_with_the_reason(
    conditions: Conditions, known: Known, breaking: str | None, why: str
) -> None:
    with pytest.raises(Impossible, match=why):
        made(conditions, known, breaking=breaking)


texts = st.text("aA茶店カßİﬀＴ🍃\u0301", min_size=1, max_size=4)
seconds = st.integers(-40 * 86400, 40 * 86400)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    first, length = draw(st.none() | seconds), draw(st.none() | st.integers(1, 40 * 86400))
    start = None if first is None else NOW.replace(microsecond=0) + timedelta(seconds=first)
    end = None if length is None else (start or NOW.replace(microsecond=0)) + timedelta(seconds=length)
    return Period(start, end)


@st.composite
def campaigns(draw: st.DrawFn) -> Conditions:
    return Conditions(
        purchase=draw(periods()),
        upload=draw(periods()),
        shops=tuple(draw(st.lists(texts, max_size=3))),
        keywords=tuple(draw(st.lists(texts, max_size=3))),
        minimum_amount=draw(st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)),
        number_once=draw(st.booleans()),
        uploads_per_contact=draw(st.none() | st.integers(1, 3)),
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(campaigns(), st.sampled_from([None, *CODES]), st.integers(0, 4), st.integers())
def test_whatever_the_campaign_a_receipt_fails_just_what_it_was_made_to_fail(
    conditions: Conditions, breaking: str | None, matches: int, seed: int
) -> None:
    known = replace(KNOWN, matches_of_contact=matches)
    try:
        receipt = made(conditions, known, seed, breaking)
    except Impossible:
        return
    assert rules.receipt_faults(receipt, now=NOW) == {}
    earlier = Earlier(known.is_taken(receipt.number), matches)
    assert failed(conditions, receipt, earlier) == ([breaking] if breaking else [])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.builds(Item, texts, st.floats(-1e6, 1e6), st.floats(0, 1e3), st.floats(-1e6, 1e6)), max_size=5))
def test_the_minimum_is_met_exactly_when_the_sum_reaches_it(items: list[Item]) -> None:
    receipt = replace(RECEIPT, items=tuple(items))
    assert failed(Conditions(minimum_amount=receipt.total), receipt, FIRST) == []
    above = receipt.total + Decimal("0.01")
    assert failed(Conditions(minimum_amount=above), receipt, FIRST) == ["minimum_amount"]
