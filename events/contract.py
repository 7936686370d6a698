"""What MAAC sends, stated once: topics and their fields, headers, waits and rules. Documents and checks derive from it.

To add a field, add one `Field` line to its record below, at the place it has in the payload.
"""

import json
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from events.shapes import Boolean, Faults, Field, Float, Integer, ListOf, MapOf, Null, Record, Row, Text
from events.shapes import Fault as Fault
from events.shapes import Source as Source

CHOSEN, DOCUMENTED = Source.CHOSEN, Source.DOCUMENTED

# --- Request -------------------------------------------------------------------------------------------------------

METHOD = "POST"
CONTENT_TYPE = "application/json; charset=utf-8"
HEADER_IDEMPOTENCY_KEY = "CrescLab-Idempotency-Key"
HEADER_SIGNATURE = "CrescLab-Signature"
BODY_FIELDS = ("timestamp", "topic", "data")
DEFAULT_TIME_ZONE = "Asia/Taipei"
JAPAN_TIME_ZONE = "Asia/Tokyo"

# --- Answer and retries --------------------------------------------------------------------------------------------

SUCCESS_STATUS = 200
RETRIED_STATUSES = (408, 429)
RETRY_WAITS = (1.0, 2.0, 4.0)
CONNECT_TIMEOUT = 3.0
ATTEMPT_TIMEOUT = 10.0
ANSWER_READ_LIMIT = 64 * 1024
ANSWER_KEPT_LIMIT = 16 * 1024

# --- Endpoints and licences ----------------------------------------------------------------------------------------

ENDPOINT_LIMIT = 3
ZONES: tuple[int, ...] = (1, 2)

# --- Words that payloads choose from -------------------------------------------------------------------------------

LINE_PUSH_STATUSES = ("line_push_preparing", "line_push_delivered", "line_push_failed", "line_push_undeliverable")
PNP_CHANNEL_STATUSES = ("pnp_preparing", "pnp_accepted", "pnp_delivered", "pnp_failed", "pnp_undeliverable")
SMS_STATUSES = (
    "sms_preparing",
    "sms_accepted",
    "sms_delivered",
    "sms_failed",
    "sms_undeliverable",
    "sms_blocked",
    "sms_temporary_error",
    "sms_callback_timeout",
)
PNP_STATUSES = LINE_PUSH_STATUSES + PNP_CHANNEL_STATUSES + SMS_STATUSES
LINE_PUSH_ERROR_CATEGORIES = ("member_not_found", "reach_monthly_limit", "others")
SMS_ERROR_CATEGORIES = ("target_reception_issue", "invalid_phone_number", "sensitive_words", "others")
PNP_SOURCES = ("pnp", "sms")
MESSAGE_TYPES = ("broadcast", "openapi")
SURVEY_STATUSES = ("FINISH",)
SURVEY_QUESTION_TYPES = (
    "TXTSHORT",
    "TXTLONG",
    "CHOICEONE",
    "CHOICEMULTI",
    "NEST",
    "NESTCHILD",
    "DIGITINPUT",
    "DIGITSLIDE",
    "ITEMSORT",
    "RATINGBAR",
    "PICKFROM",
    "QUOTE",
    "STATEMENT",
    "DATEPICKER",
    "DIVIDER",
)
MAAC_ALIASES = (
    "maac_member_line_uid",
    "maac_member_name",
    "maac_member_mobile",
    "maac_member_birthday",
    "maac_member_customer_id",
    "maac_member_email",
    "maac_member_gender",
)
GENDER_ALIASES = ("male", "female", "unknown")

# --- Shapes of text ------------------------------------------------------------------------------------------------

DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
OFFSET = r"[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]"


def moment(fraction: str, like: str) -> Text:
    return Text(f"{DAY}T{TIME}{fraction}{OFFSET}", like=like, parse=datetime.fromisoformat)


ANY_TEXT = Text()
TEXTS = ListOf(ANY_TEXT)
TO_THE_SECOND = moment("", "a date and time such as 2026-03-03T12:05:36+08:00")
TO_THE_MICROSECOND = moment(r"\.[0-9]{6}", "a date and time such as 2026-03-04T18:22:08.963001+08:00")
WITH_OFFSET = moment(r"(?:\.[0-9]{6})?", "a date and time with an offset, such as 2026-12-31T23:59:59+08:00")
WITHOUT_OFFSET = Text(f"{DAY} {TIME}", like="a time such as 2026-03-05 08:59:58", parse=datetime.fromisoformat)
PHONE = Text(r"\+[1-9][0-9]{1,14}|[0-9a-f]{64}", like="a number such as +886912345678, or 64 lower-case hex digits")
HEX_8, HEX_4, HEX_12 = (f"[0-9a-f]{{{length}}}" for length in (8, 4, 12))
UUID = Text("-".join((HEX_8, HEX_4, HEX_4, HEX_4, HEX_12)), like="a lower-case UUID with dashes")

# --- Fields that several topics share ------------------------------------------------------------------------------

LINE_UID = Field(
    "line_uid", Text("U[0-9a-f]{32}", like="U and 32 lower-case hex digits"), description="The contact's LINE user id."
)
CUSTOMER_ID = Field("customer_id", ANY_TEXT, description="The contact's id in your own system.")
CUSTOMER_ID_OR_NULL = Field(
    "customer_id", ANY_TEXT, nullable=True, description="The contact's id in your own system; null while none is bound."
)
PNP_SETTING_ID = Field("pnp_setting_id", Integer(), description="Which notification template was used.")
PNP_SETTING_NAME = Field("pnp_setting_name", ANY_TEXT, description="The template's name.")
PHONE_NUMBER = Field("phone_number", PHONE, description="The number as the request had it: E.164, or its SHA-256.")

# --- Topics --------------------------------------------------------------------------------------------------------

RECEIPT_ITEM = Record(
    (
        Field("description", ANY_TEXT, description="What was bought, as printed."),
        Field("unit_price", Float(), description="The price of one."),
        Field("quantity", Float(), description="How many."),
        Field("amount", Float(), description="The price of the line."),
    )
)

RECEIPT = Record(
    (
        LINE_UID,
        CUSTOMER_ID_OR_NULL,
        Field("campaign_name", ANY_TEXT, nullable=True, description="The receipt campaign it was uploaded for."),
        Field(
            "number", Text("[A-Z]{2}[0-9]{8}", like="two capitals and eight digits"), description="E-invoice number."
        ),
        Field("datetime", TO_THE_SECOND, description="When the purchase was made."),
        Field("upload_datetime", TO_THE_MICROSECOND, description="When the contact uploaded the receipt."),
        Field("random_number", Text("[0-9]{4}", like="four digits"), description="The e-invoice's check digits."),
        Field("channel", ANY_TEXT, description="The shop's name."),
        Field("items", ListOf(RECEIPT_ITEM), description="The lines of the receipt."),
    )
)

QUESTION = Record(
    (
        Field("subject", ANY_TEXT, description="The question's wording."),
        Field("type", Text(choices=SURVEY_QUESTION_TYPES), description="The kind of question."),
        Field("sn", Integer(), description="The question's stable number; they may have gaps and come in any order."),
        Field("label", ANY_TEXT, description="The question's tags, separated by commas."),
        Field("alias", ANY_TEXT, description="The alias marketing gave the question; empty if none."),
        Field("answer", TEXTS, description="The answers as the contact saw them."),
        Field("otherAnswer", TEXTS, source=CHOSEN, description="What was typed into an “other” choice, as text."),
        Field("answerLabel", TEXTS, source=CHOSEN, description="For each chosen answer, its tags, as text."),
        Field("answerAlias", TEXTS, source=CHOSEN, description="For each chosen answer, its alias, as text."),
    )
)

ISOLATED = Record(
    (
        Field("status", Boolean(), description="SurveyCake's own mark of an isolated answer."),
        Field("type", Null(), description="Always null."),
    )
)

SURVEY_ANSWER = Record(
    (
        Field("id", Integer(), description="The answer's number at SurveyCake."),
        Field("svid", Text("[!-~]{5}", like="five characters"), description="The form's id at SurveyCake."),
        Field("title", ANY_TEXT, description="The form's title."),
        Field("status", Text(choices=SURVEY_STATUSES), description="How the answer ended."),
        Field("submitTime", WITHOUT_OFFSET, description="When the form was submitted; it carries no offset."),
        Field("mbunq", ANY_TEXT, nullable=True, description="SurveyCake's own; its meaning is not documented."),
        Field(
            "meta",
            Record((Field("isolated", ISOLATED, description="Whether SurveyCake counts the answer as isolated."),)),
            description="Facts about the answer itself.",
        ),
        Field("mbrid", ANY_TEXT, nullable=True, description="SurveyCake's own; its meaning is not documented."),
        Field("alias", MapOf(TEXTS), description="The answers of every question that has an alias, by that alias."),
        Field("result", ListOf(QUESTION), description="Every question with its answers."),
    )
)

SURVEY = Record(
    (
        LINE_UID,
        CUSTOMER_ID_OR_NULL,
        Field("survey_name", ANY_TEXT, nullable=True, description="The form's name in MAAC."),
        Field(
            "answer_hash", Text("[0-9a-f]{32}", like="32 lower-case hex digits"), description="Finds it at SurveyCake."
        ),
        Field("answer", SURVEY_ANSWER, description="The whole answer as SurveyCake reports it."),
    )
)


def channel_status(name: str, choices: tuple[str, ...], channel: str) -> Field:
    description = f"How far {channel} came, in the words of `status`; null if not tried."
    return Field(name, Text(choices=choices), nullable=True, source=CHOSEN, description=description)


def delivered_at(name: str, channel: str) -> Field:
    description = f"When {channel} delivered it, ISO 8601 with an offset; null if it did not."
    return Field(name, WITH_OFFSET, nullable=True, source=CHOSEN, description=description)


def error_category(name: str, choices: tuple[str, ...], channel: str) -> Field:
    return Field(name, Text(choices=choices), nullable=True, description=f"Why {channel} failed; null if it did not.")


PNP_STATUS = Record(
    (
        PNP_SETTING_ID,
        PNP_SETTING_NAME,
        Field("pnp_message_id", Integer(), description="The id that the push call answered."),
        Field("event_id", Integer(), nullable=True, description="The message event the request named, if any."),
        Field("customized_id", ANY_TEXT, nullable=True, description="Your own mark from the request, if any."),
        PHONE_NUMBER,
        Field("status", Text(choices=PNP_STATUSES), description="The latest status over all channels."),
        Field(
            "line_push_template_id", Integer(), nullable=True, description="The LINE push template, if one was used."
        ),
        channel_status("line_push_status", LINE_PUSH_STATUSES, "LINE push"),
        delivered_at("line_push_delivered_at", "LINE push"),
        error_category("line_push_error_category", LINE_PUSH_ERROR_CATEGORIES, "LINE push"),
        channel_status("pnp_status", PNP_CHANNEL_STATUSES, "the notification message"),
        delivered_at("pnp_delivered_at", "the notification message"),
        channel_status("sms_status", SMS_STATUSES, "SMS"),
        delivered_at("sms_delivered_at", "SMS"),
        error_category("sms_error_category", SMS_ERROR_CATEGORIES, "SMS"),
    )
)

PNP_PROFILE = Record(
    (
        PNP_SETTING_ID,
        PNP_SETTING_NAME,
        Field("source", Text(choices=PNP_SOURCES), description="The channel that led to the binding."),
        PHONE_NUMBER,
        LINE_UID,
        CUSTOMER_ID_OR_NULL,
    )
)

POINTS = Record(
    (
        Field("prize_name", ANY_TEXT, description="The reward's name."),
        Field("points_id", UUID, description="The grant's id; the same whenever this grant is told again."),
        LINE_UID,
        CUSTOMER_ID,
        Field("points_memo", ANY_TEXT, description="Why the points were given."),
        Field("points_count", Integer(), description="How many points."),
        Field("points_expire_date", WITH_OFFSET, nullable=True, description="When they lapse; null if never."),
        Field("points_category", ANY_TEXT, nullable=True, description="The kind of points, if they have kinds."),
    )
)

FIRST_OPEN = Record(
    (
        Field("message_type", Text(choices=MESSAGE_TYPES), description="How the message was sent."),
        Field("message_id", Integer(), description="Which message; for `openapi` the `event_id` of the request."),
        LINE_UID,
        CUSTOMER_ID,
    )
)


@dataclass(frozen=True)
class Topic:
    """An event type: what an endpoint subscribes to, the zone that licenses it, and the shape of its `data`."""

    name: str
    zone: int
    title: str
    description: str
    data: Record


TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic(
            "receipt.receipt_validated",
            1,
            "Receipt validated",
            "An uploaded receipt met the conditions of the receipt module. Others are never sent.",
            RECEIPT,
        ),
        Topic("form.surveycake_submitted", 1, "Survey submitted", "A contact submitted a SurveyCake form.", SURVEY),
        Topic(
            "pnp.status_updated",
            1,
            "Notification message status",
            "A notification message (SMS+) moved on, on any of its channels.",
            PNP_STATUS,
        ),
        Topic(
            "pnp.profile_updated",
            1,
            "Contact bound by notification message",
            "A notification message led to a phone number and a LINE contact being bound.",
            PNP_PROFILE,
        ),
        Topic("prize.points_added", 1, "Points added", "A contact was given reward points.", POINTS),
        Topic(
            "message.first_open",
            2,
            "Message first opened",
            "A contact opened a message for the first time; sent once for each contact and message.",
            FIRST_OPEN,
        ),
    )
}


def topics_of_zone(zone: int) -> tuple[Topic, ...]:
    """The event types that a licence for the zone covers, in contract order."""
    return tuple(topic for topic in TOPICS.values() if topic.zone == zone)


def is_retried_status(status: int) -> bool:
    """Whether MAAC sends again after this HTTP status."""
    return status in RETRIED_STATUSES or 500 <= status <= 599


# --- Payloads ------------------------------------------------------------------------------------------------------


def check(topic: str, data: object) -> tuple[dict[str, Any], list[Fault]]:
    """`data` as MAAC would send it (keys in order, floats as floats) and what is wrong with it.

    Send the first only when the second is empty. Fields are judged one by one: an event that hangs together badly
    is no fault, since a receiver may want to see one.
    """
    faults = Faults()
    taken = TOPICS[topic].data.read(data, (), faults)
    return (taken if isinstance(taken, dict) else {}), faults.found


def overlay(base: dict[str, Any], partial: dict[str, Any]) -> dict[str, Any]:
    """`base` with `partial` laid over it: objects merge key by key, all else replaces. Neither is changed."""
    merged = dict(base)
    for key, value in partial.items():
        below = merged.get(key)
        merged[key] = overlay(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def format_timestamp(moment: datetime, zone: tzinfo) -> str:
    """The aware moment in ISO 8601 with the zone's offset and always six digits of the second."""
    if moment.utcoffset() is None:
        raise ValueError("A timestamp needs a moment with a time zone")
    return moment.astimezone(zone).isoformat(timespec="microseconds")


def serialise(*, timestamp: str, topic: str, data: dict[str, Any]) -> str:
    """The exact text of the body, pure ASCII. Sign and send these bytes, and never serialise again."""
    return json.dumps({"timestamp": timestamp, "topic": topic, "data": data}, allow_nan=False)


def json_schema(topic: str) -> dict[str, Any]:
    """JSON Schema 2020-12 of the topic's `data`. It cannot say which dates exist, nor tell `1.0` from `1`."""
    known = TOPICS[topic]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": topic, "description": known.description}
    return {**head, **known.data.schema()}


def provenance(topic: str) -> list[Row]:
    """Every field of the topic's `data` as flat rows for a table; paths like `items[].amount`."""
    return list(TOPICS[topic].data.rows(""))


# --- Rules ---------------------------------------------------------------------------------------------------------


class Rule(NamedTuple):
    """One rule of behaviour; for a chosen one the note says why it was chosen so."""

    name: str
    value: str
    source: Source
    note: str


def zone_value(zone: int) -> str:
    return ", ".join(topic.name for topic in topics_of_zone(zone))


def documented(name: str, value: str, note: str = "") -> Rule:
    return Rule(name, value, DOCUMENTED, note)


def chosen(name: str, value: str, why: str) -> Rule:
    return Rule(name, value, CHOSEN, why)


RULES: tuple[Rule, ...] = (
    documented("Method", METHOD, "To the endpoint's URL."),
    documented("Content type", CONTENT_TYPE),
    documented(
        "Idempotency key",
        f"{HEADER_IDEMPOTENCY_KEY}: 32 lower-case hex digits",
        "A UUID4 without dashes, one for each event and endpoint; every retry repeats it.",
    ),
    documented(
        "Signature",
        f"{HEADER_SIGNATURE}: 64 lower-case hex digits",
        "HMAC-SHA256 of the raw body bytes; the key is the share secret in UTF-8. Made when sending.",
    ),
    documented("Body", ", ".join(BODY_FIELDS), "A JSON object with exactly these, in this order."),
    documented(
        "Body bytes",
        "A space after each comma and colon, non-ASCII as \\uXXXX, floats keep their .0",
        "Check the signature over the bytes received: JSON written anew differs. Made once, sent on every attempt.",
    ),
    documented("Timestamp", "ISO 8601 with microseconds and the account's offset", "When the event happened."),
    chosen(
        "Time zone",
        f"{DEFAULT_TIME_ZONE}; {JAPAN_TIME_ZONE} for an account in the Japan region",
        "The first is MAAC's default. The account's time zone is a setting.",
    ),
    chosen("User agent", "The simulator's name and version", "MAAC's is undocumented; this one hides nothing."),
    chosen(
        "Numbers and text",
        "Whole numbers within 64 bits, finite floats, no NUL and no lone surrogate in text",
        "Common databases and JSON readers take no others, so an event with them would test nothing of yours.",
    ),
    documented("Success", f"HTTP {SUCCESS_STATUS}"),
    chosen(
        "Other 2xx",
        f"Accepted, marked “MAAC asks for {SUCCESS_STATUS}”",
        "The receiver did take the event, yet should know. A setting turns it into a failure.",
    ),
    documented("Retried statuses", ", ".join([*map(str, RETRIED_STATUSES), "5xx"])),
    documented(
        "Retried faults",
        "Time-outs and lost or refused connections",
        "A name that does not resolve and a TLS handshake that fails count as these.",
    ),
    documented("Not retried", "Every other status", "The delivery fails at once."),
    documented("Redirects", "Never followed", "A redirect is a failure that is not retried."),
    documented("Waits before retries", ", ".join(f"{wait:g} s" for wait in RETRY_WAITS), "The schedule is a setting."),
    documented("Attempts", f"{len(RETRY_WAITS) + 1} at most", "The first and one for each wait."),
    chosen(
        "Retry-After", "Recorded, not obeyed", "MAAC's waits are fixed and its documents do not mention the header."
    ),
    chosen(
        "Connect time-out",
        f"{CONNECT_TIMEOUT:g} s",
        "Not documented; a healthy receiver accepts a connection far sooner.",
    ),
    chosen(
        "Attempt time-out",
        f"{ATTEMPT_TIMEOUT:g} s in all",
        "Not documented; a whole-attempt limit keeps a receiver that drips bytes from holding a worker.",
    ),
    chosen(
        "Answer size",
        f"{ANSWER_READ_LIMIT // 1024} KiB read, {ANSWER_KEPT_LIMIT // 1024} KiB kept",
        "Not documented; enough to see what the receiver said without storing whole pages.",
    ),
    chosen(
        "Log", "Every attempt is kept and shown", "MAAC shows its customers no full log; showing it is the point here."
    ),
    documented(
        "Running endpoints",
        f"{ENDPOINT_LIMIT} at a time for an account",
        "Paused ones do not count. Past the limit, creating and resuming are refused; customer support can raise it.",
    ),
    documented("Share secret", "One for each endpoint, generated by MAAC", "Shown masked until revealed."),
    documented("Secret rotation", "The old secret stops being used at once", "There is no time in which both work."),
    documented("Test event", "A simulated event of one chosen type, sent at once", "The result is shown right away."),
    chosen(
        "Test delivery",
        "Also while paused, signed like any other, one attempt",
        "Not documented; a test answers “does it work now?”, before resuming. A setting turns retries on.",
    ),
    *(documented(f"Zone {zone}", zone_value(zone), "Sold and licensed together.") for zone in ZONES),
    documented(
        "Validity",
        "Each zone has its own period",
        "An endpoint subscribes to licensed types only. When a licence ends, its events stop and the endpoint stays.",
    ),
    documented("Plans", "An add-on to the marketing plan", "Not part of the entry and e-commerce plans."),
)
