"""Validation of templates and messages, outcomes of sending, and outcomes of opens. Pure.

Documented by MAAC: the limits, the three categories and statuses, and which opens publish an event. Chosen: names of
a template's parameters, how LINE's answer is picked, which failure has which mark, and that the opens of an unbound
contact are counted but publish no event, because the event needs a customer id.
"""

import json
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
RATE_LIMITED, REFUSED_BY_LINE = "rate_limited", "refused"
LINE_ANSWERS = (SUCCESS, TIMEOUT, ERROR)
"""LINE's response for every message of a template, so that failures can be simulated."""
DELIVERED, NOT_FOUND, BLOCKED = "", "not_found", "blocked"
MARKS = (DELIVERED, NOT_FOUND, BLOCKED, TIMEOUT, ERROR, RATE_LIMITED, REFUSED_BY_LINE)
"""Why a recipient did not receive the message; empty if it was received."""

PUBLISHED = "published"
OPENED_BEFORE = "opened_before"
WITHOUT_EVENT = "without_event"
NOT_TRACKED = "not_tracked"
NOT_BOUND = "not_bound"
OUTCOMES = (PUBLISHED, OPENED_BEFORE, WITHOUT_EVENT, NOT_TRACKED, NOT_BOUND)
"""Whether an open published an event, else why not."""

MAGIC: dict[str, str] = {
    "U00000000000000000000000000000400": REFUSED_BY_LINE,
    "U00000000000000000000000000000404": NOT_FOUND,
    "U00000000000000000000000000000408": TIMEOUT,
    "U00000000000000000000000000000429": RATE_LIMITED,
    "U00000000000000000000000000000500": ERROR,
}
"""LINE UIDs to which a message fails so, whatever is stored."""

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
NOT_A_URL = _("Write an address that begins with http:// or https://, of at most 1000 characters.")
NOT_A_UTM = _("Write at most 100 printable characters, or nothing.")
NOT_TAGS = _("Give at most 20 tags of 1 to 50 printable characters each.")
ONE_TARGET = _("Give either an address or a keyword.")
TOO_MANY = {
    MULTICAST: _("Give 1 to 150 recipients."),
    ENHANCED: _("Give 1 to 500 recipients."),
}
LINE_UID = re.compile(r"U[0-9a-f]{32}")
URL = re.compile(r"https?://\S+$")
TAG_LIMIT = 50

REFUSED = "The request body has 1 error(s)"
INVALID_USER = "Invalid user"
RESPONSES: dict[str, str] = {
    NOT_FOUND: json.dumps({"message": INVALID_USER}),
    BLOCKED: json.dumps({"message": INVALID_USER}),
    TIMEOUT: "timeout",
    ERROR: "500 Internal Server Error",
    RATE_LIMITED: "429 Too Many Requests",
    REFUSED_BY_LINE: json.dumps({"message": REFUSED}),
}
"""The `response` of a recipient in the Open API: LINE's answer as text, or an error of MAAC's own."""


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
    """Faults of one recipient: the LINE UID, and the texts of the template's parameters."""
    faults: Faults = {}
    if not (isinstance(line_uid, str) and LINE_UID.fullmatch(line_uid)):
        faults[LINE_UID_PARAMETER] = NOT_A_LINE_UID if line_uid else REQUIRED
    return faults | value_faults(values=values, parameters=parameters)


def value_faults(*, values: Mapping[str, Any], parameters: Collection[str]) -> Faults:
    """Parameters are optional (documented): one without a value is empty in the message."""
    given = {name: values[name] for name in parameters if values.get(name) is not None}
    return {name: NOT_A_TEXT for name, value in given.items() if not _is_text(value)}


def texts_of(*, values: Mapping[str, Any], parameters: Collection[str]) -> dict[str, str]:
    """The text of each parameter."""
    return {name: "" if values.get(name) is None else str(values[name]) for name in parameters}


def tracked_faults(*, url: str, keyword: str, utm: Collection[str | None], tags: Sequence[str]) -> Faults:
    """Faults of a tracked link or a trigger keyword of a template."""
    faults: Faults = {}
    if bool(url) == bool(keyword):
        faults["url"] = ONE_TARGET
    if url and not (URL.match(url) and len(url) <= VALUE_LIMIT and url.isprintable()):
        faults["url"] = NOT_A_URL
    if keyword and not is_name(keyword):
        faults["keyword"] = NOT_A_NAME
    if not all(text is None or (len(text) <= NAME_LIMIT and text.isprintable()) for text in utm):
        faults["utm_campaign"] = NOT_A_UTM
    if len(tags) > PARAMETER_LIMIT or not all(is_name(tag) and len(tag) <= TAG_LIMIT for tag in tags):
        faults["tags"] = NOT_TAGS
    return faults


def _is_text(value: Any) -> bool:
    """Numbers count as text, since prices are sent as numbers. Databases cannot store NUL and lone surrogates."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return False
    text = str(value)
    return len(text) <= VALUE_LIMIT and not any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text)


def mark_of(*, line_answer: str, is_known: bool, has_blocked: bool) -> str:
    """The outcome of sending to one recipient. Whatever is no success in `line_answer` is the mark of all of them."""
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
    if mark == RATE_LIMITED:
        return ERROR
    fault = ("May not be empty", "messages[0].text") if mark == REFUSED_BY_LINE else (INVALID_USER, "to")
    return {"message": REFUSED, "details": [dict(zip(("message", "property"), fault, strict=True))]}


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
