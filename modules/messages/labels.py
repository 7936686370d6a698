"""Labels of categories, statuses, marks and outcomes for the console."""

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
    rules.RATE_LIMITED: _("LINE's own rate limit was reached"),
    rules.REFUSED_BY_LINE: _("LINE refused the message"),
}
OUTCOMES = {
    rules.PUBLISHED: _("Published as message.first_open."),
    rules.OPENED_BEFORE: _("Only the first open of a message publishes an event."),
    rules.WITHOUT_EVENT: _("Opens of a message without an event_id publish no event."),
    rules.NOT_TRACKED: _("MAAC does not track an enhanced multicast."),
    rules.NOT_BOUND: _("The contact has no customer ID, which the event needs."),
}
