"""Labels of delivery states and reasons in the viewer's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.deliveries.explanations import explain_attempt as explain_attempt
from webhooks.engine.job import Reason
from webhooks.engine.lifecycle import SkipReason, Status
from webhooks.models import Endpoint
from webhooks.services.subscribers import NOT_SUBSCRIBED

Words = str | Promise

STATUSES: dict[str, Words] = {
    Status.PENDING: _("Pending"),
    Status.DELIVERED: _("Delivered"),
    Status.FAILED: _("Failed"),
    Status.SKIPPED: _("Skipped"),
}
TONES: dict[str, str] = {
    Status.PENDING: "warn",
    Status.DELIVERED: "good",
    Status.FAILED: "bad",
    Status.SKIPPED: "idle",
}
"""The colour of a pill for each state."""

REASONS: dict[str, Words] = {
    Reason.OK: _("The receiver took it"),
    Reason.ERROR_STATUS_CODE: _("The receiver answered with another status than 200"),
    Reason.COULD_NOT_CONNECT: _("No connection to the receiver"),
    Reason.NAME_NOT_RESOLVED: _("The host name was not found"),
    Reason.CONNECTION_LOST: _("The connection broke before the answer was complete"),
    Reason.REQUEST_TIMEOUT: _("No complete answer in time"),
    Reason.TLS_ERROR: _("No secure connection (TLS)"),
    Reason.INVALID_ANSWER: _("The answer is not HTTP"),
    Reason.INVALID_URL: _("The URL cannot be sent to"),
    Reason.REFUSED_ADDRESS: _("The address is in a network that is not allowed"),
    Reason.UNCLASSIFIED: _("It could not be sent"),
    Reason.INTERNAL_ERROR: _("An error in the simulator ended the attempt"),
    SkipReason.ENDPOINT_PAUSED: _("The endpoint was paused"),
    SkipReason.ENDPOINT_DELETED: _("The endpoint was deleted"),
    SkipReason.ZONE_NOT_LICENSED: _("The event's zone had no valid licence"),
    NOT_SUBSCRIBED: _("The endpoint was not subscribed to this event type"),
}


def status_word(status: str) -> str:
    """The state of a delivery in a word."""
    return str(STATUSES.get(status, status))


def status_tone(status: str) -> str:
    return TONES.get(status, "idle")


def reason_sentence(reason: str) -> str:
    """A reason in few words; empty while there is none."""
    return str(REASONS.get(reason, reason))


def endpoint_name(endpoint: Endpoint) -> str:
    """Its name, or what it is: the binding callback's address has no name of its own."""
    return str(_("Binding callback")) if endpoint.kind == Endpoint.Kind.CALLBACK else endpoint.name
