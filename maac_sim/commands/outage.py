"""`maac-sim outage`: rehearses an outage of a receiver and lists the events that it lost."""

import secrets
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Annotated, Any

import typer

from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Url
from maac_sim.commands.endpoint import find
from maac_sim.commands.filters import EndpointOption, TopicOption
from maac_sim.commands.output import AsJson, out, print_json, print_table

CLOSED = "http://127.0.0.1:9/"
"""Port 9 (discard), on which nothing listens."""
PATIENCE = 60.0
"""Seconds for the last retries after the outage."""
LOOK_EVERY = 0.2
SHOWN = 20

Json = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """The deliveries of an outage after their last retries."""

    deliveries: list[Json]

    @property
    def lost(self) -> list[Json]:
        return [row for row in self.deliveries if row["status"] != "delivered"]

    @property
    def rescued(self) -> list[Json]:
        """Deliveries that succeeded on a retry."""
        return [row for row in self.deliveries if row["status"] == "delivered" and row["attempt_count"] > 1]


def outage(
    seconds: Annotated[float, typer.Option(min=0.1, max=3600, help="Length of the outage in seconds.")] = 30,
    rate: Annotated[float, typer.Option(min=0.1, max=100, help="Events per second.")] = 5,
    endpoint: EndpointOption = None,
    topic: TopicOption = None,
    simulate: Annotated[bool, typer.Option("--simulate", help="Point the endpoint to a closed port meanwhile; "
                                           "without it, stop your receiver yourself.")] = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Rehearse an outage: publish events while a receiver is down, then list what it lost and how to redeliver it."""
    simulator = Simulator(url, token)
    found = _endpoint(simulator, endpoint)
    topics = [topic] if topic else found["event_types"]
    if not as_json:
        what = "It is pointed to a closed port" if simulate else f"Stop the receiver at {found['url']} now. It is down"
        out.print(f"{what} for {seconds:g} s, while {rate:g} events per second are published.", markup=False)
    with _pointed_away(simulator, found) if simulate else _nothing():
        events = _happen(simulator, topics, seconds, rate)
    ended = _ended(simulator, found, events)
    since = min(event["created_at"] for event in events)
    remedy = f"maac-sim redeliver --failed --endpoint {found['id']} --since {since}"
    if as_json:
        print_json({
            "events": len(events), "delivered": len(ended.deliveries) - len(ended.lost),
            "rescued_by_a_retry": len(ended.rescued), "lost": ended.lost, "redeliver": remedy,
        })  # fmt: skip
    else:
        _print(ended, remedy)


def _endpoint(simulator: Simulator, which: str | None) -> Json:
    if which:
        found = find(simulator, which)
    else:
        running = [row for row in simulator.pages("/endpoints/") if row["status"] == "running"]
        if len(running) != 1:
            names = ", ".join(f"{row['id']} ({row['name']})" for row in running) or "none"
            raise typer.BadParameter(f"Choose a running endpoint: {names}.", param_hint="--endpoint")
        found = running[0]
    if found["status"] != "running":
        raise typer.BadParameter(f"{found['name']} is paused: nothing is sent to it.", param_hint="--endpoint")
    return found


@contextmanager
def _pointed_away(simulator: Simulator, endpoint: Json) -> Iterator[None]:
    """Point the endpoint to a closed port within the block; restores its URL in any case."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    simulator.patch(f"/endpoints/{endpoint['id']}/", {"url": CLOSED})
    try:
        yield
    finally:
        simulator.patch(f"/endpoints/{endpoint['id']}/", {"url": endpoint["url"]})


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _happen(simulator: Simulator, topics: list[str], seconds: float, rate: float) -> list[Json]:
    """Publish events of each type in turn, at the rate, for that time."""
    seed, began = secrets.token_hex(4), time.monotonic()
    made = []
    for number, topic in zip(range(max(1, round(seconds * rate))), cycle(topics), strict=False):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        made.append(simulator.post("/events/", {"topic": topic, "seed": f"{seed}-{number}"}))
    time.sleep(max(0.0, began + seconds - time.monotonic()))
    return made


def _ended(simulator: Simulator, endpoint: Json, events: list[Json]) -> Ended:
    """The deliveries of these events to the endpoint, once none is pending."""
    ids = {event["id"] for event in events}
    since = min(event["created_at"] for event in events)
    end = time.monotonic() + PATIENCE
    while True:
        rows = [
            row
            for row in simulator.pages("/deliveries/", limit=500, endpoint=endpoint["id"], since=since)
            if row["event"] in ids
        ]
        if all(row["status"] != "pending" for row in rows) or time.monotonic() > end:
            return Ended(rows[::-1])
        time.sleep(LOOK_EVERY)


def _print(ended: Ended, remedy: str) -> None:
    lost = ended.lost
    out.print(f"\n{len(ended.deliveries)} events: {len(ended.deliveries) - len(lost)} arrived, "
              f"{len(ended.rescued)} of them only by a retry; [bold]{len(lost)} are lost[/bold].")  # fmt: skip
    if not lost:
        return
    columns = ("id", "created", "topic", "status", "answer", "attempts", "key")
    print_table(columns, [_line(row) for row in lost[:SHOWN]], empty="", spare=("key", "attempts", "created"))
    if len(lost) > SHOWN:
        out.print(f"and {len(lost) - SHOWN} more.")
    counts = ", ".join(f"{number} {topic}" for topic, number in Counter(row["topic"] for row in lost).most_common())
    out.print(f"By event type: {counts}.")
    out.print("MAAC does not send them again. maac-sim can, once the receiver is up:")
    out.print(f"  {remedy}", markup=False)


def _line(row: Json) -> tuple[object, ...]:
    answer = row["status_code"] or row["reason"]
    created = row["created_at"].replace("T", " ")[:19]
    return (row["id"], created, row["topic"], row["status"], answer, row["attempt_count"], row["idempotency_key"])
