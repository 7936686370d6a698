"""Labels of audit log actions in the viewer's language."""

from collections.abc import Iterable
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEntry

ACTIONS: dict[str, str | Promise] = {
    "account.created": _("Account created"),
    "account.edited": _("Account edited"),
    "plan.changed": _("Plan changed"),
    "limit.changed": _("Endpoint limit changed"),
    "licence.granted": _("Licence granted"),
    "licence.changed": _("Licence period changed"),
    "licence.ended": _("Licence ended"),
    "user.added": _("User added"),
    "user.removed": _("User removed"),
    "user.password_reset": _("Password reset"),
    "user.log_in_failed": _("Log-in failed"),
    "token.issued": _("API token made"),
    "token.revoked": _("API token revoked"),
    "endpoint.created": _("Endpoint created"),
    "endpoint.edited": _("Endpoint edited"),
    "endpoint.paused": _("Endpoint paused"),
    "endpoint.resumed": _("Endpoint resumed"),
    "endpoint.secret_revealed": _("Share secret revealed"),
    "endpoint.secret_rotated": _("Share secret changed"),
    "endpoint.deleted": _("Endpoint deleted"),
    "callback.set": _("Binding callback set"),
    "callback.removed": _("Binding callback removed"),
    "check.started": _("Receiver check started"),
    "fault.added": _("Injected fault added"),
    "fault.removed": _("Injected fault removed"),
    "openapi_failure.added": _("Failure of the Open API scripted"),
    "openapi_failure.removed": _("Scripted failure of the Open API removed"),
    "retry_waits.changed": _("Retry waits changed"),
}
"""Every action that a service records."""
ICONS = {
    "account": "info",
    "plan": "info",
    "limit": "info",
    "licence": "check",
    "user": "person",
    "token": "key",
    "endpoint": "webhook",
    "callback": "webhook",
    "check": "shield",
    "fault": "webhook",
    "retry_waits": "refresh",
}


class Worded(NamedTuple):
    """An entry as a page shows it."""

    entry: AuditEntry
    action: str | Promise
    icon: str


def worded(entries: Iterable[AuditEntry]) -> list[Worded]:
    return [
        Worded(each, ACTIONS.get(each.action, each.action), ICONS.get(each.action.partition(".")[0], "info"))
        for each in entries
    ]
