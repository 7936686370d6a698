"""The kinds of fault that can be injected into an attempt: the texts, parameters and group of each."""

from dataclasses import dataclass
from enum import StrEnum

from maac_contract.sentences import gettext_noop

LONGEST = 3600.0
"""Seconds that any fault may take, but for those that only write another time."""
A_YEAR = 366 * 86_400.0
MOST_IN_REVERSE = 50


class FaultKind(StrEnum):
    """What can be done wrong on purpose; KINDS describes each, GROUPS sorts them."""

    DROP_MID_BODY = "drop_mid_body"
    SEND_TWICE = "send_twice"
    REVERSE = "reverse"
    WRONG_SIGNATURE = "wrong_signature"
    PREVIOUS_SECRET = "previous_secret"  # noqa: S105 - a name
    FLIP_BYTE = "flip_byte"
    DRIP_BODY = "drip_body"
    DELAY = "delay"
    STALE_TIMESTAMP = "stale_timestamp"
    LOST_ANSWER = "lost_answer"
    ROTATE_SECRET = "rotate_secret"  # noqa: S105 - a name
    PAUSE = "pause"
    DELETE = "delete"
    END_LICENCE = "end_licence"


@dataclass(frozen=True, slots=True)
class About:
    """A kind's texts for people (name, effect, and note on a marked attempt) and parameters.

    `seconds` and `count` are the defaults of these parameters; None if the kind does not take them.
    """

    title: str
    description: str
    done: str
    seconds: float | None = None
    longest: float = LONGEST
    count: int | None = None


KINDS: dict[FaultKind, About] = {
    FaultKind.DROP_MID_BODY: About(
        gettext_noop("Drop the connection in mid-body"),
        gettext_noop("The receiver gets half of the body, then the connection is gone. It is sent again as usual."),
        gettext_noop("The connection was dropped in the middle of the body."),
    ),
    FaultKind.SEND_TWICE: About(
        gettext_noop("Send twice"),
        gettext_noop("Two copies arrive at the same moment, under one idempotency key."),
        gettext_noop("The request was sent twice at the same moment, under one key."),
    ),
    FaultKind.REVERSE: About(
        gettext_noop("Send in reverse"),
        gettext_noop(
            "The next few are held back and then sent one after another, the last one first. Those that never come are "
            "waited for no longer than so many seconds."
        ),
        gettext_noop("It was held back and sent after later ones, in reverse order."),
        seconds=5.0,
        count=3,
    ),
    FaultKind.WRONG_SIGNATURE: About(
        gettext_noop("Wrong signature"),
        gettext_noop("The body is right, but it is signed with a secret that is not this endpoint's."),
        gettext_noop("It was signed with a wrong secret."),
    ),
    FaultKind.PREVIOUS_SECRET: About(
        gettext_noop("Previous secret"),
        gettext_noop("It is signed with the share secret that was in force before the last change."),
        gettext_noop("It was signed with the share secret from before the last change."),
    ),
    FaultKind.FLIP_BYTE: About(
        gettext_noop("Flip one byte"),
        gettext_noop("After signing, one digit in the data is changed. The body is still JSON."),
        gettext_noop("One byte of the body was changed after it was signed."),
    ),
    FaultKind.DRIP_BODY: About(
        gettext_noop("Drip the body"),
        gettext_noop("The body arrives in small pieces, spread over so many seconds."),
        gettext_noop("The body was sent slowly, in small pieces."),
        seconds=2.0,
    ),
    FaultKind.DELAY: About(
        gettext_noop("Delay"),
        gettext_noop("The attempt is held back for so many seconds, and later events overtake it."),
        gettext_noop("It was held back for a while before it was sent."),
        seconds=3.0,
    ),
    FaultKind.STALE_TIMESTAMP: About(
        gettext_noop("Stale timestamp"),
        gettext_noop("The timestamp in the body is so many seconds older; the signature is right for these bytes."),
        gettext_noop("The timestamp in the body was made older; the signature is right for these bytes."),
        seconds=86_400.0,
        longest=A_YEAR,
    ),
    FaultKind.LOST_ANSWER: About(
        gettext_noop("Lost answer"),
        gettext_noop("The receiver's success is taken for lost, so the event is sent again under the same key."),
        gettext_noop("The receiver's success was taken for lost."),
    ),
    FaultKind.ROTATE_SECRET: About(
        gettext_noop("Change the share secret between two attempts"),
        gettext_noop("After an attempt that will be tried again, the endpoint gets a new share secret."),
        gettext_noop("After this attempt the share secret was changed."),
    ),
    FaultKind.PAUSE: About(
        gettext_noop("Pause between two attempts"),
        gettext_noop("After an attempt that would be tried again, the endpoint is paused."),
        gettext_noop("After this attempt the endpoint was paused."),
    ),
    FaultKind.DELETE: About(
        gettext_noop("Delete between two attempts"),
        gettext_noop("After an attempt that would be tried again, the endpoint is deleted."),
        gettext_noop("After this attempt the endpoint was deleted."),
    ),
    FaultKind.END_LICENCE: About(
        gettext_noop("End the licence between two attempts"),
        gettext_noop("After an attempt that would be tried again, the licence of the event's zone ends."),
        gettext_noop("After this attempt the licence of the event's zone was ended."),
    ),
}

RACES = (FaultKind.ROTATE_SECRET, FaultKind.PAUSE, FaultKind.DELETE, FaultKind.END_LICENCE)
"""Kinds that change the endpoint or its licence between an attempt and its retry."""

GROUPS: dict[str, tuple[FaultKind, ...]] = {
    gettext_noop("Signature and bytes"): (
        FaultKind.WRONG_SIGNATURE,
        FaultKind.PREVIOUS_SECRET,
        FaultKind.FLIP_BYTE,
        FaultKind.STALE_TIMESTAMP,
    ),
    gettext_noop("Connection and copies"): (
        FaultKind.SEND_TWICE,
        FaultKind.LOST_ANSWER,
        FaultKind.DROP_MID_BODY,
        FaultKind.DRIP_BODY,
    ),
    gettext_noop("Time and order"): (FaultKind.DELAY, FaultKind.REVERSE),
    gettext_noop("Between two attempts"): RACES,
}
"""Every kind, as forms offer them."""


def about(kind: str) -> About:
    """The description of a stored kind, also of one that this version does not know."""
    unknown = gettext_noop("This version does not know this kind of fault.")
    return KINDS.get(kind) or About(kind, unknown, unknown)  # type: ignore[call-overload]
