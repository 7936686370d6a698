"""Rows of the redemption of vouchers (32)."""

from datetime import timedelta
from typing import Any

from modules.contacts.services import create
from modules.openapi import scripted
from modules.points import granting, services, vouchers
from tests.modules.openapi.sheet import Ask, Row, World, error, success

FIELDS = {"customer_id": "CRM-7001", "mobile": None, "gender": None, "store": "Ginza", "revenue": 1200.5}


def redeem(world: World, *, is_received: bool = True, failure: str = "", body: Any = None, **details: Any) -> Ask:
    """A voucher for 30 of the contact's 100 points, and the call that redeems it."""
    contact = create(account=world.account, now=world.now, customer_id="CRM-7001")
    prize = services.create(account=world.account, name="Welcome", count=100, now=world.now)
    granting.grant(prize=prize, contacts=[contact], now=world.now)
    (voucher,) = vouchers.issue(
        account=world.account,
        name="Free coffee",
        contacts=[contact if is_received else None],
        points=30,
        now=world.now,
        **details,
    )
    if failure:
        scripted.add(account=world.account, failure=failure, now=world.now)
    return Ask(path={"code": voucher.code}, json={**FIELDS, "tags": ["buyer"], **(body or {})})


def redeem_twice(world: World) -> Ask:
    ask = redeem(world)
    vouchers.redeem(account=world.account, code=ask.path["code"], now=world.now)
    return ask


def redeem_while_it_is_edited(world: World) -> Ask:
    ask = redeem(world)
    vouchers.edit(voucher=world.account.vouchers.get(), is_blocked=True)
    return ask


def without_points(world: World) -> Ask:
    ask = redeem(world)
    world.account.vouchers.update(points=101)
    return ask


ROWS: list[Row] = [
    Row(32, "a voucher is redeemed", redeem, success(32, {"detail": "Success"})),
    Row(
        32,
        "a voucher is redeemed by who received it",
        lambda world: redeem(world, body={"customer_id": None, "revenue": None, "store": None}),
        success(32, {"detail": "Success"}),
    ),
    Row(32, "without a token", lambda _world: Ask(path={"code": "X"}, json=FIELDS, token=""), error(32, "token")),
    Row(32, "a wrong token", lambda _world: Ask(path={"code": "X"}, json=FIELDS, token="no"), error(32, "token")),
    Row(32, "no such code", lambda _world: Ask(path={"code": "X"}, json=FIELDS), error(32, "no such code")),
    Row(
        32,
        "a voucher whose time is over",
        lambda world: redeem(world, valid_until=world.now - timedelta(days=1)),
        error(32, "expired"),
    ),
    Row(32, "no such contact", lambda world: redeem(world, body={"customer_id": "X"}), error(32, "no such contact")),
    Row(32, "a voucher that is being edited", redeem_while_it_is_edited, error(32, "blocked")),
    Row(32, "a scripted retry", lambda world: redeem(world, failure="redeem_retry"), error(32, "blocked")),
    Row(32, "a voucher for the second time", redeem_twice, error(32, "redeemed")),
    Row(32, "a voucher for nobody", lambda world: redeem(world, is_received=False), error(32, "not received")),
    Row(32, "a voucher that costs too much", without_points, error(32, "not received")),
    Row(32, "another failure", lambda world: redeem(world, failure="redeem_error"), error(32, "unknown")),
]
