"""`maac-sim callback` and `maac-sim bind-link`: the binding callback, and the links that lead to it."""

import time
from typing import Annotated, Any

import typer

from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Unsuccessful, Url
from maac_sim.commands.output import AsJson, print_facts, print_json, print_table

callback_app = typer.Typer(help="Set, show, test and check the address of the binding callback.", no_args_is_help=True)
links_app = typer.Typer(help="Make bind links, and open them as a contact.", no_args_is_help=True)

ASK_EVERY = 0.5


@callback_app.command(
    "set", epilog="Example: maac-sim callback set http://127.0.0.1:9000/binding -H 'x-api-key: s3cret'"
)
def set_callback(
    address: Annotated[str, typer.Argument(metavar="URL", help="Where the receiver takes binding callbacks.")],
    header: Annotated[
        list[str] | None, typer.Option("--header", "-H", help="Preset header, `Name: value`. May be repeated.")
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Accept any TLS certificate.")] = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Set the address and the preset headers of the binding callback."""
    headers = dict(_header(line) for line in header or ())
    body = {"url": address, "headers": headers, "verify_tls": not insecure}
    found = Simulator(url, token).put("/callback/", body)
    print_json(found) if as_json else _print_callback(found)


@callback_app.command(epilog="Example: maac-sim callback show")
def show(url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Show the address and the names of the preset headers."""
    found = Simulator(url, token).get("/callback/")
    print_json(found) if as_json else _print_callback(found)


@callback_app.command(epilog="Example: maac-sim callback remove")
def remove(url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Remove the address: no callback is sent any more."""
    Simulator(url, token).delete("/callback/")
    print_json({"removed": True}) if as_json else typer.echo("The address is removed.")


@callback_app.command("test", epilog="Example: maac-sim callback test")
def send_test(url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Send a sample callback and print the answer. Exit code 1 if it was not accepted."""
    result = Simulator(url, token).post("/callback/test/")
    if as_json:
        print_json(result)
    else:
        named = ("delivery_id", "reason", "status_code", "duration_ms", "detail")
        print_facts({name: result[name] for name in named if result[name] not in (None, "")})
    raise typer.Exit(0 if result["success"] else 1)


@callback_app.command(epilog="Example: maac-sim callback check")
def check(url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Check the receiver of the callback. Exit code 1 if a probe failed."""
    simulator = Simulator(url, token)
    begun = simulator.post("/callback/check/")
    while True:
        found = simulator.get(f"/checks/{begun['id']}/")
        if found["finished_at"]:
            break
        time.sleep(ASK_EVERY)
    if found["report"] is None:
        raise Unsuccessful(found["fault"])
    if as_json:
        print_json(found["report"])
    else:
        rows = [(probe["verdict"], probe["id"], probe["seen"]) for probe in found["report"]["probes"]]
        print_table(("verdict", "probe", "seen"), rows, empty="", wraps="seen")
    raise typer.Exit(0 if found["passed"] else 1)


@links_app.command(epilog="Example: maac-sim bind-link make CRM-7001 --once")
def make(
    customer_id: Annotated[str, typer.Argument(help="The id of the customer in your system.")],
    template: Annotated[
        int | None, typer.Option(help="A binding template (bind_link_id). Default: the newest; made if there is none.")
    ] = None,
    email: Annotated[str, typer.Option(help="E-mail address, stored on the contact.")] = "",
    mobile: Annotated[str, typer.Option(help="Mobile number, stored on the contact.")] = "",
    once: Annotated[bool, typer.Option("--once", help="The link binds one time only.")] = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Make a bind link, and print its address."""
    simulator = Simulator(url, token)
    body: dict[str, Any] = {"bind_link_id": template or _newest(simulator), "customer_id": customer_id}
    made = simulator.post("/modules/binding/links/", {**body, "email": email, "mobile": mobile, "bind_once": once})
    if as_json:
        print_json(made)
    else:
        print_facts({"id": made["id"], "link": made["link"], "customer_id": made["customer_id"]})


@links_app.command("list", epilog="Example: maac-sim bind-link list")
def list_all(url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """List the bind links, newest first."""
    rows = list(Simulator(url, token).pages("/modules/binding/links/"))
    if as_json:
        print_json(rows)
        return
    lines = [(row["id"], row["customer_id"], row["link"], row["bindings"]) for row in rows]
    print_table(
        ("id", "customer", "link", "bindings"), lines, empty="No link yet. Make one: maac-sim bind-link make ID"
    )


@links_app.command("open", epilog="Example: maac-sim bind-link open 7 --line-uid U4af4980629a1f8c2b7d6e5f4a3b2c1d0")
def open_link(
    link: Annotated[int, typer.Argument(metavar="LINK", help="Id of the link.")],
    line_uid: Annotated[str, typer.Option(help="Who opens it. Default: a new person.", show_default=False)] = "",
    name: Annotated[str, typer.Option(help="Name of a new person at LINE.")] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Open a link as a contact: it is bound, and the callback is sent."""
    given = {key: text for key, text in (("line_uid", line_uid), ("name", name)) if text}
    bound = Simulator(url, token).post(f"/modules/binding/links/{link}/open/", given)
    if as_json:
        print_json(bound)
    else:
        sent = bound["callback_delivery"] or "none: no address is set (maac-sim callback set)"
        print_facts({**bound["contact"], "callback delivery": sent})


def _newest(simulator: Simulator) -> int:
    """The newest binding template of the account; a new one if there is none."""
    newest = next(simulator.pages("/modules/binding/templates/"), None)
    found = newest or simulator.post("/modules/binding/templates/", {"name": "Binding"})
    return int(found["id"])


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise typer.BadParameter(f"--header {line}: write it as 'Name: value'.")
    return name.strip(), value.strip()


def _print_callback(found: dict[str, Any]) -> None:
    headers = ", ".join(f"{name}: {value}" for name, value in found["headers"].items())
    print_facts({"URL": found["url"], "preset headers": headers or "none", "endpoint in the log": found["id"]})
