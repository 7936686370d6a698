"""`maac-sim play`: let customers live on a running simulator for a while."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Url
from maac_sim.commands.output import AsJson, out, print_json, print_table

PLAYS = "/modules/traffic/plays/"
LOOK_EVERY = 0.5

Json = dict[str, Any]
Watch = Callable[[Json], None]


def play(
    scenario: Annotated[
        str,
        typer.Argument(
            help="A scenario of the simulator (see --list), or a YAML file of your own.", show_default=False
        ),
    ] = "",
    rate: Annotated[float | None, typer.Option(help="Events a second; without it as the scenario says.")] = None,
    seconds: Annotated[float | None, typer.Option(help="For how long; without it as the scenario says.")] = None,
    seed: Annotated[str, typer.Option(help="The same seed plays the same, in the same order.")] = "",
    show_list: Annotated[bool, typer.Option("--list", help="List the scenarios.")] = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Let customers live for a while: receipts, surveys, notifications, points and opens, as a scenario says.

    Ctrl+C stops the play; what it has told stays told. Exit code 1 if it did not come to its end.
    """
    simulator = Simulator(url, token)
    if show_list:
        _list(simulator, as_json)
        return
    if not scenario:
        raise typer.BadParameter("Name one; --list lists them.", param_hint="SCENARIO")
    wish = {**_named(scenario), "seed": seed or None, "rate": rate, "seconds": seconds}
    started = simulator.post(PLAYS, {name: value for name, value in wish.items() if value is not None})
    ended = _watched(simulator, started, is_shown=out.is_terminal and not as_json)
    if as_json:
        print_json(ended)
    else:
        _summarise(ended)
    raise typer.Exit(0 if ended["status"] == "finished" else 1)


def _named(scenario: str) -> Json:
    """The scenario as the call takes it: a file's text, or a name."""
    path = Path(scenario)
    if path.suffix not in (".yaml", ".yml"):
        return {"scenario": scenario}
    try:
        return {"yaml": path.read_text()}
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{scenario} cannot be read: {error}", param_hint="SCENARIO") from error


def _watched(simulator: Simulator, started: Json, *, is_shown: bool) -> Json:
    """The play when it has ended. Ctrl+C ends it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} events"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out, disable=not is_shown) as progress:
        task = progress.add_task(f"{started['scenario']}, seed {started['seed']}", total=started["planned"])
        return _followed(simulator, started, lambda play: progress.update(task, completed=play["events"]))


def _followed(simulator: Simulator, play: Json, watch: Watch) -> Json:
    path = f"{PLAYS}{play['id']}/"
    try:
        while play["status"] == "running":
            time.sleep(LOOK_EVERY)
            play = simulator.get(path)
            watch(play)
    except KeyboardInterrupt:
        stopped: Json = simulator.post(f"{path}stop/")
        return stopped
    return play


def _summarise(play: Json) -> None:
    rows = [(kind, count["actions"], count["events"]) for kind, count in play["counts"].items()]
    print_table(["kind", "actions", "events"], rows, empty="Nothing happened.")
    seconds = (datetime.fromisoformat(play["ended_at"]) - datetime.fromisoformat(play["started_at"])).total_seconds()
    out.print(
        f"{play['scenario']} {play['status']}: {play['events']} of {play['planned']} events in {seconds:.1f} s, "
        f"{play['events'] / max(seconds, 0.001):.1f} a second. Seed {play['seed']}."
    )
    if play["fault"]:
        out.print(play["fault"])


def _list(simulator: Simulator, as_json: bool) -> None:
    scenarios = simulator.get("/modules/traffic/scenarios/")
    if as_json:
        print_json(scenarios)
        return
    rows = [(row["name"], f"{row['rate']:g}", f"{row['seconds']:g}", row["about"]) for row in scenarios]
    print_table(["scenario", "events a second", "seconds", "about"], rows, empty="There is none.", wraps="about")
