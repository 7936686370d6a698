"""What a play's contacts do with links: join by the deeplink, write to the auto reply, visit the shop.

Drawn from the seed and each action's time apart from the plan, so that it changes no planned action. A link that was
deleted meanwhile is not clicked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account
from maac_contract.seeded_random import SeededRandom
from modules.contacts import rules as contact_rules
from modules.contacts.models import Contact
from modules.links import services
from modules.links.browsing import Source, drawn_sales, visit
from modules.links.models import AutoReply, AutoReplyAct, AutoReplyPart, BehaviorRow, Click, Link
from modules.traffic.actions import Follow, Open, TimedAction
from modules.traffic.bulk import ScenarioContext
from modules.traffic.shop import Shop

AUTO_REPLY = "auto_reply"
JOINS_BY_LINK, WRITES, OPENS_REPLY, CLICKS_REPLY, VISITS = 0.5, 0.4, 0.8, 0.4, 0.6
"""Fractions: of new contacts, of these, of replies, of opened replies, and of opened messages."""


def create_links(*, account: Account, shop: Shop, now: datetime) -> dict[str, int]:
    """The ids of the account's oldest deeplink, tracelink and auto reply; missing ones are created."""
    name, url = shop.brand.campaigns[0], "https://shop.example/"
    utm = {"utm_campaign": name[:100], "utm_source": "LINE", "utm_medium": "message"}
    found: dict[str, int] = {}
    for kind in Link.Kind.values:
        link = Link.objects.filter(account=account, kind=kind).order_by("id").first()
        link = link or services.create_link(account=account, kind=kind, name=name, url=url, now=now, **utm)
        found[kind] = link.pk
    reply = AutoReply.objects.filter(account=account).order_by("id").first()
    reply = reply or services.create_auto_reply(account=account, name=name, urls=[{"url": url, **utm}], now=now)
    return {**found, AUTO_REPLY: reply.pk}


@dataclass(frozen=True, slots=True)
class Links:
    """The rows that a play clicks, by kind of link; missing ones were deleted."""

    links: Mapping[str, Link]
    part: AutoReplyPart | None
    """The link in the auto reply."""


def lock_links(context: ScenarioContext) -> Links:
    """Lock the play's links until the transaction ends, so that none is deleted before its clicks are stored.

    Like a single click, this comes before any lock of a contact.
    """
    kinds = {context.fixtures[kind]: kind for kind in Link.Kind.values if kind in context.fixtures}
    rows = Link.objects.select_for_update(no_key=True).filter(pk__in=kinds).order_by("id")
    links = {kinds[row.pk]: row for row in rows}
    replies = AutoReply.objects.select_for_update(no_key=True)
    reply = replies.filter(pk=context.fixtures.get(AUTO_REPLY, 0)).first()
    return Links(links, reply.parts.exclude(url="").order_by("id").first() if reply else None)


def browse(
    context: ScenarioContext,
    timed_actions: Sequence[TimedAction],
    people: Mapping[str, Contact],
    links: Links,
    *,
    now: datetime,
) -> None:
    """Store the clicks, acts and visits that follow these actions. Needs the caller's transaction."""
    batch = _Batch(context, links.part, now)
    for timed in timed_actions:
        action = timed.action
        contact = people.get(action.line_uid) if isinstance(action, Follow | Open) else None
        if contact is None:
            continue
        is_follow = isinstance(action, Follow)
        rng = SeededRandom("browse", f"{context.seed}/{timed.at}/{contact.line_uid}")
        clicks = rng.chance(JOINS_BY_LINK if is_follow else VISITS)
        link = links.links.get(Link.Kind.DEEPLINK if is_follow else Link.Kind.TRACELINK)
        if clicks and link:
            batch.click(link, contact, timed)
        if is_follow and rng.chance(WRITES):
            batch.write(contact, timed, rng)
    batch.store()


class _Batch:
    """Unsaved rows of a batch."""

    def __init__(self, context: ScenarioContext, part: AutoReplyPart | None, now: datetime) -> None:
        self._context, self._part, self._now = context, part, now
        self._clicks: list[Click] = []
        self._acts: list[AutoReplyAct] = []
        self._visits: list[BehaviorRow] = []

    def click(self, link: Link, contact: Contact, timed: TimedAction) -> None:
        joins = link.kind == Link.Kind.DEEPLINK and contact.status == contact_rules.AUTH
        sales = self._visit(link, contact, timed, "link")
        self._clicks.append(
            Click(
                account=self._context.account, link=link, line_uid=contact.line_uid, authorized=joins,
                is_new_friend=joins, clicked_at=self._context.moment(timed), **sales,
            )
        )  # fmt: skip

    def write(self, contact: Contact, timed: TimedAction, rng: SeededRandom) -> None:
        """The contact triggers the auto reply, and may open it and click its link."""
        if self._part is None:
            return
        self._act(self._part, AutoReplyAct.Kind.TRIGGER, contact, timed)
        if rng.chance(OPENS_REPLY):
            self._act(self._part, AutoReplyAct.Kind.OPEN, contact, timed)
            if rng.chance(CLICKS_REPLY):
                sales = self._visit(self._part, contact, timed, "reply")
                self._act(self._part, AutoReplyAct.Kind.CLICK, contact, timed, part=self._part, **sales)

    def store(self) -> None:
        Click.objects.bulk_create(self._clicks)
        AutoReplyAct.objects.bulk_create(self._acts)
        BehaviorRow.objects.bulk_create(self._visits)

    def _act(
        self, of: AutoReplyPart, kind: AutoReplyAct.Kind, contact: Contact, timed: TimedAction, **fields: object
    ) -> None:
        moment = self._context.moment(timed)
        self._acts.append(
            AutoReplyAct(
                account=self._context.account, auto_reply_id=of.auto_reply_id, kind=kind,
                group=services.group_of(contact, moment), line_uid=contact.line_uid, acted_at=moment, **fields,
            )
        )  # fmt: skip

    def _visit(self, source: Source, contact: Contact, timed: TimedAction, name: str) -> dict[str, float]:
        seed = f"{self._context.seed}/{timed.at}/{contact.line_uid}/{name}"
        sales = drawn_sales(seed, self._context.brand)
        self._visits += visit(
            source=source, account_id=self._context.account.pk, line_uid=contact.line_uid, seed=seed,
            brand=self._context.brand, sales=sales, at=self._context.moment(timed), now=self._now,
        )  # fmt: skip
        return sales
