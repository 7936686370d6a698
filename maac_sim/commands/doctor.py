"""`maac-sim doctor`: diagnoses why events do not arrive, along the path that an event takes."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import typer

from maac_sim.commands.connection import DEFAULT_URL, Refused, Simulator, Token, Url
from maac_sim.commands.output import AsJson, out, print_json


@dataclass(frozen=True)
class Finding:
    """The result of one check, with a remedy if it failed."""

    subject: str
    good: bool
    found: str
    remedy: str = ""


def doctor(url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Diagnose why events do not arrive. Exit code 1 if a problem was found."""
    simulator = Simulator(url, token)
    findings = list(_looked_at(simulator))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            out.print(
                f"{'[green]good[/green]' if finding.good else '[red]BAD [/red]'}  {finding.subject}: {finding.found}"
            )
            if finding.remedy:
                out.print(f"      {finding.remedy}", markup=False)
    raise typer.Exit(0 if all(finding.good for finding in findings) else 1)


def _looked_at(simulator: Simulator) -> Iterator[Finding]:
    """The simulator, its worker, the token, what was set aside, licences, endpoints and their last deliveries."""
    for look in (_ready, _token):
        finding = look(simulator)
        yield finding
        if not finding.good:
            return
    yield _set_aside(simulator)
    yield from _licences(simulator)
    yield from _endpoints(simulator)


def _ready(simulator: Simulator) -> Finding:
    import requests

    try:
        answer = requests.get(f"{simulator.url}/readyz", timeout=5)
    except requests.RequestException:
        remedy = "Start it: ./run (or say where it is: --url or MAAC_SIM_URL)."
        return Finding("simulator", False, f"nothing answers at {simulator.url}", remedy)
    if answer.ok:
        return Finding("simulator", True, f"{simulator.url} is ready, and a worker is running")
    return Finding(
        "simulator", False, answer.text.strip(), "See its log; with PostgreSQL: is `maac-sim worker` running?"
    )


def _token(simulator: Simulator) -> Finding:
    try:
        account = simulator.get("/account/")
    except Refused as refused:
        remedy = "Take the one that ./run prints, or make one in the console: API > API token."
        return Finding("API token", False, refused.message, remedy)
    return Finding("API token", True, f"of the account {account['name']} ({account['time_zone']})")


def _set_aside(simulator: Simulator) -> Finding:
    """Deliveries that ended with an error of the simulator."""
    found = simulator.get("/deliveries/", status="failed", reason="INTERNAL_ERROR", limit=1)["results"]
    if not found:
        return Finding("processing", True, "no delivery was set aside after an error in the simulator")
    remedy = (
        f"See its error: maac-sim delivery {found[0]['id']}. Then send it again: maac-sim redeliver {found[0]['id']}"
    )
    return Finding(
        "processing", False, f"delivery {found[0]['id']} was set aside after an error in the simulator", remedy
    )


def _licences(simulator: Simulator) -> Iterator[Finding]:
    account = simulator.get("/account/")
    zones = {row["zone"]: row for row in account["licences"] if row["zone"] and row["valid"]}
    for zone in sorted({row["zone"] for row in simulator.get("/event-types/")}):
        if zone in zones:
            yield Finding(f"zone {zone}", True, f"licensed until {zones[zone]['valid_until'][:10]}")
        else:
            yield Finding(f"zone {zone}", True, "not licensed; its event types are refused")
    found = f"{account['running_endpoints']} of {account['endpoint_limit']} run"
    remedy = "" if account["running_endpoints"] else "Make one: maac-sim endpoint create NAME URL"
    yield Finding("endpoints", bool(account["running_endpoints"]), found, remedy)


def _endpoints(simulator: Simulator) -> Iterator[Finding]:
    for endpoint in simulator.pages("/endpoints/"):
        subject = f"endpoint {endpoint['name']}"
        if endpoint["status"] != "running":
            remedy = f"Resume it: maac-sim endpoint resume {endpoint['id']}"
            yield Finding(subject, False, "paused; what comes is skipped", remedy)
            continue
        last = simulator.get("/deliveries/", endpoint=endpoint["id"], limit=1)["results"]
        yield _last_delivery(subject, endpoint, last[0] if last else None)


def _last_delivery(subject: str, endpoint: dict[str, Any], last: dict[str, Any] | None) -> Finding:
    if last is None:
        return Finding(subject, True, "nothing sent yet; try: maac-sim trigger " + endpoint["event_types"][0])
    ended = f"last delivery {last['status']} ({last['status_code'] or last['reason'] or 'under way'})"
    if last["status"] in ("delivered", "pending"):
        late = last["status"] == "pending" and _age(last["created_at"]) > 60
        return Finding(
            subject, not late, ended, "It waits for more than a minute: is a worker running?" if late else ""
        )
    return Finding(subject, False, ended, f"Show its attempts: maac-sim delivery {last['id']}")


def _age(moment: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
