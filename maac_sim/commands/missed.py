"""The events that an endpoint has not got, for `maac-sim listen --since`."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from maac_sim.commands.connection import Simulator

PAGE = 100


@dataclass(frozen=True)
class Missed:
    """An event that was not delivered. `key` is that of its delivery to the endpoint, or new if there is none."""

    key: str
    body: bytes


def missed_since(simulator: Simulator, since: str, *, endpoint: dict[str, Any]) -> Iterator[Missed]:
    """The events of the endpoint's event types that it has not got since then, oldest first."""
    rows = list(simulator.pages("/events/", since=since, limit=PAGE))
    for event in reversed(rows):
        own = [row for row in event["deliveries"] if row["endpoint"] == endpoint["id"]]
        if event["topic"] not in endpoint["event_types"] or any(
            row["status"] in ("delivered", "pending") for row in own
        ):
            continue
        yield Missed(own[-1]["idempotency_key"] if own else secrets.token_hex(16), event["body"].encode())
