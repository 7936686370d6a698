"""`maac-sim faults`: let something go wrong on purpose at an endpoint, and see how often it has."""

from typing import Annotated, Any

import typer

from maac_contract.contract import TOPICS
from maac_contract.fault_kinds import KINDS, FaultKind
from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Url
from maac_sim.commands.endpoint import Which, find
from maac_sim.commands.output import AsJson, out, print_json, print_table

app = typer.Typer(
    help="Script faults: what goes wrong at an endpoint on purpose. Attempts that one strikes are marked in the log.",
    no_args_is_help=True,
)
COLUMNS = ("id", "fault", "strikes", "struck", "status", "expires")
EXAMPLE = "Example: maac-sim faults add CRM drop_mid_body --attempt 2 --times 1 --expires 60"

Kind = Annotated[FaultKind, typer.Argument(help="What goes wrong; `maac-sim faults kinds` tells about each.")]


@app.command(epilog=EXAMPLE)
def add(
    which: Which,
    kind: Kind,
    topic: Annotated[
        str | None, typer.Option(help="Only events of this type.", autocompletion=lambda: list(TOPICS))
    ] = None,
    attempt: Annotated[int | None, typer.Option(help="Only this attempt of a delivery, from 1.")] = None,
    every: Annotated[int | None, typer.Option(help="Of those that fit only every nth.")] = None,
    probability: Annotated[float | None, typer.Option(help="By dice, from 0 to 1.")] = None,
    seed: Annotated[str | None, typer.Option(help="Makes the dice fall the same way again.")] = None,
    times: Annotated[int, typer.Option(min=0, help="How often; 0: until it expires.")] = 1,
    seconds: Annotated[float | None, typer.Option(help="For drip_body, delay, reverse and stale_timestamp.")] = None,
    count: Annotated[int | None, typer.Option(help="For reverse: how many are turned round.")] = None,
    expires: Annotated[float | None, typer.Option(help="Seconds until it is over; an hour if missing.")] = None,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Let it strike the endpoint's next attempts that fit: once, unless you say how often."""
    simulator = Simulator(url, token)
    given = {
        "topic": topic,
        "attempt": attempt,
        "every": every,
        "probability": probability,
        "seed": seed,
        "seconds": seconds,
        "count": count,
        "expires_in": expires,
    }
    body: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    found = find(simulator, which)
    made = simulator.post(f"/endpoints/{found['id']}/faults/", {"kind": kind.value, "times": times or None, **body})
    if as_json:
        print_json(made)
    else:
        out.print(
            f"Fault {made['id']} is set at {found['name']}: {_strikes(made)}. {made['description']}", markup=False
        )


@app.command("list", epilog="Example: maac-sim faults list CRM")
def list_all(which: Which, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """List an endpoint's faults and how often each has struck."""
    simulator = Simulator(url, token)
    rows = list(simulator.pages(f"/endpoints/{find(simulator, which)['id']}/faults/"))
    if as_json:
        print_json(rows)
        return
    lines = [
        (row["id"], row["kind"], _strikes(row), _struck(row), _status(row), _moment(row["expires_at"])) for row in rows
    ]
    print_table(COLUMNS, lines, empty=f"Nothing goes wrong on purpose. {EXAMPLE}", wraps="strikes", spare=("expires",))


@app.command()
def remove(
    number: Annotated[int, typer.Argument(metavar="ID", help="The fault's id.")],
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Take one back. What it holds is sent now."""
    Simulator(url, token).delete(f"/faults/{number}/")
    out.print(f"Fault {number} is removed.")


@app.command()
def clear(which: Which, url: Url = DEFAULT_URL, token: Token = "") -> None:
    """Take all of an endpoint's back."""
    simulator = Simulator(url, token)
    found = find(simulator, which)
    simulator.delete(f"/endpoints/{found['id']}/faults/")
    out.print(f"Nothing goes wrong on purpose at {found['name']} any more.", markup=False)


@app.command()
def kinds(as_json: AsJson = False) -> None:
    """Tell what each kind of fault does."""
    if as_json:
        print_json({kind.value: about.description for kind, about in KINDS.items()})
        return
    rows = [(kind.value, about.description) for kind, about in KINDS.items()]
    print_table(("kind", "what it does"), rows, empty="", wraps="what it does")


def _strikes(row: dict[str, Any]) -> str:
    """Which attempts, in few words."""
    words = [
        row["topic"],
        row["attempt"] and f"attempt {row['attempt']}",
        row["every"] > 1 and f"every {row['every']}",
        row["probability"] < 1 and f"by dice {row['probability']:g}, seed {row['seed']}",
        row["count"] and f"in groups of {row['count']}",
        row["seconds"] and f"{row['seconds']:g} s",
    ]
    return ", ".join(word for word in words if word) or "the next attempts"


def _struck(row: dict[str, Any]) -> str:
    return f"{row['hits']} of {row['times']}" if row["times"] else str(row["hits"])


def _moment(iso: str) -> str:
    return iso.replace("T", " ")[:19]


def _status(row: dict[str, Any]) -> str:
    if row["is_active"]:
        return "waits"
    return "done" if row["left"] == 0 else "expired"
