"""`maac-sim trigger`: publishes events."""

import json
import secrets
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from maac_contract.contract import TOPICS
from maac_contract.samples import sample
from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Url
from maac_sim.commands.output import AsJson, coloured, out, print_json
from maac_sim.commands.retry_waits import RetryWaits, seconds_of

BATCH = 100
WAIT_SECONDS = 30

Json = dict[str, Any]

Setting = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="PATH=VALUE", help="Set a value in `data`, such as data.items.0.amount=5. "
                 "VALUE is parsed as JSON, else taken as text. May be repeated."),
]  # fmt: skip


def trigger(
    topic: Annotated[str, typer.Argument(help="The event type.", autocompletion=lambda: list(TOPICS))],
    settings: Setting = None,
    data: Annotated[
        str, typer.Option(help="The whole of `data` as JSON, @FILE, or @- for standard input. Default: a sample.")
    ] = "",
    seed: Annotated[str, typer.Option(help="The same seed gives the same sample. Default: random.")] = "",
    count: Annotated[int, typer.Option(min=1, max=100_000, help="Number of events.")] = 1,
    rate: Annotated[float, typer.Option(min=0, help="Events per second; 0: no limit.")] = 0,
    retry_waits: RetryWaits = None,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait", help="Wait up to 30 s for each event's deliveries; exit code 1 if one is not delivered."
        ),
    ] = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Publish events, with realistic sample data or your own."""
    if topic not in TOPICS:
        raise typer.BadParameter(f"{topic} is not an event type. Known are {', '.join(TOPICS)}.", param_hint="TOPIC")
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
        yield {"topic": topic, "data": _data(topic, own, zone, data, settings)}


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


def _data(topic: str, seed: str, zone: ZoneInfo, given: str, settings: list[str]) -> dict[str, Any]:
    data = _read(given) if given else sample(topic, seed=seed, moment=datetime.now(zone))
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals:
            raise typer.BadParameter(f"{setting!r} has no `=`. Write PATH=VALUE.", param_hint="--set")
        put(data, path.removeprefix("data."), value_of(text))
    return data


def value_of(text: str) -> Any:
    """The text parsed as JSON, or itself if it is not JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def put(data: dict[str, Any], path: str, value: Any) -> None:
    """Set `data` at a path such as `items.0.amount` or `items[0].amount`. BadParameter if the path does not exist."""
    steps = path.replace("[", ".").replace("]", "").split(".")
    place: Any = data
    for done, step in enumerate(steps[:-1]):
        try:
            place = place[int(step)] if isinstance(place, list) else place[step]
        except (KeyError, IndexError, ValueError, TypeError):
            raise _no_place(path, steps[: done + 1], place) from None
    last = steps[-1]
    try:
        if isinstance(place, list) and int(last) == len(place):
            place.append(value)
        elif isinstance(place, list):
            place[int(last)] = value
        else:
            place[last] = value
    except (IndexError, ValueError, TypeError):
        raise _no_place(path, steps, place) from None


def _no_place(path: str, steps: list[str], place: Any) -> typer.BadParameter:
    there = (
        ", ".join(place) if isinstance(place, dict) else f"a list of {len(place)}" if isinstance(place, list) else ""
    )
    known = f" Available: {there}." if there else ""
    return typer.BadParameter(f"data.{path}: there is no {'.'.join(steps)} in the sample.{known}", param_hint="--set")


def _read(given: str) -> dict[str, Any]:
    if given == "@-":
        given = typer.get_text_stream("stdin").read()
    elif given.startswith("@"):
        try:
            given = Path(given[1:]).read_text()
        except OSError as error:
            raise typer.BadParameter(f"{given[1:]} cannot be read: {error.strerror}.", param_hint="--data") from error
    try:
        data = json.loads(given)
    except ValueError as error:
        raise typer.BadParameter(f"This is not valid JSON: {error}", param_hint="--data") from error
    if not isinstance(data, dict):
        raise typer.BadParameter("`data` must be a JSON object.", param_hint="--data")
    return data


def _print(event: dict[str, Any], as_json: bool, seed: str) -> None:
    if as_json:
        print_json(event)
        return
    listed = ", ".join(f"delivery {row['id']}" for row in event["deliveries"]) or "no deliveries"
    out.print(f"Event {event['id']}: {event['topic']}: {listed}. Seed {seed}.")
    for row in event["not_reached"]:
        out.print(f"  not sent to {row['name']}: {row['detail']}")


def _wait(simulator: Simulator, events: Iterator[Json], as_json: bool, seed: str) -> int:
    """Wait for each event's deliveries; returns the exit code."""
    good = True
    for event in list(events):
        ended = simulator.wait_for_event(event["id"], WAIT_SECONDS)
        deliveries = ended["deliveries"]
        good = good and all(row["status"] == "delivered" for row in deliveries)
        if as_json:
            print_json(ended)
        else:
            listed = ", ".join(f"delivery {row['id']} {coloured(row['status'])}" for row in deliveries)
            out.print(f"Event {event['id']}: {event['topic']}: {listed or 'no deliveries'}. Seed {seed}.")
    return 0 if good else 1
