"""The `data` of each topic: its fields in the order in which they are sent, and their allowed values.

To add a field, add one `Field` to its record below, at its position in the payload.
"""

from datetime import datetime

from maac_contract.schema import Boolean, Field, Float, Integer, ListOf, MapOf, Null, Record, Source, Text, Word
from maac_contract.sentences import gettext_noop as _

CHOSEN = Source.CHOSEN

# --- Allowed values ------------------------------------------------------------------------------------------------

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

# --- Text formats --------------------------------------------------------------------------------------------------

DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
OFFSET = r"[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]"


def timestamp_text(fraction: str, like: str) -> Text:
    return Text(f"{DAY}T{TIME}{fraction}{OFFSET}", like=like, parse=datetime.fromisoformat)


ANY_TEXT = Text()
TEXTS = ListOf(ANY_TEXT)
TO_THE_SECOND = timestamp_text("", _("a date and time such as 2026-03-03T12:05:36+08:00"))
TO_THE_MICROSECOND = timestamp_text(r"\.[0-9]{6}", _("a date and time such as 2026-03-04T18:22:08.963001+08:00"))
WITH_OFFSET = timestamp_text(r"(?:\.[0-9]{6})?", _("a date and time with an offset, such as 2026-12-31T23:59:59+08:00"))
WITHOUT_OFFSET = Text(f"{DAY} {TIME}", like=_("a time such as 2026-03-05 08:59:58"), parse=datetime.fromisoformat)
PHONE = Text(r"\+[1-9][0-9]{1,14}|[0-9a-f]{64}", like=_("a number such as +886912345678, or 64 lower-case hex digits"))
HEX_8, HEX_4, HEX_12 = (f"[0-9a-f]{{{length}}}" for length in (8, 4, 12))
UUID = Text("-".join((HEX_8, HEX_4, HEX_4, HEX_4, HEX_12)), like=_("a lower-case UUID with dashes"))

# --- Fields that several topics share ------------------------------------------------------------------------------

LINE_UID = Field(
    "line_uid",
    Text("U[0-9a-f]{32}", like=_("U and 32 lower-case hex digits")),
    description=_("The contact's LINE user id."),
)
CUSTOMER_ID = Field("customer_id", ANY_TEXT, description=_("The contact's id in your own system."))
CUSTOMER_ID_OR_NULL = Field(
    "customer_id",
    ANY_TEXT,
    nullable=True,
    description=_("The contact's id in your own system; null while none is bound."),
)
PNP_SETTING_ID = Field("pnp_setting_id", Integer(), description=_("Which notification template was used."))
PNP_SETTING_NAME = Field("pnp_setting_name", ANY_TEXT, description=_("The template's name."))
PHONE_NUMBER = Field("phone_number", PHONE, description=_("The number as the request had it: E.164, or its SHA-256."))

# --- Records -------------------------------------------------------------------------------------------------------

RECEIPT_ITEM = Record(
    (
        Field("description", ANY_TEXT, description=_("What was bought, as printed.")),
        Field("unit_price", Float(), description=_("The price of one.")),
        Field("quantity", Float(), description=_("How many.")),
        Field("amount", Float(), description=_("The price of the line.")),
    )
)

RECEIPT = Record(
    (
        LINE_UID,
        CUSTOMER_ID_OR_NULL,
        Field("campaign_name", ANY_TEXT, nullable=True, description=_("The receipt campaign it was uploaded for.")),
        Field(
            "number",
            Text("[A-Z]{2}[0-9]{8}", like=_("two capitals and eight digits")),
            description=_("E-invoice number."),
        ),
        Field("datetime", TO_THE_SECOND, description=_("When the purchase was made.")),
        Field("upload_datetime", TO_THE_MICROSECOND, description=_("When the contact uploaded the receipt.")),
        Field("random_number", Text("[0-9]{4}", like=_("four digits")), description=_("The e-invoice's check digits.")),
        Field("channel", ANY_TEXT, description=_("The shop's name.")),
        Field("items", ListOf(RECEIPT_ITEM), description=_("The lines of the receipt.")),
    )
)

QUESTION = Record(
    (
        Field("subject", ANY_TEXT, description=_("The question's wording.")),
        Field("type", Word(SURVEY_QUESTION_TYPES), description=_("The kind of question.")),
        Field(
            "sn", Integer(), description=_("The question's stable number; they may have gaps and come in any order.")
        ),
        Field("label", ANY_TEXT, description=_("The question's tags, separated by commas.")),
        Field("alias", ANY_TEXT, description=_("The alias marketing gave the question; empty if none.")),
        Field("answer", TEXTS, description=_("The answers as the contact saw them.")),
        Field("otherAnswer", TEXTS, source=CHOSEN, description=_("What was typed into an “other” choice, as text.")),
        Field("answerLabel", TEXTS, source=CHOSEN, description=_("For each chosen answer, its tags, as text.")),
        Field("answerAlias", TEXTS, source=CHOSEN, description=_("For each chosen answer, its alias, as text.")),
    )
)

ISOLATED = Record(
    (
        Field("status", Boolean(), description=_("SurveyCake's own mark of an isolated answer.")),
        Field("type", Null(), description=_("Always null.")),
    )
)

SURVEY_ANSWER = Record(
    (
        Field("id", Integer(), description=_("The answer's number at SurveyCake.")),
        Field("svid", Text("[!-~]{5}", like=_("five characters")), description=_("The form's id at SurveyCake.")),
        Field("title", ANY_TEXT, description=_("The form's title.")),
        Field("status", Word(SURVEY_STATUSES), description=_("How the answer ended.")),
        Field("submitTime", WITHOUT_OFFSET, description=_("When the form was submitted; it carries no offset.")),
        Field("mbunq", ANY_TEXT, nullable=True, description=_("SurveyCake's own; its meaning is not documented.")),
        Field(
            "meta",
            Record((Field("isolated", ISOLATED, description=_("Whether SurveyCake counts the answer as isolated.")),)),
            description=_("Facts about the answer itself."),
        ),
        Field("mbrid", ANY_TEXT, nullable=True, description=_("SurveyCake's own; its meaning is not documented.")),
        Field("alias", MapOf(TEXTS), description=_("The answers of every question that has an alias, by that alias.")),
        Field("result", ListOf(QUESTION), description=_("Every question with its answers.")),
    )
)

SURVEY = Record(
    (
        LINE_UID,
        CUSTOMER_ID_OR_NULL,
        Field("survey_name", ANY_TEXT, nullable=True, description=_("The form's name in MAAC.")),
        Field(
            "answer_hash",
            Text("[0-9a-f]{32}", like=_("32 lower-case hex digits")),
            source=CHOSEN,
            description=_("Finds it at SurveyCake. MAAC lists it, but its samples lack it: its place is chosen."),
        ),
        Field("answer", SURVEY_ANSWER, description=_("The whole answer as SurveyCake reports it.")),
    )
)


def channel_status(name: str, choices: tuple[str, ...], description: str) -> Field:
    return Field(name, Word(choices), nullable=True, description=description)


def delivered_at(name: str, description: str) -> Field:
    return Field(name, WITH_OFFSET, nullable=True, description=description)


def error_category(name: str, choices: tuple[str, ...], description: str) -> Field:
    return Field(name, Word(choices), nullable=True, description=description)


PNP_STATUS = Record(
    (
        PNP_SETTING_ID,
        PNP_SETTING_NAME,
        Field("pnp_message_id", Integer(), description=_("The id that the push call answered.")),
        Field(
            "event_id",
            Integer(),
            nullable=True,
            source=CHOSEN,
            description=_("The message event the request named; that it is null without one is chosen."),
        ),
        Field("customized_id", ANY_TEXT, nullable=True, description=_("Your own mark from the request, if any.")),
        PHONE_NUMBER,
        Field("status", Word(PNP_STATUSES), description=_("The latest status over all channels.")),
        Field(
            "line_push_template_id", Integer(), nullable=True, description=_("The LINE push template, if one was used.")
        ),
        channel_status(
            "line_push_status",
            LINE_PUSH_STATUSES,
            _("How far LINE push came, in the words of `status`; null if not tried."),
        ),
        delivered_at(
            "line_push_delivered_at", _("When LINE push delivered it, ISO 8601 with an offset; null if it did not.")
        ),
        error_category(
            "line_push_error_category", LINE_PUSH_ERROR_CATEGORIES, _("Why LINE push failed; null if it did not.")
        ),
        channel_status(
            "pnp_status",
            PNP_CHANNEL_STATUSES,
            _("How far the notification message came, in the words of `status`; null if not tried."),
        ),
        delivered_at(
            "pnp_delivered_at",
            _("When the notification message delivered it, ISO 8601 with an offset; null if it did not."),
        ),
        channel_status(
            "sms_status",
            SMS_STATUSES,
            _("How far SMS came, in the words of `status`; null if not tried."),
        ),
        delivered_at("sms_delivered_at", _("When SMS delivered it, ISO 8601 with an offset; null if it did not.")),
        error_category("sms_error_category", SMS_ERROR_CATEGORIES, _("Why SMS failed; null if it did not.")),
    )
)

PNP_PROFILE = Record(
    (
        PNP_SETTING_ID,
        PNP_SETTING_NAME,
        Field("source", Word(PNP_SOURCES), description=_("The channel that led to the binding.")),
        PHONE_NUMBER,
        LINE_UID,
        CUSTOMER_ID_OR_NULL,
    )
)

POINTS = Record(
    (
        Field("prize_name", ANY_TEXT, description=_("The reward's name.")),
        Field("points_id", UUID, description=_("The grant's id; the same in every event about this grant.")),
        LINE_UID,
        CUSTOMER_ID,
        Field("points_memo", ANY_TEXT, description=_("Why the points were given.")),
        Field("points_count", Integer(), description=_("How many points.")),
        Field("points_expire_date", WITH_OFFSET, nullable=True, description=_("When they lapse; null if never.")),
        Field("points_category", ANY_TEXT, nullable=True, description=_("The kind of points, if they have kinds.")),
    )
)

FIRST_OPEN = Record(
    (
        Field("message_type", Word(MESSAGE_TYPES), description=_("How the message was sent.")),
        Field("message_id", Integer(), description=_("Which message; for `openapi` the `event_id` of the request.")),
        LINE_UID,
        CUSTOMER_ID,
    )
)
