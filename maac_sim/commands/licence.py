"""`maac-sim licence`: plans, licences and add-ons, for customer support and for one's own sandboxes."""

from typing import Annotated, Any

import typer

from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Url
from maac_sim.commands.output import AsJson, print_facts, print_json, print_table

app = typer.Typer(
    help="Grant, renew and end licences and add-ons, and change plans. Needs a token with the right of customer "
    "support, except for the sandboxes of the token's account.",
    no_args_is_help=True,
)

Account = Annotated[int, typer.Option("--account", "-a", help="Id of the account.", show_default=False)]
LicenceId = Annotated[int, typer.Argument(metavar="LICENCE", help="Id of the licence, from `list`.")]
From = Annotated[str, typer.Option("--from", help="ISO date and time; of a new licence by default now.")]
Until = Annotated[str, typer.Option("--until", help="ISO date and time; of a new licence by default a year later.")]


@app.command("list", epilog="Example: maac-sim licence list --account 1")
def list_all(account: Account, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Show an account's plan, licences and add-ons."""
    found = Simulator(url, token).get(f"/support/accounts/{account}/")
    if as_json:
        print_json(found)
        return
    print_facts({"account": found["name"], "plan": found["plan"], "running endpoints": found["endpoint_limit"]})
    rows = [(row["id"], _what(row), row["valid_from"], row["valid_until"], row["valid"]) for row in found["licences"]]
    print_table(("id", "licence", "from", "until", "valid"), rows, empty="No licence.")


@app.command(epilog="Example: maac-sim licence grant --account 1 --zone 2 --until 2027-12-31T23:59:59+08:00")
def grant(
    account: Account,
    zone: Annotated[int | None, typer.Option(help="The webhook zone.", show_default=False)] = None,
    extra_endpoints: Annotated[
        int | None, typer.Option(help="An add-on instead: so many more running endpoints.", show_default=False)
    ] = None,
    valid_from: From = "",
    valid_until: Until = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Grant a zone, or an add-on of running endpoints, for a period."""
    body: dict[str, Any] = {"zone": zone, "extra_endpoints": extra_endpoints}
    given = {name: value for name, value in body.items() if value is not None}
    path = f"/support/accounts/{account}/licences/"
    _print(Simulator(url, token).post(path, {**given, **_period(valid_from, valid_until)}), as_json)


@app.command(epilog="Example: maac-sim licence renew 3 --account 1 --until 2027-12-31T23:59:59+08:00")
def renew(
    licence: LicenceId,
    account: Account,
    valid_from: From = "",
    valid_until: Until = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Change the period of a licence or add-on that is not over."""
    path = f"/support/accounts/{account}/licences/{licence}/"
    _print(Simulator(url, token).patch(path, _period(valid_from, valid_until)), as_json)


@app.command(epilog="Example: maac-sim licence end 3 --account 1")
def end(
    licence: LicenceId, account: Account, url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False
) -> None:
    """End a licence or add-on now."""
    Simulator(url, token).post(f"/support/accounts/{account}/licences/{licence}/end/")
    print_json({"ended": licence}) if as_json else typer.echo(f"Licence {licence} has ended.")


@app.command(epilog="Example: maac-sim licence plan entry --account 1")
def plan(
    name: Annotated[str, typer.Argument(metavar="PLAN", help="entry, ecommerce or marketing.")],
    account: Account,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Change an account's plan. One without webhook needs all licences ended."""
    changed = Simulator(url, token).patch(f"/support/accounts/{account}/", {"plan": name})
    if as_json:
        print_json(changed)
    else:
        typer.echo(f"{changed['name']} is on the plan {changed['plan']}.")


def _period(valid_from: str, valid_until: str) -> dict[str, str]:
    return {name: text for name, text in (("valid_from", valid_from), ("valid_until", valid_until)) if text}


def _what(row: dict[str, Any]) -> str:
    return f"zone {row['zone']}" if row["zone"] else f"{row['extra_endpoints']} more endpoints"


def _print(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(row)
    else:
        print_facts({"id": row["id"], "licence": _what(row), "from": row["valid_from"], "until": row["valid_until"]})
