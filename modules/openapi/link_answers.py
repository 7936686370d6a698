"""Response bodies of deeplinks, tracelinks and auto replies in MAAC's order of fields, and lines of behaviour files."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from modules.links.browsing import COLUMNS
from modules.links.models import AutoReply, AutoReplyAct, AutoReplyPart, BehaviorRow, Link
from modules.links.rules import UTM
from modules.openapi.times import with_fraction

Fields = dict[str, Any]
COUNTED = ("count", "unique", "adds_to_cart", "transactions", "transaction_revenue")


def deeplink(row: Link, figures: Fields, zone: ZoneInfo) -> Fields:
    return {**_head(row, zone), "tags": row.tags, "report": figures}


def tracelink(row: Link, figures: Fields, zone: ZoneInfo) -> Fields:
    """`utm` is `{}` without any parameter; else it has all four, null where one is not set."""
    utm = {name: getattr(row, name) or None for name in UTM}
    head = {**_head(row, zone), "description": row.description or None}
    return {**head, "tag": row.tags, "report": figures, "utm": utm if any(utm.values()) else {}}


def _head(row: Link, zone: ZoneInfo) -> Fields:
    return {
        "id": row.pk, "name": row.name, "description": row.description, "shorten_url": row.shorten_url,
        "created_at": with_fraction(row.created_at, zone),
    }  # fmt: skip


def auto_reply(
    row: AutoReply, parts: Sequence[AutoReplyPart], acts: Sequence[Fields], *, zone: ZoneInfo, start: date, end: date,
    channel_name: str,
) -> Fields:  # fmt: skip
    """`acts`: the reply's rows of `act_figures`. The account's LINE bot is the only channel."""
    total = _totals([act for act in acts if "kind" in act and "group" not in act])
    channel = {
        "id": row.pk, "channel_id": row.account_id, "channel_type": "line", "channel_name": channel_name,
        "total": total,
    }  # fmt: skip
    for group in AutoReplyAct.Group.values:
        channel[group] = _group([act for act in acts if act.get("group") == group], parts)
    return {
        "id": row.pk,
        "name": row.name,
        "created_at": row.created_at.astimezone(zone).isoformat(timespec="seconds"),
        "start_date": start.isoformat(),
        "end_date": end.isoformat(),
        "total": total,
        "channel_setting_reports": [channel],
    }


def _group(acts: Sequence[Fields], parts: Sequence[AutoReplyPart]) -> Fields:
    """Links and messages that the group clicked."""
    clicked = {act["part_id"]: act for act in acts if "part_id" in act}
    urls = [_url(part, clicked[part.pk]) for part in parts if part.url and part.pk in clicked]
    messages = [
        {"id": part.pk, "message": part.message, "tags": part.tags, "clicks": clicked[part.pk]["count"]}
        for part in parts
        if part.message and part.pk in clicked
    ]
    return {"total": _totals([act for act in acts if "kind" in act]), "urls": urls, "messages": messages}


def _url(part: AutoReplyPart, act: Fields) -> Fields:
    return {
        "id": part.pk,
        **{name: getattr(part, name) or None for name in UTM},
        "clicks": act["count"],
        **{name: act[name] for name in COUNTED[2:]},
        "link": part.pk,
        "tags": part.tags,
    }


def _totals(acts: Sequence[Fields]) -> Fields:
    nothing: Fields = dict.fromkeys(COUNTED, 0) | {"transaction_revenue": 0.0}
    of_kind = dict.fromkeys(AutoReplyAct.Kind.values, nothing) | {act["kind"]: act for act in acts}
    triggers, opens, clicks = (of_kind[kind] for kind in AutoReplyAct.Kind.values)
    rate = round(clicks["count"] / triggers["count"], 3) if triggers["count"] else 0.0
    return {
        "triggers": triggers["count"],
        "replies": triggers["count"],
        "opens": opens["count"],
        "unique_opens": opens["unique"],
        "clicks": clicks["count"],
        "unique_clicks": clicks["unique"],
        "click_rate": rate,
        "adds_to_cart": clicks["adds_to_cart"],
        "orders": clicks["transactions"],
        "revenue": clicks["transaction_revenue"],
    }


class _Line:
    """A file for the csv module whose `write` returns the line."""

    def write(self, line: str) -> str:
        return line


def behavior_lines(kind: str, rows: Iterable[BehaviorRow], zone: ZoneInfo) -> Iterator[str]:
    """A header line, and a line for each row."""
    write, columns = csv.writer(_Line()).writerow, COLUMNS[kind]
    yield str(write(("line_uid", *UTM, "time", *columns, "ingestion_timestamp")))
    for row in rows:
        utm, values = (getattr(row, name) for name in UTM), (row.values[name] for name in columns)
        time, written = with_fraction(row.time, zone), with_fraction(row.ingested_at, zone)
        yield str(write((row.line_uid, *utm, time, *values, written)))
