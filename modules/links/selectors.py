"""Queries of links, auto replies, their figures, and the behaviour files. Both days of a period belong to it."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet, Sum

from accounts.models import Account
from modules.links.models import AutoReply, AutoReplyAct, BehaviorRow, Click, Link
from modules.links.rules import SALES

Figures = dict[str, Any]


def links(*, account: Account) -> QuerySet[Link]:
    return Link.objects.filter(account=account).order_by("-id")


def auto_replies(*, account: Account) -> QuerySet[AutoReply]:
    return AutoReply.objects.filter(account=account).order_by("-id")


def clicks(*, link: Link) -> QuerySet[Click]:
    return link.clicks.order_by("-id")


def deeplink_figures(*, link: Link, zone: ZoneInfo, start: date | None = None, end: date | None = None) -> Figures:
    """The keys of MAAC's deeplink report. A click without authorisation counts as a click only."""
    new, existing = Q(authorized=True, is_new_friend=True), Q(authorized=True, is_new_friend=False)
    kinds = {"auth": Q(authorized=True), "new_friend": new, "existing_friend": existing}
    wanted: Any = {
        "click_count": Count("id"),
        **{f"{name}_count": Count("id", filter=found) for name, found in kinds.items()},
        **{f"unique_{name}_count": Count("line_uid", filter=found, distinct=True) for name, found in kinds.items()},
    }
    figures: Figures = link.clicks.filter(within("clicked_at", zone, start, end)).aggregate(**wanted)
    return figures


def tracelink_figures(*, link: Link, zone: ZoneInfo, start: date | None = None, end: date | None = None) -> Figures:
    """The keys of MAAC's tracelink report. `unique_clicks` is null without a click."""
    wanted: Any = {"clicks": Count("id"), "unique_clicks": Count("line_uid", distinct=True)}
    found = link.clicks.filter(within("clicked_at", zone, start, end))
    figures = found.aggregate(**wanted, **{name: Sum(name) for name in SALES})
    return {
        "clicks": figures["clicks"],
        "unique_clicks": figures["unique_clicks"] or None,
        **{name: figures[name] or 0 for name in SALES},
    }


def behavior(*, account: Account, kind: str, day: date, zone: ZoneInfo) -> Iterable[BehaviorRow]:
    """The rows of a day in the account's time zone, by time."""
    rows = BehaviorRow.objects.filter(within("time", zone, day, day), account=account, kind=kind)
    return rows.order_by("time", "id").iterator(chunk_size=2000)


def act_figures(*, replies: Sequence[AutoReply], zone: ZoneInfo, start: date, end: date) -> list[Figures]:
    """Counts of acts, by three queries for all replies.

    Each row has `auto_reply_id`, and `kind`, `group` or `part_id`; these are missing where it sums over them.
    """
    acts = AutoReplyAct.objects.filter(within("acted_at", zone, start, end), auto_reply__in=replies).order_by()
    figures: Any = {"count": Count("id"), "unique": Count("line_uid", distinct=True)}
    sums = {name: Sum(F(name)) for name in SALES}
    found: list[Figures] = []
    for keys in (("kind",), ("kind", "group"), ("part_id", "group")):
        rows: Any = acts.exclude(part=None) if "part_id" in keys else acts
        found += rows.values("auto_reply_id", *keys).annotate(**figures, **sums)
    return found


def within(column: str, zone: ZoneInfo, start: date | None, end: date | None) -> Q:
    found = Q()
    if start:
        found &= Q(**{f"{column}__gte": datetime.combine(start, time.min, zone)})
    if end:
        found &= Q(**{f"{column}__lt": datetime.combine(end + timedelta(days=1), time.min, zone)})
    return found
