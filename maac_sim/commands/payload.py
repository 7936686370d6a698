"""`data` of an event from the command line: a sample or JSON given, with values set by `--set`."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from maac_contract.contract import TOPICS
from maac_contract.samples import sample

Json = dict[str, Any]

Setting = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="PATH=VALUE", help="Set a value in `data`, such as data.items.0.amount=5. "
                 "VALUE is parsed as JSON, else taken as text. May be repeated."),
]  # fmt: skip
Data = Annotated[
    str, typer.Option(help="The whole of `data` as JSON, @FILE, or @- for standard input. Default: a sample.")
]
Seed = Annotated[str, typer.Option(help="The same seed gives the same sample. Default: random.")]


def known_topic(topic: str) -> str:
    """The topic itself. BadParameter if it is not one."""
    if topic not in TOPICS:
        raise typer.BadParameter(f"{topic} is not an event type. Known are {', '.join(TOPICS)}.", param_hint="TOPIC")
    return topic


def data_of(topic: str, *, seed: str, zone: ZoneInfo, given: str, settings: list[str]) -> Json:
    """The given `data` or a sample, with the settings applied. BadParameter if something cannot be read or set."""
    data = _read(given) if given else sample(topic, seed=seed, moment=datetime.now(zone))
    apply(data, settings)
    return data


def apply(data: Json, settings: list[str]) -> None:
    """Set each `PATH=VALUE` in `data`."""
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals:
            raise typer.BadParameter(f"{setting!r} has no `=`. Write PATH=VALUE.", param_hint="--set")
        put(data, path.removeprefix("data."), value_of(text))


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
