"""The rules MAAC sends by, in words for people, built from the constants; each says where we know it from."""

from typing import NamedTuple

from events.protocol import (
    ANSWER_KEPT_LIMIT,
    ANSWER_READ_LIMIT,
    ATTEMPT_TIMEOUT,
    BODY_FIELDS,
    CONNECT_TIMEOUT,
    CONTENT_TYPE,
    DEFAULT_TIME_ZONE,
    ENDPOINT_LIMIT,
    HEADER_IDEMPOTENCY_KEY,
    HEADER_SIGNATURE,
    JAPAN_TIME_ZONE,
    METHOD,
    RETRIED_STATUSES,
    RETRY_WAITS,
    SUCCESS_STATUS,
    ZONES,
)
from events.shapes import Source
from events.topics import topics_of_zone


class Rule(NamedTuple):
    """One rule of behaviour; for a chosen one the note says why it was chosen so."""

    name: str
    value: str
    source: Source
    note: str


def zone_value(zone: int) -> str:
    return ", ".join(topic.name for topic in topics_of_zone(zone))


def documented(name: str, value: str, note: str = "") -> Rule:
    return Rule(name, value, Source.DOCUMENTED, note)


def chosen(name: str, value: str, why: str) -> Rule:
    return Rule(name, value, Source.CHOSEN, why)


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
    documented("Retried faults", "Socket time-outs and TCP disconnects", "A connection refused or reset is one."),
    chosen(
        "Name not resolved",
        "Retried like a disconnect",
        "Not documented; no connection came about, and the next attempt may find the name.",
    ),
    chosen(
        "TLS failure",
        "Retried like a disconnect",
        "Not documented; no request was heard, and a receiver that restarts often fails this way for a moment.",
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
