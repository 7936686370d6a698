"""`maac-sim openapi`: what clients called at MAAC's Open API, and failures on demand."""

import time
from typing import Annotated, Any

import typer

from maac_contract.openapi_failures import FAILURES, MAGIC, Failure
from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Url
from maac_sim.commands.output import AsJson, coloured, out, print_json, print_table

app = typer.Typer(help="See what clients call at MAAC's Open API, and let calls fail on demand.", no_args_is_help=True)
COLUMNS = ("id", "time", "method", "path", "status", "ms", "failure")
LOOK_EVERY = 0.5
EXAMPLE = "Example: maac-sim openapi fail timeout --times 3 --expires 60"

Kind = Annotated[Failure, typer.Argument(help="What fails; `maac-sim openapi kinds` describes them.")]


@app.command(epilog="Example: maac-sim openapi log --status 4xx --follow")
def log(
    status: Annotated[str | None, typer.Option(help="Only this status, such as 404, or class, such as 4xx.")] = None,
    method: Annotated[str | None, typer.Option(help="Only this method, such as POST.")] = None,
    path: Annotated[str | None, typer.Option(help="Only calls with this text in the path.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Number of calls to list.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep printing new calls until Ctrl+C.")] = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """List the newest calls of MAAC's Open API with their answers."""
    simulator = Simulator(url, token)
    filters = {"status": status, "method": method, "path": path}
    rows = simulator.get("/modules/openapi/calls/", limit=limit, **filters)["results"]
    if follow:
        _follow(simulator, filters, rows[::-1], as_json)
    elif as_json:
        print_json(rows)
    else:
        is_filtered = any(wish is not None for wish in filters.values())
        empty = (
            "No call is like that." if is_filtered else f"No call yet. Point a client at {simulator.url}/openapi/v1/"
        )
        print_table(COLUMNS, [_line(row) for row in rows], empty=empty, wraps="path", spare=("failure", "ms"))


@app.command(epilog="Example: maac-sim openapi call 12")
def call(
    number: Annotated[int, typer.Argument(metavar="ID", help="The call's id.")],
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Show a call and its answer with headers and bodies. Tokens are masked."""
    found = Simulator(url, token).get(f"/modules/openapi/calls/{number}/")
    if as_json:
        print_json(found)
        return
    query = f"?{found['query']}" if found["query"] else ""
    _print_message(f"{found['method']} {found['path']}{query}", found["request_headers"], found["request_body"])
    out.print()
    _print_message(
        f"{found['status']}  {found['milliseconds']:g} ms", found["response_headers"], found["response_body"]
    )
    if found["failure"]:
        out.print(f"It met the scripted failure {found['failure']}: {FAILURES[Failure(found['failure'])].title}.")


@app.command(epilog=EXAMPLE)
def fail(
    failure: Kind,
    path: Annotated[
        str | None, typer.Option(help="Only calls whose path after /openapi/v1/ begins so, such as member/.")
    ] = None,
    times: Annotated[int, typer.Option(min=0, help="Number of calls that fail; 0: all until it expires.")] = 1,
    expires: Annotated[float | None, typer.Option(help="Seconds until it expires. Default: 3600.")] = None,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Let the account's next matching calls fail: one, unless --times is given."""
    given = {"path": path, "expires_in": expires}
    body = {name: value for name, value in given.items() if value is not None}
    made = Simulator(url, token).post(
        "/modules/openapi/failures/", {"failure": failure.value, "times": times or None, **body}
    )
    if as_json:
        print_json(made)
    else:
        out.print(f"Failure {made['id']} is scripted: {FAILURES[failure].title}. {made['description']}", markup=False)


@app.command(epilog="Example: maac-sim openapi failures")
def failures(url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """List the scripted failures and how many calls have met each."""
    rows = list(Simulator(url, token).pages("/modules/openapi/failures/"))
    if as_json:
        print_json(rows)
        return
    lines = [
        (
            row["id"],
            row["failure"],
            row["path"] or "any",
            f"{row['hits']} of {row['times']}" if row["times"] else row["hits"],
            "waits" if row["is_active"] else "over",
            row["expires_at"].replace("T", " ")[:19],
        )
        for row in rows
    ]
    print_table(
        ("id", "failure", "paths", "calls", "status", "expires"), lines, empty=f"No failure is scripted. {EXAMPLE}"
    )


@app.command(epilog="Example: maac-sim openapi clear")
def clear(
    number: Annotated[int | None, typer.Argument(metavar="[ID]", help="The failure's id; missing: all.")] = None,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Remove one scripted failure, or all of them."""
    Simulator(url, token).delete("/modules/openapi/failures/" + (f"{number}/" if number is not None else ""))
    if as_json:
        print_json({"removed": "all" if number is None else number})
        return
    out.print("No failure is scripted any more." if number is None else f"Failure {number} is removed.")


@app.command(epilog="Example: maac-sim openapi kinds")
def kinds(as_json: AsJson = False) -> None:
    """List what can fail, and the magic values with which a call fails without a script."""
    if as_json:
        print_json({each.value: about.description for each, about in FAILURES.items()})
        return
    values = {each: [value for value, failure in MAGIC.items() if failure == each] for each in Failure}
    rows = [(each.value, about.description, " ".join(values[each])) for each, about in FAILURES.items()]
    print_table(("failure", "what happens", "magic values"), rows, empty="", wraps="what happens")


def _follow(simulator: Simulator, filters: dict[str, Any], rows: list[dict[str, Any]], as_json: bool) -> None:
    """Print new calls as they are logged."""
    last = 0
    try:
        while True:
            for row in rows:
                last = max(last, row["id"])
                print_json(row) if as_json else out.print("  ".join(coloured(str(cell)) for cell in _line(row)))
            time.sleep(LOOK_EVERY)
            rows = list(simulator.pages("/modules/openapi/calls/", limit=100, after=last or None, **filters))[::-1]
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _line(row: dict[str, Any]) -> tuple[object, ...]:
    path = row["path"] + (f"?{row['query']}" if row["query"] else "")
    called_at = row["called_at"].replace("T", " ")[:23]
    return (row["id"], called_at, row["method"], path, row["status"], f"{row['milliseconds']:.1f}", row["failure"])


def _print_message(line: str, headers: list[dict[str, str]], body: str) -> None:
    out.print(line, markup=False)
    for header in headers:
        out.print(f"{header['name']}: {header['value']}", markup=False)
    if body:
        out.print(f"\n{body}", markup=False)
