"""Response bodies in MAAC's order of fields. Times are in the account's time zone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from maac_contract.contract import format_timestamp
from modules.messages import rules
from modules.messages.models import DirectMessage, MessageEvent, Recipient
from modules.messages.models import Template as MessageTemplate
from modules.notifications.models import Message, Template
from modules.notifications.payload import status_of

Fields = dict[str, Any]
BEFORE_PHONE_NUMBER = 5
"""The number of fields of `pnp.status_updated` before those in the list of messages."""


def event(row: MessageEvent, zone: ZoneInfo) -> Fields:
    return {"id": row.pk, "archived": row.is_archived, "name": row.name, "created_at": _written(row.created_at, zone)}


def report(row: MessageEvent, opens: int) -> Fields:
    """Only opens are simulated, so the other figures are 0."""
    total = {
        "opens": opens, "clicks": 0, "unique_clicks": 0, "adds_to_cart": 0, "transactions": 0, "transaction_revenue": 0,
    }  # fmt: skip
    return {"id": row.pk, "report": {"total": total, "urls": [], "messages": []}}


def message_template(row: MessageTemplate) -> Fields:
    return {"id": row.pk, "name": row.name, "parameters": row.parameters}


def direct_message(row: DirectMessage, recipients: Sequence[Recipient], zone: ZoneInfo, now: datetime) -> Fields:
    status = row.status_at(now)
    fields = {"id": row.pk, "category": row.category, "status": status, "event_id": row.event_id}
    return {**fields, "result": _result(row, recipients, zone)} if status == rules.SENT else fields


def _result(row: DirectMessage, recipients: Sequence[Recipient], zone: ZoneInfo) -> Fields:
    return {
        "sent_time": _written(row.sent_at, zone),
        "to": {"line_ids": [each.line_uid for each in recipients]},
        "total_count": row.total_count,
        "fail_count": row.fail_count,
        "fail_info": [
            {"line_uid": each.line_uid, "mark": each.mark, "response": rules.RESPONSES[each.mark]}
            for each in recipients
            if each.mark != rules.DELIVERED
        ],
    }


def setting(row: Template) -> Fields:
    names = (
        "id", "name", "status", "line_push_enabled", "pnp_enabled", "fallback_enabled", "fallback_period", "parameters",
        "sms_parameters",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}


def pnp_message(row: Message, zone: ZoneInfo) -> Fields:
    shown = list(status_of(row).items())[BEFORE_PHONE_NUMBER:]
    return {"pnp_message_id": row.pk, **dict(shown), "updated_at": _written(row.updated_at, zone)}


def _written(moment: datetime, zone: ZoneInfo) -> str:
    return format_timestamp(moment, zone)
