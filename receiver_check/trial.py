"""The tools of a probe: signed events, ways to send them, and a record of every exchange."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from maac_contract import contract
from maac_contract.samples import sample
from maac_contract.seeded_random import SeededRandom
from maac_contract.sentences import gettext_noop
from receiver_check import judging
from receiver_check.digests import sign
from receiver_check.effects import Effects
from receiver_check.sender import Sender
from receiver_check.verdicts import Answer, Exchange, Judgement, Message, Sentence

ZONE = ZoneInfo(contract.DEFAULT_TIME_ZONE)
RECEIPT = "receipt.receipt_validated"
ORDINARY = gettext_noop("as MAAC sends it")
EXCHANGES_KEPT = 10
HEADER_KEY, HEADER_SIGNATURE = contract.HEADER_IDEMPOTENCY_KEY, contract.HEADER_SIGNATURE


@dataclass
class Case:
    """State shared by all probes of a run."""

    sender: Sender
    secret: str
    previous_secret: str | None
    seed: str
    now: datetime
    user_agent: str
    extra_headers: tuple[tuple[str, str], ...]
    topics: tuple[str, ...]
    """The event types of this run."""
    any_2xx: bool = True
    """Whether another 2xx than 200 counts as accepted, as it does for the delivery engine."""
    rotating: bool = False
    effects: Effects | None = None
    other_keys: int = 0
    accepts: dict[str, bool] = field(default_factory=dict)
    """The event types tried so far, and whether an ordinary event was accepted."""
    works: dict[str, "Work"] = field(default_factory=dict)
    """The event types whose work is counted by the effects; filled by the first probe that needs it."""
    effects_fault: Sentence | None = None
    """Why the effects cannot be counted."""

    def accepted_topic(self) -> str | None:
        """An event type that the receiver accepts, tried now if necessary. Without one, a refusal proves nothing."""
        for topic in self.topics:
            if topic not in self.accepts:
                exchange = Trial(self, f"control {topic}").post(topic)
                self.accepts[topic] = judging.is_accepted(exchange.answer, self.any_2xx)
            if self.accepts[topic]:
                return topic
        return None


@dataclass(frozen=True)
class Work:
    """An event whose work the receiver has done, when it was sent, and how long it was until the effects counted it."""

    event: Message
    sent_at: float
    seconds: float


@dataclass
class Trial:
    """One probe of one run. The same seed gives the same data and signatures that are wrong in the same way.

    Idempotency keys and timestamps are new in each run, since a receiver remembers the keys of the run before.
    """

    case: Case
    name: str
    exchanges: list[Exchange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = SeededRandom(f"check {self.name}", self.case.seed)
        self._keys = SeededRandom(f"keys {self.name}", f"{self.case.seed} {self.case.now.isoformat()}")

    @property
    def topic(self) -> str:
        """The event type of probes that are independent of it."""
        return self.case.accepted_topic() or self.case.topics[0]

    def data(self, topic: str, *, ago: timedelta = timedelta()) -> dict[str, Any]:
        """Realistic `data`, different at each call."""
        return sample(topic, seed=self._dice.hex(16), moment=self.moment(ago))

    def moment(self, ago: timedelta = timedelta()) -> datetime:
        return (self.case.now - ago).astimezone(ZONE)

    def event(
        self,
        topic: str | None = None,
        data: dict[str, Any] | None = None,
        *,
        ago: timedelta = timedelta(),
        stamp: str = "",
        **more: Any,
    ) -> Message:
        """A signed request for an event. `stamp` replaces its timestamp; `more` are fields next to `data`."""
        topic = topic or self.topic
        stamp = stamp or contract.format_timestamp(self.moment(ago), ZONE)
        payload = self.data(topic, ago=ago) if data is None else data
        content = {"timestamp": stamp, "topic": topic, "data": payload, **more}
        return self.signed(contract.ENCODER.encode(content).encode())

    def signed(self, body: bytes, *, secret: str | None = None) -> Message:
        """A request with these bytes and their signature."""
        digest = sign((self.case.secret if secret is None else secret).encode(), body)
        headers = (
            ("User-Agent", self.case.user_agent),
            ("Content-Type", contract.CONTENT_TYPE),
            (HEADER_KEY, self.key()),
            (HEADER_SIGNATURE, digest.hex()),
            *self.case.extra_headers,
        )
        return Message(contract.METHOD, headers, body)

    def hex(self, length: int) -> str:
        """Digits from the seed."""
        return self._dice.hex(length)

    def key(self) -> str:
        """A new idempotency key."""
        return self._keys.hex(32)

    # --- Sending ----------------------------------------------------------------------------------------------------

    def send(self, message: Message, label: str = ORDINARY) -> Exchange:
        """Send a request and record the exchange."""
        return self._noted(label, message, self.case.sender.send(message))

    def post(self, topic: str | None = None, data: dict[str, Any] | None = None, label: str = ORDINARY) -> Exchange:
        """Send an event."""
        return self.send(self.event(topic, data), label)

    def send_at_once(self, messages: Sequence[Message], label: str = ORDINARY) -> list[Exchange]:
        """Send all requests concurrently, each over its own connection."""
        answers = self.case.sender.send_at_once(messages)
        return [self._noted(label, message, answer) for message, answer in zip(messages, answers, strict=True)]

    def send_over_one_connection(self, labelled: Sequence[tuple[str, Message]]) -> list[Exchange]:
        """Send one after the other over a connection that is kept."""
        answers = self.case.sender.send_over_one_connection(message for _, message in labelled)
        return [self._noted(label, message, got) for (label, message), got in zip(labelled, answers, strict=True)]

    def send_until(self, ends: float, messages: Sequence[Message]) -> list[Exchange]:
        """Send over a connection that is kept, as many as the time until this monotonic moment allows."""
        in_time = takewhile(lambda _: time.monotonic() < ends, messages)
        answers = self.case.sender.send_over_one_connection(in_time)
        return [self._noted(ORDINARY, message, got) for message, got in zip(messages, answers, strict=False)]

    def abandon(self, message: Message, after: float, label: str, *, share: float = 1.0) -> Exchange:
        """Send, or send this share of the body, and disconnect without the answer."""
        return self._noted(label, message, self.case.sender.abandon(message, after, share=share))

    def _noted(self, label: str, message: Message, answer: Answer) -> Exchange:
        self.exchanges.append(exchange := Exchange(label, message, answer))
        return exchange

    # --- Judging ----------------------------------------------------------------------------------------------------

    def accepted(self, *exchanges: Exchange, ordinary: bool = False) -> Judgement:
        return judging.accepted(*exchanges, any_2xx=self.case.any_2xx, ordinary=ordinary)

    def refused(self, *exchanges: Exchange) -> Judgement:
        return judging.refused(*exchanges, rotating=self.case.rotating)

    def is_accepted(self, exchange: Exchange) -> bool:
        return judging.is_accepted(exchange.answer, self.case.any_2xx)

    def accepted_topics(self) -> list[str]:
        """The event types of the run that were not refused so far."""
        return [topic for topic in self.case.topics if self.case.accepts.get(topic, True)]

    def notable_exchanges(self) -> tuple[Exchange, ...]:
        """Those to show: of many only some, and among them the bad ones."""
        if len(self.exchanges) <= EXCHANGES_KEPT:
            return tuple(self.exchanges)
        bad_first = sorted(self.exchanges, key=lambda exchange: exchange.answer.status == contract.SUCCESS_STATUS)
        return tuple(bad_first[:EXCHANGES_KEPT])


def with_header(message: Message, name: str, value: str | None) -> Message:
    """The message with another value of this header, or without it."""
    headers = ((n, value if n == name else v) for n, v in message.headers)
    return replace(message, headers=tuple((n, v) for n, v in headers if v is not None))


def signature_of(message: Message) -> str:
    return dict(message.headers)[HEADER_SIGNATURE]


def key_of(message: Message) -> str:
    return dict(message.headers)[HEADER_KEY]
