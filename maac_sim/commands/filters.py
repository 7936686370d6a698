"""Options that choose endpoints, event types and statuses, with their completion in a shell."""

import os
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import typer

from maac_contract.contract import TOPICS

COMPLETE_WITHIN = 1.0
"""Seconds that a completion waits for the simulator."""


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"


def topics() -> list[str]:
    return list(TOPICS)


def endpoint_names(incomplete: str) -> list[str]:
    """The names of the simulator's endpoints that begin so."""
    return [name for name in _asked("/endpoints/", lambda answer: answer["results"]) if name.startswith(incomplete)]


def scenario_names(incomplete: str) -> list[str]:
    """The built-in scenarios that begin so."""
    names = _asked("/modules/traffic/scenarios/", lambda answer: answer)
    return [name for name in names if name.startswith(incomplete)]


def probe_ids(incomplete: str) -> list[str]:
    """The probes of `maac-sim check` that begin so."""
    from receiver_check.probes import PROBES

    return [name for name in PROBES if name.startswith(incomplete)]


def _asked(path: str, rows: Callable[[Any], list[dict[str, str]]]) -> list[str]:
    """The names in an answer of the simulator that the environment names; none if it does not answer."""
    from maac_sim.commands.connection import DEFAULT_URL, Simulator, Unsuccessful

    url, token = os.environ.get("MAAC_SIM_URL", DEFAULT_URL), os.environ.get("MAAC_SIM_API_TOKEN", "")
    try:
        return [row["name"] for row in rows(Simulator(url, token, timeout=COMPLETE_WITHIN).get(path))]
    except Unsuccessful:
        return []


def _known(topic: str | None) -> str | None:
    if topic is not None and topic not in TOPICS:
        raise typer.BadParameter(f"{topic} is not an event type. Known are {', '.join(TOPICS)}.")
    return topic


EndpointOption = Annotated[
    str | None,
    typer.Option("--endpoint", help="Only those to this endpoint (id or name).", autocompletion=endpoint_names),
]
TopicOption = Annotated[
    str | None, typer.Option("--topic", help="Only this event type.", autocompletion=topics, callback=_known)
]
StatusOption = Annotated[DeliveryStatus | None, typer.Option("--status", help="Only those with this status.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="Only those created since: ISO 8601 time, or 15m, 24h, 7d.")
]
