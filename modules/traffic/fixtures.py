"""Creates the rows that a play needs on the account: a campaign, a survey, a prize, templates. Drawn from the seed."""

import string
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Account
from maac_contract.seeded_random import SeededRandom
from modules.binding import services as binding_services
from modules.messages import services as message_services
from modules.notifications import services as notification_services
from modules.points import services as point_services
from modules.receipts import services as receipt_services
from modules.surveys import demo
from modules.surveys import services as survey_services
from modules.traffic.browsing import create_links
from modules.traffic.scenario import BIND_LINK, NOTIFICATION, OPEN, POINTS, RECEIPT, SURVEY, Scenario
from modules.traffic.shop import Shop, shop_of

PURCHASE_PERIOD = timedelta(days=30)
POINTS_LIFE = 90
POINTS_COUNT = 10
Fixtures = dict[str, int]
"""Row ids by kind of action."""


def create_fixtures(*, account: Account, scenario: Scenario, seed: str, edition: int, now: datetime) -> Fixtures:
    """Create the rows that the scenario's kinds of action need."""
    shop, rng = shop_of(seed), SeededRandom("fixtures", seed)
    makers = {RECEIPT: _campaign, POINTS: _prize, NOTIFICATION: _notification, OPEN: _message, BIND_LINK: _binding}
    fixtures = {kind: maker(account, shop, rng, now) for kind, maker in makers.items() if kind in scenario.kinds}
    fixtures |= create_links(account=account, shop=shop, now=now)
    if OPEN in fixtures:
        name = rng.pick(shop.brand.notices)
        fixtures["event"] = message_services.create_event(account=account, name=name, now=now).pk
    if SURVEY in scenario.kinds:
        svid = _free_svid(account, SeededRandom("svid", f"{seed}/{edition}"))
        fixtures[SURVEY] = _survey(account, shop, SeededRandom("survey", seed).pick(shop.brand.surveys), svid, now)
    return fixtures


def _free_svid(account: Account, rng: SeededRandom) -> str:
    """An svid that no survey of the account has, not even one of a play whose row retention has deleted."""
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


def _binding(account: Account, shop: Shop, rng: SeededRandom, now: datetime) -> int:
    name = rng.pick(shop.brand.notices)
    return binding_services.create_template(account=account, now=now, name=name).pk


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
