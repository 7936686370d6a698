"""The public interface of the contract: what MAAC sends, defined once. It re-exports

- `protocol`: the request, the retry rule and the limits, as constants;
- `topics`: the event types and their zones;
- `payloads`: the fields of each event type and their allowed values, described with the classes of `schema`;
- `rules`: the same as `protocol`, in sentences for people;

and defines validation and serialisation of payloads. Documentation and validation are derived from these.
"""

import json
from datetime import datetime, tzinfo
from typing import Any

from maac_contract.payloads import GENDER_ALIASES as GENDER_ALIASES
from maac_contract.payloads import LINE_PUSH_ERROR_CATEGORIES as LINE_PUSH_ERROR_CATEGORIES
from maac_contract.payloads import LINE_PUSH_STATUSES as LINE_PUSH_STATUSES
from maac_contract.payloads import MAAC_ALIASES as MAAC_ALIASES
from maac_contract.payloads import MESSAGE_TYPES as MESSAGE_TYPES
from maac_contract.payloads import PNP_CHANNEL_STATUSES as PNP_CHANNEL_STATUSES
from maac_contract.payloads import PNP_SOURCES as PNP_SOURCES
from maac_contract.payloads import PNP_STATUSES as PNP_STATUSES
from maac_contract.payloads import SMS_ERROR_CATEGORIES as SMS_ERROR_CATEGORIES
from maac_contract.payloads import SMS_STATUSES as SMS_STATUSES
from maac_contract.payloads import SURVEY_QUESTION_TYPES as SURVEY_QUESTION_TYPES
from maac_contract.payloads import SURVEY_STATUSES as SURVEY_STATUSES
from maac_contract.protocol import ANSWER_KEPT_LIMIT as ANSWER_KEPT_LIMIT
from maac_contract.protocol import ANSWER_READ_LIMIT as ANSWER_READ_LIMIT
from maac_contract.protocol import ATTEMPT_TIMEOUT as ATTEMPT_TIMEOUT
from maac_contract.protocol import BODY_FIELDS as BODY_FIELDS
from maac_contract.protocol import CONNECT_TIMEOUT as CONNECT_TIMEOUT
from maac_contract.protocol import CONTENT_TYPE as CONTENT_TYPE
from maac_contract.protocol import DEFAULT_TIME_ZONE as DEFAULT_TIME_ZONE
from maac_contract.protocol import ENDPOINT_LIMIT as ENDPOINT_LIMIT
from maac_contract.protocol import HEADER_IDEMPOTENCY_KEY as HEADER_IDEMPOTENCY_KEY
from maac_contract.protocol import HEADER_SIGNATURE as HEADER_SIGNATURE
from maac_contract.protocol import JAPAN_TIME_ZONE as JAPAN_TIME_ZONE
from maac_contract.protocol import METHOD as METHOD
from maac_contract.protocol import RETRIED_STATUSES as RETRIED_STATUSES
from maac_contract.protocol import RETRY_WAITS as RETRY_WAITS
from maac_contract.protocol import SUCCESS_STATUS as SUCCESS_STATUS
from maac_contract.protocol import ZONES as ZONES
from maac_contract.protocol import is_accepted_status as is_accepted_status
from maac_contract.protocol import is_retried_status as is_retried_status
from maac_contract.rules import CHAPTERS as CHAPTERS
from maac_contract.rules import RULES as RULES
from maac_contract.rules import Chapter as Chapter
from maac_contract.rules import Rule as Rule
from maac_contract.schema import Row as Row
from maac_contract.schema import Source as Source
from maac_contract.topics import TOPICS as TOPICS
from maac_contract.topics import Topic as Topic
from maac_contract.topics import topics_of_zone as topics_of_zone
from maac_contract.validation import PayloadError as PayloadError
from maac_contract.validation import PayloadErrors

# Shared, since `json.dumps` with other than default options creates an encoder at every call.
ENCODER = json.JSONEncoder(allow_nan=False)


def check(topic: str, data: object) -> tuple[dict[str, Any], list[PayloadError]]:
    """`data` as MAAC would send it (keys in order, floats as floats), and the errors in it.

    Send the first only if the second is empty. Fields are validated separately; contradictions between fields are
    allowed, since a test may need them.
    """
    faults = PayloadErrors()
    taken = TOPICS[topic].data.read(data, None, faults)
    return (taken if isinstance(taken, dict) else {}), faults.found


def overlay(base: dict[str, Any], partial: dict[str, Any]) -> dict[str, Any]:
    """A copy of `base` with `partial` merged into it: objects are merged key by key, other values replaced."""
    merged = dict(base)
    for key, value in partial.items():
        below = merged.get(key)
        merged[key] = overlay(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def format_timestamp(time: datetime, zone: tzinfo) -> str:
    """The aware datetime in ISO 8601 with the zone's offset and microseconds; ValueError for a naive one."""
    if time.utcoffset() is None:
        raise ValueError("A timestamp needs a datetime with a time zone")
    return time.astimezone(zone).isoformat(timespec="microseconds")


def serialise(*, timestamp: str, topic: str, data: dict[str, Any]) -> str:
    """The JSON text of the body, in ASCII. Sign and send these bytes; do not serialise again."""
    return ENCODER.encode({"timestamp": timestamp, "topic": topic, "data": data})


def json_schema(topic: str) -> dict[str, Any]:
    """JSON Schema 2020-12 of the topic's `data`. It cannot exclude invalid dates, nor distinguish 1.0 from 1."""
    known = TOPICS[topic]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": topic, "description": known.description}
    return {**head, **known.data.schema()}


def provenance(topic: str) -> list[Row]:
    """The fields of the topic's `data` as rows of a flat table, with paths such as `items[].amount`."""
    return list(TOPICS[topic].data.rows(""))
