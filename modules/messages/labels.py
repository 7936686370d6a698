"""Categories, statuses, marks and outcomes in words for the console."""

from maac_contract.sentences import gettext_noop as _
from modules.messages import rules

CATEGORIES = {
    rules.PUSH: _("Push"),
    rules.MULTICAST: _("Multicast"),
    rules.ENHANCED: _("Enhanced multicast"),
}
STATUSES = {rules.PENDING: _("Pending"), rules.SENDING: _("Sending"), rules.SENT: _("Has been sent")}
STATUS_PILLS = {rules.PENDING: "idle", rules.SENDING: "warn", rules.SENT: "good"}
MARKS = {
    rules.DELIVERED: _("Received"),
    rules.NOT_FOUND: _("No contact has this LINE UID"),
    rules.BLOCKED: _("Has blocked the account"),
    rules.TIMEOUT: _("LINE did not answer in time"),
    rules.ERROR: _("LINE answered with an error"),
}
OUTCOMES = {
    rules.TOLD: _("It was told as message.first_open."),
    rules.OPENED_BEFORE: _("Only the first open of a message is told."),
    rules.WITHOUT_EVENT: _("A message that was sent without an event_id is never told."),
    rules.NOT_TRACKED: _("MAAC does not track an enhanced multicast."),
    rules.NOT_BOUND: _("The contact has no customer ID, which the event needs."),
}
