"""Validation of templates and messages, outcomes of sending, and outcomes of opens. Pure.

Documented by MAAC: the limits, the three categories and statuses, and which opens publish an event. Chosen: names of
a template's parameters, how LINE's answer is picked, which failure has which mark, and that the opens of an unbound
contact are counted but publish no event, because the event needs a customer id.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from maac_contract.sentences import gettext_noop as _

PUSH, MULTICAST, ENHANCED = "push", "multicast", "enhanced_multicast"
CATEGORIES = (PUSH, MULTICAST, ENHANCED)
PENDING, SENDING, SENT = "pending", "sending", "sent"
STATUSES = (PENDING, SENDING, SENT)
SUCCESS, TIMEOUT, ERROR = "success", "timeout", "error"
LINE_ANSWERS = (SUCCESS, TIMEOUT, ERROR)
"""LINE's response for every message of a template, so that failures can be simulated."""
DELIVERED, NOT_FOUND, BLOCKED = "", "not_found", "blocked"
MARKS = (DELIVERED, NOT_FOUND, BLOCKED, TIMEOUT, ERROR)
"""Why a recipient did not receive the message; empty if it was received."""

PUBLISHED = "published"
OPENED_BEFORE = "opened_before"
WITHOUT_EVENT = "without_event"
NOT_TRACKED = "not_tracked"
NOT_BOUND = "not_bound"
OUTCOMES = (PUBLISHED, OPENED_BEFORE, WITHOUT_EVENT, NOT_TRACKED, NOT_BOUND)
"""Whether an open published an event, else why not."""

EVENT_LIMIT = 1000
RECIPIENT_LIMITS = {PUSH: 1, MULTICAST: 150, ENHANCED: 500}
NAME_LIMIT = 100
VALUE_LIMIT = 1000
PARAMETER_LIMIT = 20
PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,49}")
LINE_UID_PARAMETER = "line_uid"

Faults = dict[str, str]
"""Error messages by field."""

REQUIRED = _("This field is required.")
NOT_A_NAME = _("Write 1 to 100 printable characters.")
NOT_PARAMETERS = _(
    "Give at most 20 different names of letters, digits and _, none that begins with a digit, none of them line_uid."
)
NOT_A_LINE_ANSWER = _("Choose success, timeout or error.")
NOT_A_LINE_UID = _("A LINE UID is U and 32 lower-case hex digits.")
NOT_A_TEXT = _("Write a text of at most 1000 characters.")
TOO_MANY = {
    MULTICAST: _("Give 1 to 150 recipients."),
    ENHANCED: _("Give 1 to 500 recipients."),
}
LINE_UID = re.compile(r"U[0-9a-f]{32}")

FAILED = "Failed to send messages"
RESPONSES: dict[str, str] = {
    NOT_FOUND: "Not a contact of this account",
    BLOCKED: "The contact has blocked the account",
    TIMEOUT: "LINE did not answer in time",
    ERROR: "LINE answered with an error",
}
"""The Open API's English text for each mark."""


def template_faults(*, name: str, parameters: Sequence[str], line_answer: str) -> Faults:
    faults: Faults = {}
    if not is_name(name):
        faults["name"] = NOT_A_NAME
    if not are_parameters(parameters):
        faults["parameters"] = NOT_PARAMETERS
    if line_answer not in LINE_ANSWERS:
        faults["line_answer"] = NOT_A_LINE_ANSWER
    return faults


def are_parameters(names: Sequence[str]) -> bool:
    are_good = all(PARAMETER.fullmatch(name) and name != LINE_UID_PARAMETER for name in names)
    return are_good and len(set(names)) == len(names) <= PARAMETER_LIMIT


def is_name(name: str) -> bool:
    return 0 < len(name) <= NAME_LIMIT and name.isprintable() and not name.isspace()


def recipient_faults(*, line_uid: Any, values: Mapping[str, Any], parameters: Collection[str]) -> Faults:
    """Faults of one recipient: the LINE UID, and a text for each parameter of the template."""
    faults: Faults = {}
    if not (isinstance(line_uid, str) and LINE_UID.fullmatch(line_uid)):
        faults[LINE_UID_PARAMETER] = NOT_A_LINE_UID if line_uid else REQUIRED
    return faults | value_faults(values=values, parameters=parameters)


def value_faults(*, values: Mapping[str, Any], parameters: Collection[str]) -> Faults:
    missing = {name: REQUIRED for name in parameters if values.get(name) in (None, "")}
    return missing | {name: NOT_A_TEXT for name in parameters if name not in missing and not _is_text(values[name])}


def _is_text(value: Any) -> bool:
    """Numbers count as text, since prices are sent as numbers. Databases cannot store NUL and lone surrogates."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return False
    text = str(value)
    return len(text) <= VALUE_LIMIT and not any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text)


def mark_of(*, line_answer: str, is_known: bool, has_blocked: bool) -> str:
    """The outcome of sending to one recipient."""
    if line_answer != SUCCESS:
        return line_answer
    if not is_known:
        return NOT_FOUND
    return BLOCKED if has_blocked else DELIVERED


def result_of_push(mark: str) -> str | dict[str, Any]:
    """The response to a push."""
    if mark == DELIVERED:
        return SUCCESS
    if mark in (TIMEOUT, ERROR):
        return mark
    return {"message": FAILED, "details": [{"message": RESPONSES[mark], "property": LINE_UID_PARAMETER}]}


def status_at(moment: datetime, *, created_at: datetime, sent_at: datetime) -> str:
    """The status depends only on time: pending for the first half of the duration, sending for the second."""
    if moment >= sent_at:
        return SENT
    return SENDING if moment - created_at >= (sent_at - created_at) / 2 else PENDING


def is_tracked(*, category: str) -> bool:
    """MAAC does not track opens of an enhanced multicast; a broadcast has no category and is tracked."""
    return category != ENHANCED


def outcome_of(*, category: str, has_event: bool, is_bound: bool, is_first: bool) -> str:
    """The outcome of an open. `category` is empty for a broadcast, which needs no message event."""
    if not is_tracked(category=category):
        return NOT_TRACKED
    if category and not has_event:
        return WITHOUT_EVENT
    if not is_first:
        return OPENED_BEFORE
    return PUBLISHED if is_bound else NOT_BOUND
