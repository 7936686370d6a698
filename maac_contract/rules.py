"""MAAC's rules in sentences for people, built from the constants of `protocol`; each is marked documented or chosen."""

from typing import NamedTuple

from maac_contract.protocol import (
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
from maac_contract.schema import Source
from maac_contract.sentences import Sentence
from maac_contract.sentences import gettext_noop as _
from maac_contract.topics import topics_of_zone

AS_IT_IS = "%(value)s"
"""The template of a value that is not translated."""


class Rule(NamedTuple):
    """One rule; the note of a chosen one gives the reason for the choice."""

    name: Sentence
    value: Sentence
    source: Source
    note: Sentence


class Chapter(NamedTuple):
    """A group of rules with a title."""

    name: str
    title: str
    rules: tuple[Rule, ...]


def documented(name: str, value: str, note: str = "", /, **values: object) -> Rule:
    return Rule(Sentence(name, **values), Sentence(value, **values), Source.DOCUMENTED, Sentence(note, **values))


def chosen(name: str, value: str, why: str, /, **values: object) -> Rule:
    return Rule(Sentence(name, **values), Sentence(value, **values), Source.CHOSEN, Sentence(why, **values))


def zone_rule(zone: int) -> Rule:
    topics = ", ".join(topic.name for topic in topics_of_zone(zone))
    return documented(_("Zone %(zone)s"), AS_IT_IS, _("Sold and licensed together."), zone=zone, value=topics)


REQUEST = Chapter(
    "request",
    _("Request and signature"),
    (
        documented(_("Method"), AS_IT_IS, _("To the endpoint's URL."), value=METHOD),
        documented(_("Content type"), AS_IT_IS, value=CONTENT_TYPE),
        documented(
            _("Idempotency key"),
            _("%(header)s: 32 lower-case hex digits"),
            _("A UUID4 without dashes, one for each event and endpoint; every retry repeats it."),
            header=HEADER_IDEMPOTENCY_KEY,
        ),
        documented(
            _("Signature"),
            _("%(header)s: 64 lower-case hex digits"),
            _("HMAC-SHA256 of the raw body bytes; the key is the share secret in UTF-8. Made when sending."),
            header=HEADER_SIGNATURE,
        ),
        documented(
            _("Body"),
            AS_IT_IS,
            _("A JSON object with exactly these, in this order."),
            value=", ".join(BODY_FIELDS),
        ),
        documented(
            _("Body bytes"),
            _("A space after each comma and colon, non-ASCII as \\uXXXX, floats keep their .0"),
            _(
                "Check the signature over the bytes received: JSON written anew differs. "
                "Made once, sent on every attempt."
            ),
        ),
        documented(
            _("Timestamp"), _("ISO 8601 with microseconds and the account's offset"), _("When the event happened.")
        ),
        chosen(
            _("Time zone"),
            _("%(default)s; %(japan)s for an account in the Japan region"),
            _("The first is MAAC's default. The account's time zone is a setting."),
            default=DEFAULT_TIME_ZONE,
            japan=JAPAN_TIME_ZONE,
        ),
        chosen(
            _("User agent"),
            _("The simulator's name and version"),
            _("MAAC's is undocumented; this one hides nothing."),
        ),
        chosen(
            _("Numbers and text"),
            _("Whole numbers within 64 bits, finite floats, no NUL and no lone surrogate in text"),
            _("Common databases and JSON readers take no others, so an event with them would test nothing of yours."),
        ),
    ),
)

ANSWERS = Chapter(
    "answers",
    _("Answers and retries"),
    (
        documented(_("Success"), AS_IT_IS, value=f"HTTP {SUCCESS_STATUS}"),
        chosen(
            _("Other 2xx"),
            _("Accepted, marked “MAAC asks for %(status)s”"),
            _("The receiver did take the event, yet should know. A setting turns it into a failure."),
            status=SUCCESS_STATUS,
        ),
        documented(_("Retried statuses"), AS_IT_IS, value=", ".join([*map(str, RETRIED_STATUSES), "5xx"])),
        documented(
            _("Retried faults"),
            _("Socket time-outs and TCP disconnects"),
            _("A connection refused or reset is one."),
        ),
        chosen(
            _("Name not resolved"),
            _("Retried like a disconnect"),
            _("Not documented; no connection came about, and the next attempt may find the name."),
        ),
        chosen(
            _("TLS failure"),
            _("Retried like a disconnect"),
            _("Not documented; no request was received, and a restarting receiver often fails this way for a moment."),
        ),
        documented(_("Not retried"), _("Every other status"), _("The delivery fails at once.")),
        documented(_("Redirects"), _("Never followed"), _("A redirect is a failure that is not retried.")),
        documented(
            _("Waits before retries"),
            AS_IT_IS,
            _("The schedule is a setting."),
            value=", ".join(f"{wait:g} s" for wait in RETRY_WAITS),
        ),
        documented(
            _("Attempts"),
            _("%(attempts)s at most"),
            _("The first and one for each wait."),
            attempts=len(RETRY_WAITS) + 1,
        ),
        chosen(
            _("Retry-After"),
            _("Recorded, not obeyed"),
            _("MAAC's waits are fixed and its documents do not mention the header."),
        ),
    ),
)

LIMITS = Chapter(
    "limits",
    _("Time-outs and sizes"),
    (
        chosen(
            _("Connect time-out"),
            AS_IT_IS,
            _("Not documented; a healthy receiver accepts a connection far sooner."),
            value=f"{CONNECT_TIMEOUT:g} s",
        ),
        chosen(
            _("Attempt time-out"),
            _("%(seconds)s s in all"),
            _("Not documented; a whole-attempt limit keeps a receiver that drips bytes from holding a worker."),
            seconds=f"{ATTEMPT_TIMEOUT:g}",
        ),
        chosen(
            _("Answer size"),
            _("%(read)s KiB read, %(kept)s KiB kept"),
            _("Not documented; enough to see what the receiver said without storing whole pages."),
            read=ANSWER_READ_LIMIT // 1024,
            kept=ANSWER_KEPT_LIMIT // 1024,
        ),
        chosen(
            _("Log"),
            _("Every attempt is kept and shown"),
            _("MAAC shows its customers no full log; showing it is the point here."),
        ),
    ),
)

ENDPOINTS = Chapter(
    "endpoints",
    _("Endpoints, secrets and tests"),
    (
        documented(
            _("Running endpoints"),
            _("%(limit)s at a time for an account"),
            _(
                "Paused ones do not count. Past the limit, creating and resuming are refused; "
                "customer support can raise it."
            ),
            limit=ENDPOINT_LIMIT,
        ),
        documented(_("Share secret"), _("One for each endpoint, generated by MAAC"), _("Shown masked until revealed.")),
        documented(
            _("Secret rotation"),
            _("The old secret stops being used at once"),
            _("There is no time in which both work."),
        ),
        documented(
            _("Test event"),
            _("A simulated event of one chosen type, sent at once"),
            _("The result is shown right away."),
        ),
        chosen(
            _("Test delivery"),
            _("Also while paused, signed like any other, one attempt"),
            _("Not documented; a test answers “does it work now?”, before resuming. A setting turns retries on."),
        ),
    ),
)

LICENCES = Chapter(
    "licences",
    _("Zones and licences"),
    (
        *map(zone_rule, ZONES),
        documented(
            _("Validity"),
            _("Each zone has its own period"),
            _(
                "An endpoint subscribes to licensed types only. When a licence ends, its events stop and the "
                "endpoint stays."
            ),
        ),
        documented(_("Plans"), _("An add-on to the marketing plan"), _("Not part of the entry and e-commerce plans.")),
    ),
)

CHAPTERS = (REQUEST, ANSWERS, LIMITS, ENDPOINTS, LICENCES)
RULES: tuple[Rule, ...] = tuple(rule for chapter in CHAPTERS for rule in chapter.rules)
