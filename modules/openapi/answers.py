"""Response bodies in MAAC's order of fields. Times are in the account's time zone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from modules.messages import rules
from modules.messages.clicks import SALES, UTM
from modules.messages.models import DirectMessage, MessageEvent, Recipient, TrackedLink
from modules.messages.models import Template as MessageTemplate
from modules.notifications.models import Message, Template
from modules.notifications.payload import status_of
from modules.openapi.times import with_fraction

Fields = dict[str, Any]
STATUS_NAMES = {"active": "enable", "inactive": "disable"}
"""MAAC's samples show `enable` alone; `disable` is chosen."""
NO_CLICKS: Fields = {"clicks": 0, "unique_clicks": None, "adds_to_cart": 0, "transactions": 0, "transaction_revenue": 0}


def event(row: MessageEvent, zone: ZoneInfo) -> Fields:
    return {
        "id": row.pk,
        "archived": row.is_archived,
        "name": row.name,
        "created_at": with_fraction(row.created_at, zone),
    }


def report(
    row: MessageEvent, opens: int, links: Sequence[TrackedLink], counts: Mapping[int, Fields], unique: int | None
) -> Fields:
    """`counts` are the figures of each link that was clicked; `unique` is null without a click (documented)."""
    total = {
        "opens": opens,
        "clicks": sum(each["clicks"] for each in counts.values()),
        "unique_clicks": unique,
        **{name: sum(each[name] for each in counts.values()) for name in SALES},
    }
    urls = [_tracked_url(link, counts.get(link.pk, NO_CLICKS)) for link in links if link.url]
    messages = [
        {
            "id": link.pk,
            "message": link.keyword,
            "clicks": counts.get(link.pk, NO_CLICKS)["clicks"],
            "tags": link.tags,
        }
        for link in links
        if link.keyword
    ]
    return {"id": row.pk, "report": {"total": total, "urls": urls, "messages": messages}}


def _tracked_url(link: TrackedLink, figures: Fields) -> Fields:
    utm = {name: getattr(link, name) for name in UTM}
    counted = {name: figures[name] for name in ("clicks", "unique_clicks", *SALES)}
    return {"id": link.pk, "link": link.pk, "url": link.url, **utm, **counted, "tags": link.tags}


def message_template(row: MessageTemplate) -> Fields:
    return {"id": row.pk, "name": row.name, "parameters": row.parameters}


def direct_message(row: DirectMessage, recipients: Sequence[Recipient], zone: ZoneInfo, now: datetime) -> Fields:
    status = row.status_at(now)
    fields = {"id": row.pk, "category": row.category, "status": status, "event_id": row.event_id}
    return {**fields, "result": _result(row, recipients, zone)} if status == rules.SENT else fields


def _result(row: DirectMessage, recipients: Sequence[Recipient], zone: ZoneInfo) -> Fields:
    return {
        "sent_time": row.sent_at.astimezone(zone).isoformat(timespec="seconds"),
        "to": {"line_ids": [each.line_uid for each in recipients]},
        "total_count": row.total_count,
        "fail_count": row.fail_count,
        "fail_info": [
            {"line_uid": each.line_uid, "mark": position, "response": rules.RESPONSES[each.mark]}
            for position, each in enumerate(recipients)
            if each.mark != rules.DELIVERED
        ],
    }


def setting(row: Template) -> Fields:
    names = (
        "id", "name", "status", "line_push_enabled", "pnp_enabled", "fallback_enabled", "fallback_period", "parameters",
        "sms_parameters",
    )  # fmt: skip
    return {**{name: getattr(row, name) for name in names}, "status": STATUS_NAMES[row.status]}


def pnp_message(row: Message, zone: ZoneInfo) -> Fields:
    """A record in the order of MAAC's samples; the fields lie between those of `pnp.status_updated`."""
    fields = status_of(row)
    phone_number, event_id, customized_id = (fields.pop(name) for name in ("phone_number", "event_id", "customized_id"))
    for name in ("pnp_setting_id", "pnp_setting_name", "pnp_message_id"):
        del fields[name]
    return {
        "phone_number": phone_number,
        "pnp_message_id": row.pk,
        **fields,
        "updated_at": with_fraction(row.updated_at, zone),
        "event_id": event_id,
        "customized_id": customized_id,
    }
