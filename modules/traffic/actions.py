"""The actions of customers and the brand in a play. Pure.

Contacts are identified by LINE UID, notifications and broadcasts by their number within the play.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from modules.receipts.conditions import Item


@dataclass(frozen=True, slots=True)
class Follow:
    """A person adds the official account as a friend."""

    line_uid: str
    customer_id: str | None
    name: str
    mobile: str
    email: str
    gender: str
    birthday: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A receipt upload, `bought_before` seconds after the purchase. `breaks`: the condition it fails, if any."""

    line_uid: str
    number: str
    random_number: str
    bought_before: int
    channel: str
    items: tuple[Item, ...]
    breaks: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A survey submission whose answers are drawn from the seed."""

    line_uid: str
    seed: str
    answer_hash: str


@dataclass(frozen=True, slots=True)
class Notify:
    """The brand sends a notification. `plan` holds the outcome of each channel that may be tried."""

    number: int
    phone_number: str
    line_push_template_id: int
    plan: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Move:
    """A notification moves to its next status."""

    number: int


@dataclass(frozen=True, slots=True)
class Bind:
    """A person added the account as a friend because of a notification."""

    line_uid: str
    phone_number: str
    source: str


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A contact opens a bind link that the brand made for this customer."""

    line_uid: str
    customer_id: str
    email: str
    mobile: str


@dataclass(frozen=True, slots=True)
class Reward:
    """Points are granted to a bound contact."""

    line_uid: str
    points_id: str


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A message to all contacts of the play."""

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


Action = Follow | Upload | Answer | Notify | Move | Bind | OpenLink | Reward | Broadcast | Push | Open


@dataclass(frozen=True, slots=True)
class TimedAction:
    """An action, `at` seconds after the start. `publishes`: whether it publishes an event."""

    at: float
    action: Action
    publishes: bool
