"""`maac-sim event`: the accepted events, also those that reached no endpoint."""

import json
from typing import Annotated, Any

import typer

from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Url
from maac_sim.commands.filters import SinceOption, TopicOption
from maac_sim.commands.output import AsJson, out, print_facts, print_json, print_table
from maac_sim.commands.trigger import print_not_reached

app = typer.Typer(help="List events and show one: also those that reached no endpoint.", no_args_is_help=True)
COLUMNS = ("id", "created", "topic", "deliveries", "not reached")


@app.command("list", epilog="Example: maac-sim event list --topic prize.points_added --since 24h")
def list_all(
    topic: TopicOption = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Number of events to list.")] = 20,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """List the newest events, with the number of deliveries and of endpoints that were not reached."""
    rows = Simulator(url, token).get("/events/", topic=topic, since=since, limit=limit)["results"]
    if as_json:
        print_json(rows)
        return
    empty = "No event is like that." if topic or since else "No event yet. Make one: maac-sim trigger TOPIC"
    print_table(COLUMNS, [_line(row) for row in rows], empty=empty, spare=("created",))


@app.command(epilog="Example: maac-sim event show 7")
def show(
    number: Annotated[int, typer.Argument(metavar="ID", help="The event's id.")],
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Show an event: its body, its deliveries, and which endpoints it did not reach and why."""
    found = Simulator(url, token).get(f"/events/{number}/")
    if as_json:
        print_json(found)
        return
    print_facts({"id": found["id"], "topic": found["topic"], "occurred": found["occurred_at"],
                 "created": found["created_at"], "test": "yes" if found["is_test"] else "no"})  # fmt: skip
    rows = [(row["id"], row["endpoint"], row["status"], row["status_code"] or row["reason"], row["attempt_count"],
             row["idempotency_key"]) for row in found["deliveries"]]  # fmt: skip
    columns = ("delivery", "endpoint", "status", "answer", "attempts", "key")
    out.print()
    print_table(columns, rows, empty="no deliveries", spare=("key", "attempts"))
    print_not_reached(found)
    out.print()
    out.print(json.dumps(json.loads(found["body"]), ensure_ascii=False, indent=2), markup=False)


def _line(row: dict[str, Any]) -> tuple[object, ...]:
    mark = f"{row['topic']} (test)" if row["is_test"] else row["topic"]
    missed = ", ".join(each["name"] for each in row["not_reached"])
    return (row["id"], row["created_at"].replace("T", " ")[:19], mark, len(row["deliveries"]), missed)
