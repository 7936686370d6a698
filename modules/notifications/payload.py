"""The `data` of this module's events."""

from datetime import datetime
from typing import Any

from accounts.models import Account
from maac_contract.contract import format_timestamp
from modules.notifications.models import Binding, Message


def status_of(message: Message) -> dict[str, Any]:
    """pnp.status_updated."""
    return {
        "pnp_setting_id": message.template_id,
        "pnp_setting_name": message.template.name,
        "pnp_message_id": message.pk,
        "event_id": message.event_id,
        "customized_id": message.customized_id,
        "phone_number": message.phone_number,
        "status": message.status,
        "line_push_template_id": message.line_push_template_id,
        "line_push_status": message.line_push_status or None,
        "line_push_delivered_at": _written(message.line_push_delivered_at, message.account),
        "line_push_error_category": message.line_push_error_category or None,
        "pnp_status": message.pnp_status or None,
        "pnp_delivered_at": _written(message.pnp_delivered_at, message.account),
        "sms_status": message.sms_status or None,
        "sms_delivered_at": _written(message.sms_delivered_at, message.account),
        "sms_error_category": message.sms_error_category or None,
    }


def profile_of(binding: Binding) -> dict[str, Any]:
    """pnp.profile_updated."""
    return {
        "pnp_setting_id": binding.template_id,
        "pnp_setting_name": binding.template.name,
        "source": binding.source,
        "phone_number": binding.phone_number,
        "line_uid": binding.contact.line_uid,
        "customer_id": binding.contact.customer_id,
    }


def _written(moment: datetime | None, account: Account) -> str | None:
    return format_timestamp(moment, account.zone_info) if moment else None
