"""Vouchers: points really leave the contact, once, and never more than there are."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import Account
from modules.contacts import selectors as contact_selectors
from modules.contacts.models import Contact
from modules.contacts.services import create
from modules.points import granting, rules, selectors, services, vouchers
from modules.points.errors import NotRedeemed
from modules.points.models import Grant, Voucher
from tests.brands import NOW, client_of, error_of, race

REST = "/api/v1/modules/points/"


def contact_with(account: Account, points: int, **prize: Any) -> Contact:
    contact = create(account=account, now=NOW, customer_id=f"C-{points}")
    grant(account, contact, points, **prize)
    return contact


def grant(account: Account, contact: Contact, points: int, **prize: Any) -> None:
    made = services.create(account=account, name="Welcome", count=points, now=NOW, **prize)
    granting.grant(prize=made, contacts=[contact], now=NOW)


def issued(account: Account, contact: Contact | None, points: int = 0, **details: Any) -> Voucher:
    return vouchers.issue(account=account, name="Coffee", contacts=[contact], points=points, now=NOW, **details)[0]


def redeem(voucher: Voucher, **fields: Any) -> str:
    """The reason for which it was not redeemed; empty if it was."""
    try:
        vouchers.redeem(account=voucher.account, code=voucher.code, **{"now": NOW, **fields})
    except NotRedeemed as refusal:
        return refusal.reason
    return ""


@given(st.integers(0, 500), st.lists(st.integers(1, 100), max_size=8))
def test_points_are_taken_from_the_first_grants_first_and_never_more_than_each_has(
    points: int, left: list[int]
) -> None:
    taken = rules.spend(points, left)
    if points > sum(left):
        assert taken is None
        return
    assert taken is not None
    assert sum(taken) == points
    assert all(0 <= take <= have for take, have in zip(taken, left, strict=True))
    emptied = [take == have for take, have in zip(taken, left, strict=True)]
    used = [take > 0 for take in taken]
    assert all(before or not after for before, after in zip(emptied, used[1:], strict=False))


def test_redeeming_takes_the_points_that_lapse_first(alice: Account) -> None:
    contact = contact_with(alice, 50)
    grant(alice, contact, 20, expires_after_days=30)
    grant(alice, contact, 40, expires_after_days=10)
    assert selectors.balance(contact=contact, now=NOW) == 110
    assert redeem(issued(alice, contact, 50), tags=["buyer"], store="Ginza", revenue=12.5) == ""
    spent = {each.count: each.spent for each in Grant.objects.all()}
    assert spent == {50: 0, 20: 10, 40: 40}
    assert selectors.balance(contact=contact, now=NOW) == 60
    assert selectors.balance(contact=contact, now=NOW + timedelta(days=60)) == 50
    voucher = Voucher.objects.get()
    assert (voucher.redeemed_at, voucher.store, voucher.revenue) == (NOW, "Ginza", 12.5)
    shown = client_of(alice).get("/openapi/v1/member/").json()["results"][0]
    assert shown["tags"] == ["buyer"]


@pytest.mark.parametrize("seed", range(8))
def test_a_balance_is_what_was_granted_less_what_was_spent_and_lapsed_and_never_below_zero(
    alice: Account, seed: int
) -> None:
    dice = Random(seed)
    contact = create(account=alice, now=NOW)
    day, granted, spent = NOW, 0, 0
    for _ in range(30):
        if dice.random() < 0.4:
            count = dice.randint(1, 60)
            prize = services.create(
                account=alice,
                name="Welcome",
                count=count,
                expires_after_days=dice.choice([None, 5, 20]),
                needs_bound_contact=False,
                now=day,
            )
            granting.grant(prize=prize, contacts=[contact], now=day)
            granted += count
        before, price = selectors.balance(contact=contact, now=day), dice.randint(0, 40)
        reason = redeem(issued(alice, contact, price), now=day)
        assert (reason == "") is (price <= before)
        after = selectors.balance(contact=contact, now=day)
        assert after == (before - price if reason == "" else before) >= 0
        spent += price if reason == "" else 0
        day += timedelta(days=dice.choice([0, 0, 1, 3]))
    rows = Grant.objects.all()
    lapsed = sum(each.count - each.spent for each in rows if each.expire_date and each.expire_date < day)
    assert sum(each.spent for each in rows) == spent
    assert selectors.balance(contact=contact, now=day) == granted - spent - lapsed


@pytest.mark.parametrize(
    ("details", "fields", "reason"),
    [
        ({"valid_until": NOW - timedelta(seconds=1)}, {}, vouchers.EXPIRED),
        ({"points": 101}, {}, vouchers.NOT_RECEIVED),
        ({}, {"customer_id": "nobody"}, vouchers.NO_CONTACT),
        ({}, {"mobile": "0900000000"}, vouchers.NO_CONTACT),
    ],
)
def test_what_stands_against_a_redemption_takes_no_points(
    alice: Account, details: dict[str, Any], fields: dict[str, Any], reason: str
) -> None:
    contact = contact_with(alice, 100)
    assert redeem(issued(alice, contact, **{"points": 10, **details}), **fields) == reason
    assert selectors.balance(contact=contact, now=NOW) == 100
    assert Voucher.objects.get().redeemed_at is None


def test_the_contact_is_found_by_customer_id_or_mobile_and_must_have_received_it(alice: Account) -> None:
    contact = contact_with(alice, 100)
    other = create(account=alice, now=NOW, customer_id="C-2", mobile="0912345678")
    assert redeem(issued(alice, contact), customer_id="C-2") == vouchers.NOT_RECEIVED
    assert redeem(issued(alice, contact), customer_id="C-100") == ""
    assert redeem(issued(alice, other), mobile="0912345678") == ""
    assert redeem(issued(alice, None)) == vouchers.NOT_RECEIVED
    assert redeem(issued(alice, None), customer_id="C-2") == vouchers.NOT_RECEIVED


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_20_redemptions_of_one_voucher_at_once_one_counts(alice: Account) -> None:
    contact = contact_with(alice, 100)
    voucher = issued(alice, contact, 30)
    outcomes = race(20, lambda: redeem(voucher))
    assert sorted(outcomes) == ["", *[vouchers.REDEEMED] * 19]
    assert selectors.balance(contact=contact, now=NOW) == 70


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_20_vouchers_redeemed_at_once_only_as_many_count_as_there_are_points_for(alice: Account) -> None:
    contact = contact_with(alice, 100)
    waiting = [issued(alice, contact, 15) for _ in range(20)]
    outcomes = race(20, lambda: redeem(waiting.pop()))
    assert sorted(outcomes) == [*[""] * 6, *[vouchers.NOT_RECEIVED] * 14]
    assert selectors.balance(contact=contact, now=NOW) == 10
    assert Voucher.objects.exclude(redeemed_at=None).count() == 6


# REST and console


def test_vouchers_are_issued_handed_out_blocked_and_shown_over_rest(
    api: APIClient, alice: Account, bob: Account
) -> None:
    contact = contact_with(alice, 100)
    made = api.post(f"{REST}vouchers/", {"name": "Coffee", "code": "CODE-1", "points": 30})
    assert made.status_code == 201, made.content
    (voucher,) = made.json()["results"]
    assert (voucher["code"], voucher["line_uid"], voucher["redeemed_at"]) == ("CODE-1", None, None)
    path = f"{REST}vouchers/{voucher['id']}/"
    assert client_of(bob).get(path).status_code == 404
    assert api.patch(path, {"line_uid": contact.line_uid}).json()["line_uid"] == contact.line_uid
    redemption = dict.fromkeys(("customer_id", "mobile", "gender", "store", "revenue"))
    api.patch(path, {"is_blocked": True})
    assert api.post("/openapi/v1/prize/CODE-1/redeem/", redemption).status_code == 408
    api.patch(path, {"is_blocked": False})
    assert api.post("/openapi/v1/prize/CODE-1/redeem/", redemption).status_code == 201
    (shown,) = api.get(f"{REST}vouchers/", {"code": "CODE-1"}).json()["results"]
    assert shown["redeemed_at"]
    assert shown["revenue"] == 0.0
    assert api.get(f"{REST}balances/{contact.line_uid}/").json()["points"] == 70
    assert api.patch(path, {"is_blocked": True}).status_code == 409
    assert client_of(bob).get(f"{REST}balances/{contact.line_uid}/").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x", "code": "a b"}, "code"),
        ({"name": "x", "code": "x" * 33}, "code"),
        ({"name": "x", "points": -1}, "points"),
        ({"name": "x", "line_uids": []}, "line_uids"),
        ({"name": "x", "line_uids": ["U1"]}, "line_uid"),
        ({"name": "x", "valid_until": "soon"}, "valid_until"),
    ],
)
def test_a_voucher_that_is_not_right_is_refused_by_field(api: APIClient, body: Any, field: str) -> None:
    answer = api.post(f"{REST}vouchers/", body)
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [field]
    assert not Voucher.objects.exists()


def test_a_code_is_used_once_in_an_account(api: APIClient, alice: Account, bob: Account) -> None:
    assert api.post(f"{REST}vouchers/", {"name": "x", "code": "C"}).status_code == 201
    assert error_of(api.post(f"{REST}vouchers/", {"name": "x", "code": "C"}))["code"] == "voucher_taken"
    assert client_of(bob).post(f"{REST}vouchers/", {"name": "x", "code": "C"}).status_code == 201


def test_the_console_issues_vouchers_and_shows_points_and_redemptions(console: Client, alice: Account) -> None:
    contact = contact_with(alice, 100)
    path = "/console/modules/points/vouchers/"
    form = {"name": "Coffee", "contact": contact.line_uid, "points": "30", "code": "CODE-1", "valid_until": ""}
    assert console.post(path, form).status_code == 302
    assert console.post(path, form).status_code == 200
    voucher = Voucher.objects.get()
    assert console.post(f"{path}{voucher.pk}/block/").status_code == 302
    assert redeem(voucher) == vouchers.BLOCKED
    console.post(f"{path}{voucher.pk}/block/")
    assert redeem(voucher) == ""
    page = console.get(path).content.decode()
    assert "CODE-1" in page
    assert "70 points" in page
    assert contact_selectors.contacts(account=alice).get() == contact
