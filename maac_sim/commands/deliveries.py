"""`maac-sim deliveries`, `delivery` and `redeliver`: the delivery log in a terminal."""

import time
from typing import Annotated, Any

import typer

from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Url
from maac_sim.commands.endpoint import find
from maac_sim.commands.filters import EndpointOption, SinceOption, StatusOption, TopicOption
from maac_sim.commands.output import AsJson, coloured, out, print_facts, print_json, print_table

LOOK_EVERY = 0.5
"""Seconds between polls for new deliveries."""
COLUMNS = ("id", "created", "topic", "endpoint", "status", "answer", "attempts", "key")
SPARE = ("key", "attempts", "created", "endpoint")
"""Columns left out in a narrow terminal; `maac-sim delivery ID` shows them."""


def deliveries(
    endpoint: EndpointOption = None,
    topic: TopicOption = None,
    status: StatusOption = None,
    text: Annotated[
        str | None, typer.Option("--text", "-q", help="Only deliveries with this text in the body.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Number of deliveries to list.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep printing new deliveries until Ctrl+C.")] = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """List the newest deliveries."""
    simulator = Simulator(url, token)
    which = find(simulator, endpoint)["id"] if endpoint else None
    filters = {"endpoint": which, "topic": topic, "status": status, "q": text}
    rows = simulator.get("/deliveries/", limit=limit, **filters)["results"]
    if follow:
        _follow(simulator, filters, rows[::-1], as_json)
    elif as_json:
        print_json(rows)
    else:
        is_filtered = any(wish is not None for wish in filters.values())
        empty = "No delivery is like that." if is_filtered else "No delivery yet. Make one: maac-sim trigger TOPIC"
        print_table(COLUMNS, [_line(row) for row in rows], empty=empty, spare=SPARE)


def delivery(
    number: Annotated[int, typer.Argument(metavar="ID", help="The delivery's id.")],
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Show a delivery with the request and response of each attempt."""
    found = Simulator(url, token).get(f"/deliveries/{number}/")
    if as_json:
        print_json(found)
        return
    print_facts({name: found[name] for name in ("id", "topic", "endpoint_name", "idempotency_key", "status")})
    for attempt in found["attempts"]:
        answer = attempt["status_code"] or attempt["reason"]
        out.print(f"\n[bold]Attempt {attempt['number']}[/bold]: {answer} in {attempt['duration_ms']:.0f} ms")
        if attempt["fault"]:
            out.print(f"injected fault: {attempt['fault']}", style="yellow")
        if attempt["detail"]:
            out.print(attempt["detail"], markup=False)
        for name, value in attempt["request"]["headers"].items():
            out.print(f"  {name}: {value}", markup=False)
    if found["attempts"]:
        out.print()
        out.print(found["attempts"][-1]["request"]["body"], markup=False)


def redeliver(
    number: Annotated[int | None, typer.Argument(metavar="[ID]", help="The delivery's id.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All failed deliveries.")] = False,
    skipped: Annotated[
        bool, typer.Option("--skipped", help="All skipped deliveries, such as those to a paused endpoint.")
    ] = False,
    since: SinceOption = None,
    endpoint: EndpointOption = None,
    topic: TopicOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count the matching deliveries.")] = False,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Create a new delivery with a new idempotency key.")
    ] = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Send finished deliveries again, one or many: the same body, signed with the current secret."""
    simulator = Simulator(url, token)
    if (number is not None) + failed + skipped != 1:
        raise typer.BadParameter("Say what to send again: an ID, --failed or --skipped.")
    if number is None:
        status = "failed" if failed else "skipped"
        which = find(simulator, endpoint)["id"] if endpoint else None
        filters = {"status": status, "since": since, "endpoint": which, "topic": topic}
        _redeliver_all(simulator, filters, {"new_key": new_key, "dry_run": dry_run}, as_json)
        return
    if since or endpoint or topic or dry_run:
        raise typer.BadParameter("An ID stands alone: --since, --endpoint, --topic and --dry-run are for many.")
    again = simulator.post(f"/deliveries/{number}/redeliver/", {"new_key": new_key})
    print_json(again) if as_json else out.print(f"Delivery {again['id']} is under way, key {again['idempotency_key']}.")


def _redeliver_all(simulator: Simulator, filters: dict[str, Any], body: dict[str, Any], as_json: bool) -> None:
    given = {name: value for name, value in filters.items() if value is not None}
    answer = simulator.call("POST", "/deliveries/redeliver/", params=given, json=body)
    if as_json:
        print_json(answer)
        return
    verb = "would be sent" if answer["dry_run"] else "are sent"
    out.print(f"{answer['redelivered']} of {answer['matched']} deliveries {verb} again.")
    for reason, count in answer["not_redelivered"].items():
        out.print(f"  {count} not: {reason.replace('_', ' ')}")
    if answer["more"]:
        out.print("There are more: run it again.")


def _follow(simulator: Simulator, filters: dict[str, Any], rows: list[dict[str, Any]], as_json: bool) -> None:
    """Print new deliveries, and again when their status changes."""
    shown: dict[int, str] = {}
    try:
        while True:
            for row in rows:
                if shown.get(row["id"]) != row["status"]:
                    shown[row["id"]] = row["status"]
                    print_json(row) if as_json else out.print("  ".join(coloured(str(cell)) for cell in _line(row)))
            time.sleep(LOOK_EVERY)
            rows = simulator.get("/deliveries/", limit=100, **filters)["results"][::-1]
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _line(row: dict[str, Any]) -> tuple[object, ...]:
    answer = row["status_code"] or row["reason"] or ""
    mark = f"{row['topic']} (test)" if row["is_test"] else row["topic"]
    created = row["created_at"].replace("T", " ")[:19]
    return (
        row["id"],
        created,
        mark,
        row["endpoint_name"],
        row["status"],
        answer,
        row["attempt_count"],
        row["idempotency_key"],
    )
