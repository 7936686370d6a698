"""`maac-sim endpoint`: manages endpoints, as the console's API > Webhook does."""

from typing import Annotated, Any

import typer

from maac_contract.contract import TOPICS
from maac_sim.commands.connection import DEFAULT_URL, Refused, Simulator, Token, Url
from maac_sim.commands.filters import endpoint_names, topics
from maac_sim.commands.output import AsJson, out, print_facts, print_json, print_table
from maac_sim.commands.retry_waits import RetryWaits, seconds_of

app = typer.Typer(
    help="Create, list, pause, resume and delete endpoints; show and rotate their share secrets.",
    no_args_is_help=True,
)

Which = Annotated[
    str, typer.Argument(metavar="ENDPOINT", help="The endpoint's id or name.", autocompletion=endpoint_names)
]
Events = Annotated[
    list[str] | None,
    typer.Option("--event", "-e", help="An event type. May be repeated. Default: all licensed ones.",
                 autocompletion=topics),
]  # fmt: skip


@app.command(
    epilog="Example: maac-sim endpoint create CRM http://127.0.0.1:9000/webhook -e receipt.receipt_validated",
)
def create(
    name: Annotated[str, typer.Argument(help="Name of the endpoint.")],
    address: Annotated[str, typer.Argument(metavar="URL", help="URL that events are sent to.")],
    event: Events = None,
    print_secret: Annotated[bool, typer.Option("--print-secret", help="Print only the share secret.")] = False,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Accept any TLS certificate, also a self-signed one.")
    ] = False,
    host: Annotated[str, typer.Option(help="Host header to send instead of the URL's.")] = "",
    header: Annotated[
        list[str] | None, typer.Option("--header", "-H", help="Static header, `Name: value`. May be repeated.")
    ] = None,
    retry_waits: RetryWaits = None,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Create a running endpoint and print its details with the share secret."""
    simulator = Simulator(url, token)
    body: dict[str, Any] = {"name": name, "url": address, "event_types": event or licensed(simulator)}
    if retry_waits is not None:
        body["retry_waits"] = seconds_of(retry_waits)
    if insecure:
        body["verify_tls"] = False
    if host:
        body["host_override"] = host
    if header:
        body["extra_headers"] = dict(_header(line) for line in header)
    made = simulator.post("/endpoints/", body)
    if print_secret:
        typer.echo(made["share_secret"])
    elif as_json:
        print_json(made)
    else:
        _print_details(made)


@app.command("list", epilog="Example: maac-sim endpoint list --json")
def list_all(url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """List the endpoints."""
    rows = list(Simulator(url, token).pages("/endpoints/"))
    if as_json:
        print_json(rows)
        return
    lines = [(row["id"], row["name"], row["url"], row["status"], ", ".join(row["event_types"])) for row in rows]
    empty = "No endpoint yet. Create one: maac-sim endpoint create NAME URL"
    print_table(("id", "name", "URL", "status", "event types"), lines, empty=empty, wraps="event types", spare=("URL",))


@app.command(epilog="Example: maac-sim endpoint show CRM")
def show(which: Which, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Show an endpoint's settings, without its secret."""
    found = find(Simulator(url, token), which)
    print_json(found) if as_json else _print_details(found)


@app.command(epilog="Example: maac-sim endpoint pause CRM")
def pause(which: Which, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Pause an endpoint. Deliveries to it are skipped until it is resumed."""
    _change(Simulator(url, token), which, "pause", as_json)


@app.command(epilog="Example: maac-sim endpoint resume CRM")
def resume(which: Which, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Resume a paused endpoint."""
    _change(Simulator(url, token), which, "resume", as_json)


@app.command(epilog="Example: maac-sim endpoint delete CRM")
def delete(which: Which, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Delete an endpoint. Its deliveries stay in the log."""
    simulator = Simulator(url, token)
    found = find(simulator, which)
    simulator.delete(f"/endpoints/{found['id']}/")
    print_json({"deleted": found["id"]}) if as_json else out.print(f"Deleted {found['name']}.", markup=False)


@app.command(epilog="Example: export SHARE_SECRET=$(maac-sim endpoint secret CRM)")
def secret(which: Which, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Print an endpoint's share secret. The audit log records it."""
    simulator = Simulator(url, token)
    _print_secret(simulator.get(f"/endpoints/{find(simulator, which)['id']}/secret/"), as_json)


@app.command(epilog="Example: export SHARE_SECRET=$(maac-sim endpoint rotate CRM)")
def rotate(which: Which, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Replace an endpoint's share secret and print the new one. The old one is no longer used for signing."""
    simulator = Simulator(url, token)
    _print_secret(simulator.post(f"/endpoints/{find(simulator, which)['id']}/secret/rotate/"), as_json)


def find(simulator: Simulator, which: str) -> dict[str, Any]:
    """The endpoint with this id or this name."""
    if which.isdecimal():
        found: dict[str, Any] = simulator.get(f"/endpoints/{which}/")
        return found
    named = [row for row in simulator.pages("/endpoints/") if row["name"] == which]
    if len(named) == 1:
        return named[0]
    if named:
        ids = ", ".join(str(row["id"]) for row in named)
        raise typer.BadParameter(f"More than one endpoint is named {which}. Use its id: {ids}.")
    raise typer.BadParameter(f"No endpoint is named {which}. List them: maac-sim endpoint list")


def licensed(simulator: Simulator) -> list[str]:
    """The event types that the account may subscribe to."""
    found = [row["topic"] for row in simulator.get("/event-types/") if row["licensed"]]
    if not found:
        raise Refused(403, {"code": "zone_not_licensed", "message": "The account holds no webhook licence."})
    return [topic for topic in TOPICS if topic in found]


def _change(simulator: Simulator, which: str, verb: str, as_json: bool) -> None:
    found = find(simulator, which)
    changed = simulator.post(f"/endpoints/{found['id']}/{verb}/")
    print_json(changed) if as_json else out.print(f"{found['name']} is {changed['status']}.", markup=False)


def _print_secret(answer: dict[str, str], as_json: bool) -> None:
    print_json(answer) if as_json else typer.echo(answer["share_secret"])


def _print_details(endpoint: dict[str, Any]) -> None:
    waits = endpoint["retry_waits"]
    print_facts(
        {
            "id": endpoint["id"],
            "name": endpoint["name"],
            "URL": endpoint["url"],
            "event types": ", ".join(endpoint["event_types"]),
            "status": endpoint["status"],
            "share secret": endpoint["share_secret"],
            "TLS": "verified" if endpoint["verify_tls"] else "any certificate",
            "retries": "as the account's" if waits is None else _waits(waits),
        }
    )


def _waits(waits: list[float]) -> str:
    return f"after {', '.join(f'{wait:g}' for wait in waits)} s" if waits else "none"


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise typer.BadParameter(f"{line!r} is not a header. Write it as `Name: value`.", param_hint="--header")
    return name.strip(), value.strip()
