"""`maac-sim faults`: injects faults into the deliveries of an endpoint."""

from typing import Annotated, Any

import typer

from maac_contract.fault_kinds import KINDS, FaultKind
from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Url
from maac_sim.commands.endpoint import Which, find
from maac_sim.commands.filters import TopicOption
from maac_sim.commands.output import AsJson, out, print_json, print_table

app = typer.Typer(
    help="Inject faults into an endpoint's deliveries. Affected attempts are marked in the delivery log.",
    no_args_is_help=True,
)
COLUMNS = ("id", "fault", "attempts", "affected", "status", "expires")
EXAMPLE = "Example: maac-sim faults add CRM drop_mid_body --attempt 2 --times 1 --expires 60"

Kind = Annotated[FaultKind, typer.Argument(help="The kind of fault; `maac-sim faults kinds` describes them.")]


@app.command(epilog=EXAMPLE)
def add(
    which: Which,
    kind: Kind,
    topic: TopicOption = None,
    attempt: Annotated[int | None, typer.Option(help="Only this attempt of each delivery; the first is 1.")] = None,
    every: Annotated[int | None, typer.Option(help="Only every nth matching attempt.")] = None,
    probability: Annotated[
        float | None, typer.Option(help="Probability from 0 to 1 that a matching attempt is affected.")
    ] = None,
    seed: Annotated[str | None, typer.Option(help="Seed of --probability, for repeatable runs.")] = None,
    times: Annotated[int, typer.Option(min=0, help="Number of attempts to affect; 0: until it expires.")] = 1,
    seconds: Annotated[
        float | None, typer.Option(help="Seconds, for drip_body, delay, reverse and stale_timestamp.")
    ] = None,
    count: Annotated[int | None, typer.Option(help="For reverse: number of deliveries in each reversed group.")] = None,
    expires: Annotated[float | None, typer.Option(help="Seconds until it expires. Default: 3600.")] = None,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Inject a fault into the endpoint's next matching attempts: one, unless --times is given."""
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
            f"Fault {made['id']} is injected at {found['name']}: {_attempts(made)}. {made['description']}", markup=False
        )


@app.command("list", epilog="Example: maac-sim faults list CRM")
def list_all(which: Which, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """List an endpoint's injected faults and how many attempts each has affected."""
    simulator = Simulator(url, token)
    rows = list(simulator.pages(f"/endpoints/{find(simulator, which)['id']}/faults/"))
    if as_json:
        print_json(rows)
        return
    lines = [
        (row["id"], row["kind"], _attempts(row), _affected(row), _status(row), _moment(row["expires_at"]))
        for row in rows
    ]
    print_table(COLUMNS, lines, empty=f"No injected faults. {EXAMPLE}", wraps="attempts", spare=("expires",))


@app.command(epilog="Example: maac-sim faults remove 3")
def remove(
    number: Annotated[int, typer.Argument(metavar="ID", help="The fault's id.")],
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Remove an injected fault. Deliveries that it holds back are sent now."""
    Simulator(url, token).delete(f"/faults/{number}/")
    print_json({"removed": number}) if as_json else out.print(f"Fault {number} is removed.")


@app.command(epilog="Example: maac-sim faults clear CRM")
def clear(which: Which, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Remove all injected faults of an endpoint."""
    simulator = Simulator(url, token)
    found = find(simulator, which)
    simulator.delete(f"/endpoints/{found['id']}/faults/")
    if as_json:
        print_json({"endpoint": found["id"], "faults": []})
    else:
        out.print(f"{found['name']} has no injected faults any more.", markup=False)


@app.command(epilog="Example: maac-sim faults kinds")
def kinds(as_json: AsJson = False) -> None:
    """List the kinds of fault and what each does."""
    if as_json:
        print_json({kind.value: about.description for kind, about in KINDS.items()})
        return
    rows = [(kind.value, about.description) for kind, about in KINDS.items()]
    print_table(("kind", "what it does"), rows, empty="", wraps="what it does")


def _attempts(row: dict[str, Any]) -> str:
    """A short description of the attempts that the fault affects."""
    words = [
        row["topic"],
        row["attempt"] and f"attempt {row['attempt']}",
        row["every"] > 1 and f"every {row['every']}",
        row["probability"] < 1 and f"probability {row['probability']:g}, seed {row['seed']}",
        row["count"] and f"in groups of {row['count']}",
        row["seconds"] and f"{row['seconds']:g} s",
    ]
    return ", ".join(word for word in words if word) or "the next attempts"


def _affected(row: dict[str, Any]) -> str:
    return f"{row['hits']} of {row['times']}" if row["times"] else str(row["hits"])


def _moment(iso: str) -> str:
    return iso.replace("T", " ")[:19]


def _status(row: dict[str, Any]) -> str:
    if row["is_active"]:
        return "waits"
    return "done" if row["left"] == 0 else "expired"
