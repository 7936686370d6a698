"""What customers do in a play, each deed with the moment at which it is done. Pure.

People are named by their LINE UID, notifications and broadcasts by their number in the play.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from modules.receipts.conditions import Item


@dataclass(frozen=True, slots=True)
class Follow:
    """Somebody befriends the official account."""

    line_uid: str
    customer_id: str | None
    name: str
    mobile: str
    email: str
    gender: str
    birthday: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A receipt, bought so many seconds before. `breaks` is the one condition that it fails, None if it matches."""

    line_uid: str
    number: str
    random_number: str
    bought_before: int
    channel: str
    items: tuple[Item, ...]
    breaks: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Answers to the survey; the seed draws them."""

    line_uid: str
    seed: str
    answer_hash: str


@dataclass(frozen=True, slots=True)
class Notify:
    """The brand sends a notification; `plan` says how each channel that it may take will end."""

    number: int
    phone_number: str
    line_push_template_id: int
    plan: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Move:
    """A notification goes on to its next status."""

    number: int


@dataclass(frozen=True, slots=True)
class Bind:
    """Somebody befriended the account because of a notification."""

    line_uid: str
    phone_number: str
    source: str


@dataclass(frozen=True, slots=True)
class Reward:
    """Points for a bound contact."""

    line_uid: str
    points_id: str


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A message to everybody who is there."""

    number: int


@dataclass(frozen=True, slots=True)
class Push:
    """A message to one contact through the Open API, at most one in a play."""

    line_uid: str


@dataclass(frozen=True, slots=True)
class Open:
    """A message is opened: the broadcast with this number, or (None) the one that was pushed to the contact."""

    line_uid: str
    broadcast: int | None


Deed = Follow | Upload | Answer | Notify | Move | Bind | Reward | Broadcast | Push | Open


@dataclass(frozen=True, slots=True)
class Act:
    """A deed, so many seconds after the start. `tells`: an event goes out."""

    at: float
    deed: Deed
    tells: bool
