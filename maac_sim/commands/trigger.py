"""`maac-sim trigger`: publishes events."""

import secrets
import time
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Url
from maac_sim.commands.filters import topics
from maac_sim.commands.output import AsJson, coloured, out, print_json
from maac_sim.commands.payload import Data, Seed, Setting, data_of, known_topic
from maac_sim.commands.retry_waits import RetryWaits, seconds_of

BATCH = 100
WAIT_SECONDS = 30

Json = dict[str, Any]


def trigger(
    topic: Annotated[str, typer.Argument(help="The event type.", autocompletion=topics)],
    settings: Setting = None,
    data: Data = "",
    seed: Seed = "",
    count: Annotated[int, typer.Option(min=1, max=100_000, help="Number of events.")] = 1,
    rate: Annotated[float, typer.Option(min=0, help="Events per second; 0: no limit.")] = 0,
    retry_waits: RetryWaits = None,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait",
            help="Wait up to 30 s for each event's deliveries; exit code 1 if one is not delivered, or there is none.",
        ),
    ] = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Publish events, with realistic sample data or your own."""
    known_topic(topic)
    simulator = Simulator(url, token)
    base = seed or secrets.token_hex(4)
    more = {} if retry_waits is None else {"retry_waits": seconds_of(retry_waits)}
    zone = ZoneInfo(simulator.get("/account/")["time_zone"])
    bodies = (body | more for body in _bodies(topic, base, count, zone, data, settings or []))
    events = _sent(simulator, bodies, rate=rate, in_batches=count > 1 and not rate)
    if wait:
        raise typer.Exit(_wait(simulator, events, as_json, base))
    made = list(events)
    if count == 1:
        _print(made[0], as_json, base)
    else:
        total = {"events": count, "deliveries": sum(len(event["deliveries"]) for event in made), "seed": base}
        sentence = f"{total['events']} events, {total['deliveries']} deliveries. Seed {base}."
        print_json(total) if as_json else out.print(sentence)


def _bodies(topic: str, seed: str, count: int, zone: ZoneInfo, data: str, settings: list[str]) -> Iterator[Json]:
    """Request bodies, one per event; every event after the first has a seed of its own."""
    for number in range(count):
        own = f"{seed}-{number}" if number else seed
        yield {"topic": topic, "data": data_of(topic, seed=own, zone=zone, given=data, settings=settings)}


def _sent(simulator: Simulator, bodies: Iterator[Json], *, rate: float, in_batches: bool) -> Iterator[Json]:
    """Post the events, `rate` per second; yields the responses."""
    if in_batches:
        while chunk := list(islice(bodies, BATCH)):
            yield from simulator.post("/events/batch/", chunk)
        return
    began = time.monotonic()
    for number, body in enumerate(bodies):
        if rate:
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
        yield simulator.post("/events/", body)


def _print(event: dict[str, Any], as_json: bool, seed: str) -> None:
    if as_json:
        print_json(event)
        return
    listed = ", ".join(f"delivery {row['id']}" for row in event["deliveries"]) or "no deliveries"
    out.print(f"Event {event['id']}: {event['topic']}: {listed}. Seed {seed}.")
    print_not_reached(event)


def print_not_reached(event: Json) -> None:
    """Print which endpoints the event did not reach and why, or that there is none."""
    for row in event["not_reached"]:
        out.print(f"  not sent to {row['name']}: {row['detail']}", markup=False)
    if not event["deliveries"] and not event["not_reached"]:
        out.print("  There was no endpoint. Create one: maac-sim endpoint create NAME URL")


def _wait(simulator: Simulator, events: Iterator[Json], as_json: bool, seed: str) -> int:
    """Wait for each event's deliveries; returns the exit code."""
    good = True
    for event in list(events):
        ended = simulator.wait_for_event(event["id"], WAIT_SECONDS)
        deliveries = ended["deliveries"]
        good = good and bool(deliveries) and all(row["status"] == "delivered" for row in deliveries)
        if as_json:
            print_json(ended)
            continue
        listed = ", ".join(f"delivery {row['id']} {_outcome(row)}" for row in deliveries)
        out.print(f"Event {event['id']}: {event['topic']}: {listed or 'no deliveries'}. Seed {seed}.")
        print_not_reached(ended)
    return 0 if good else 1


def _outcome(row: Json) -> str:
    if row["status"] == "pending":
        return f"still pending after {WAIT_SECONDS} s (maac-sim doctor finds the cause)"
    why = row["reason"] if row["status"] == "skipped" else row["status_code"] or row["reason"]
    return coloured(row["status"]) + (f" ({why})" if row["status"] != "delivered" else "")
