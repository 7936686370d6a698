"""`maac-sim play`: generates traffic on a running simulator."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Url
from maac_sim.commands.filters import scenario_names
from maac_sim.commands.output import AsJson, out, print_json, print_table

PLAYS = "/modules/traffic/plays/"
LOOK_EVERY = 0.5

Json = dict[str, Any]
Watch = Callable[[Json], None]


def play(
    scenario: Annotated[
        str,
        typer.Argument(
            help="A built-in scenario (see --list), or a YAML file.", show_default=False, autocompletion=scenario_names
        ),
    ] = "",
    rate: Annotated[float | None, typer.Option(help="Events per second. Default: the scenario's.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Length in seconds. Default: the scenario's.")] = None,
    seed: Annotated[
        str, typer.Option(help="The same seed gives the same actions in the same order. Default: random.")
    ] = "",
    show_list: Annotated[bool, typer.Option("--list", help="List the built-in scenarios.")] = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Generate traffic from a scenario: receipts, survey answers, notifications, points and message opens.

    Ctrl+C stops the play; its events stay. Exit code 1 if the play did not finish.
    """
    simulator = Simulator(url, token)
    if show_list:
        _list(simulator, as_json)
        return
    if not scenario:
        raise typer.BadParameter("Missing. --list lists the scenarios.", param_hint="SCENARIO")
    options = {**_named(scenario), "seed": seed or None, "rate": rate, "seconds": seconds}
    started = simulator.post(PLAYS, {name: value for name, value in options.items() if value is not None})
    ended = _watched(simulator, started, is_shown=out.is_terminal and not as_json)
    if as_json:
        print_json(ended)
    else:
        _summarise(ended)
    raise typer.Exit(0 if ended["status"] == "finished" else 1)


def _named(scenario: str) -> Json:
    """The request field for a scenario: `yaml` with a file's text, or `scenario` with a name."""
    path = Path(scenario)
    if path.suffix not in (".yaml", ".yml"):
        return {"scenario": scenario}
    try:
        return {"yaml": path.read_text()}
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{scenario} cannot be read: {error}", param_hint="SCENARIO") from error


def _watched(simulator: Simulator, started: Json, *, is_shown: bool) -> Json:
    """Wait until the play has ended, and return it. Ctrl+C stops it."""
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
    print_table(["scenario", "events/s", "seconds", "about"], rows, empty="There is none.", wraps="about")
