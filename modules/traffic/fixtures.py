"""What a play needs on the account before it begins: a campaign, a survey, a prize, templates. Drawn from the seed."""

import string
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Account
from maac_contract.seeded_random import SeededRandom
from modules.messages import services as message_services
from modules.notifications import services as notification_services
from modules.points import services as point_services
from modules.receipts import services as receipt_services
from modules.surveys import demo
from modules.surveys import services as survey_services
from modules.traffic.scenario import NOTIFICATION, OPEN, POINTS, RECEIPT, SURVEY, Scenario
from modules.traffic.shop import Shop, shop_of

PURCHASE_PERIOD = timedelta(days=30)
POINTS_LIFE = 90
POINTS_COUNT = 10
Props = dict[str, int]
"""By kind of act the id of the row that it is about."""


def make_props(*, account: Account, scenario: Scenario, seed: str, edition: int, now: datetime) -> Props:
    """Make the rows that the scenario's kinds of acts need."""
    shop, rng = shop_of(seed), SeededRandom("props", seed)
    makers = {RECEIPT: _campaign, POINTS: _prize, NOTIFICATION: _notification, OPEN: _message}
    props = {kind: maker(account, shop, rng, now) for kind, maker in makers.items() if kind in scenario.kinds}
    if OPEN in props:
        name = rng.pick(shop.brand.notices)
        props["event"] = message_services.create_event(account=account, name=name, now=now).pk
    if SURVEY in scenario.kinds:
        svid = _free_svid(account, SeededRandom("svid", f"{seed}/{edition}"))
        props[SURVEY] = _survey(account, shop, SeededRandom("survey", seed).pick(shop.brand.surveys), svid, now)
    return props


def _free_svid(account: Account, rng: SeededRandom) -> str:
    """No two surveys of an account have the same id; that of a play that was forgotten is still there."""
    taken = set(account.surveys.values_list("svid", flat=True))
    while (svid := rng.text(string.ascii_letters + string.digits, 5)) in taken:
        pass
    return svid


def _campaign(account: Account, shop: Shop, rng: SeededRandom, now: datetime) -> int:
    return receipt_services.create(
        account=account,
        now=now,
        name=rng.pick(shop.brand.campaigns),
        shops=list(shop.brand.shops),
        minimum_amount=shop.minimum,
        purchase_from=now - PURCHASE_PERIOD,
    ).pk


def _prize(account: Account, shop: Shop, rng: SeededRandom, now: datetime) -> int:
    details: dict[str, Any] = {"name": rng.pick(shop.brand.prizes), "memo": rng.pick(shop.brand.memos)}
    return point_services.create(
        account=account,
        now=now,
        count=POINTS_COUNT,
        category=rng.pick(shop.brand.categories),
        expires_after_days=POINTS_LIFE,
        **details,
    ).pk


def _notification(account: Account, shop: Shop, rng: SeededRandom, now: datetime) -> int:
    name = rng.pick(shop.brand.notices)
    return notification_services.create_template(account=account, now=now, name=name, line_push_enabled=True).pk


def _message(account: Account, shop: Shop, rng: SeededRandom, now: datetime) -> int:
    return message_services.create_template(account=account, now=now, name=rng.pick(shop.brand.campaigns)).pk


def _survey(account: Account, shop: Shop, title: str, svid: str, now: datetime) -> int:
    return survey_services.create(
        account=account,
        now=now,
        title=title,
        svid=svid,
        questions=demo.questions(shop.brand.language),
    ).pk
