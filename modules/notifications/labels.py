"""Labels of statuses, channels and outcomes for the console."""

from maac_contract.sentences import gettext_noop as _
from modules.notifications import machine

CHANNELS = {machine.LINE_PUSH: _("LINE push"), machine.PNP: _("Notification message"), machine.SMS: _("SMS")}

STATUSES = {
    "line_push_preparing": _("LINE push: preparing"),
    "line_push_delivered": _("LINE push: delivered"),
    "line_push_failed": _("LINE push: failed"),
    "line_push_undeliverable": _("LINE push: cannot be delivered"),
    "pnp_preparing": _("Notification message: preparing"),
    "pnp_accepted": _("Notification message: accepted"),
    "pnp_delivered": _("Notification message: delivered"),
    "pnp_failed": _("Notification message: failed"),
    "pnp_undeliverable": _("Notification message: cannot be delivered"),
    "sms_preparing": _("SMS: preparing"),
    "sms_accepted": _("SMS: accepted by the vendor"),
    "sms_delivered": _("SMS: delivered"),
    "sms_failed": _("SMS: failed"),
    "sms_undeliverable": _("SMS: cannot be delivered"),
    "sms_blocked": _("SMS: blocked"),
    "sms_temporary_error": _("SMS: temporary error"),
    "sms_callback_timeout": _("SMS: no delivery report in time"),
}

OUTCOMES = {
    machine.DELIVERED: _("delivers"),
    machine.MEMBER_NOT_FOUND: _("finds no member"),
    machine.MONTHLY_LIMIT: _("is at its monthly limit"),
    machine.LINE_ERROR: _("fails at LINE"),
    machine.LINE_TIMEOUT: _("gets no answer from LINE in time"),
    machine.TOKEN_EXPIRED: _("is refused, since the account's LINE token has expired"),
    machine.MAINTENANCE: _("is refused, since LINE is under maintenance"),
    machine.BLOCKED_ACCOUNT: _("finds that the user has blocked the account"),
    machine.NO_LINE_USER: _("finds no LINE user"),
    machine.PHONE_OFF: _("finds the phone off"),
    machine.LANDLINE: _("finds a landline"),
    machine.BLOCKED_LIST: _("finds the number on a blocked list"),
    machine.SENSITIVE_WORD: _("fails for a sensitive word"),
    machine.VENDOR_RECOVERS: _("waits for the vendor, then delivers"),
    machine.VENDOR_DOWN: _("fails with the vendor"),
    machine.CALLBACK_LOST: _("gets no delivery report"),
}


def kind_of(status: str) -> str:
    """The style of a status."""
    if machine.has_delivered(status):
        return "good"
    if status.endswith(("_preparing", "_accepted")):
        return "idle"
    return "warn" if status == "sms_temporary_error" else "bad"
