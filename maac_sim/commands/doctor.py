"""`maac-sim doctor`: diagnoses why events do not arrive, along the path that an event takes."""

from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from typing import Any

import typer

from maac_sim.commands.connection import DEFAULT_URL, Refused, Simulator, Token, Url, own_token
from maac_sim.commands.output import AsJson, out, print_json
from maac_sim.commands.receiver_findings import Finding, last_delivery

EPILOG = """Examples:

maac-sim doctor

maac-sim doctor --url http://127.0.0.1:8622 --json

Exit codes: 0 nothing is wrong, 1 a problem was found, 2 invalid usage, 3 no simulator answered.
"""
SOON = 14
"""Days before the end of a licence from which on it is mentioned."""


def doctor(url: Url = DEFAULT_URL, token: Token = "", as_json: AsJson = False) -> None:
    """Diagnose why events do not arrive: simulator, token, licences, endpoints, receivers; with a remedy for each."""
    simulator = Simulator(url, token)
    findings = list(_looked_at(simulator, token or own_token()))
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        for finding in findings:
            mark = "[green]good[/green]" if finding.good else "[red]BAD [/red]"
            out.print(f"{mark}  ", end="")
            out.print(f"{finding.subject}: {finding.found}", markup=False)
            if finding.remedy:
                out.print(f"      {finding.remedy}", markup=False)
    wrong = [finding for finding in findings if not finding.good]
    raise typer.Exit(3 if any(finding.is_unreachable for finding in wrong) else 1 if wrong else 0)


def _looked_at(simulator: Simulator, token: str) -> Iterator[Finding]:
    """The simulator, its worker, the token, what was set aside, licences, endpoints and their last deliveries."""
    ready = _ready(simulator)
    yield ready
    if not ready.good:
        return
    allowed = _token(simulator, token)
    yield allowed
    if not allowed.good:
        return
    yield _set_aside(simulator)
    account = simulator.get("/account/")
    ended = yield from _licences(simulator, account)
    yield _running(account)
    yield from _endpoints(simulator, ended)


def _ready(simulator: Simulator) -> Finding:
    import requests

    try:
        answer = requests.get(f"{simulator.url}/readyz", timeout=5, allow_redirects=False)
    except requests.Timeout:
        remedy = "It is overloaded or stopped (Ctrl+Z): see its log, and start it again."
        return Finding("simulator", False, f"{simulator.url} does not answer within 5 s", remedy, is_unreachable=True)
    except requests.RequestException:
        remedy = "Start it: ./run (or say where it is: --url or MAAC_SIM_URL)."
        return Finding("simulator", False, f"nothing answers at {simulator.url}", remedy, is_unreachable=True)
    try:
        parts = answer.json()
        status = str(parts["status"])
    except (ValueError, TypeError, KeyError):
        return _foreign(simulator.url, answer.status_code, answer.headers.get("Content-Type", ""))
    if answer.ok and status == "ok":
        return Finding("simulator", True, f"{simulator.url} is ready, and a worker is running")
    faults = [f"{name}: {part['detail']}" for name, part in parts.items() if isinstance(part, dict) and not part["ok"]]
    remedy = "See its log; with PostgreSQL: is `maac-sim worker` running?"
    return Finding("simulator", False, "; ".join(faults) or status, remedy)


def _foreign(url: str, status: int, content_type: str) -> Finding:
    what = "an HTML page" if "html" in content_type else content_type.split(";")[0] or "no content"
    remedy = ("Another program listens there. Say where maac-sim is (--url or MAAC_SIM_URL), or start it on another "
              "port: ./run --port 9622")  # fmt: skip
    found = f"{url} answers, but is not maac-sim: {status} with {what}"
    return Finding("simulator", False, found, remedy, is_unreachable=True)


def _token(simulator: Simulator, token: str) -> Finding:
    remedy = "Take the one that ./run prints, or make one in the console: API > API token."
    if not token:
        where = ("no token was given, and none is in secrets.env of MAAC_SIM_DATA or ./data. Give --token, set "
                 "MAAC_SIM_API_TOKEN, or run this in the simulator's folder")  # fmt: skip
        return Finding("API token", False, where, remedy)
    try:
        account = simulator.get("/account/")
    except Refused as refused:
        return Finding("API token", False, f"{refused.message} ({refused.status})", remedy)
    return Finding("API token", True, f"of the account {account['name']} ({account['time_zone']})")


def _set_aside(simulator: Simulator) -> Finding:
    """Deliveries that ended with an error of the simulator."""
    found = simulator.get("/deliveries/", status="failed", reason="INTERNAL_ERROR", limit=1)["results"]
    if not found:
        return Finding("processing", True, "no delivery was set aside after an error in the simulator")
    number = found[0]["id"]
    remedy = f"See its error: maac-sim delivery {number}. Then send it again: maac-sim redeliver {number}"
    return Finding("processing", False, f"delivery {number} was set aside after an error in the simulator", remedy)


def _licences(simulator: Simulator, account: dict[str, Any]) -> Generator[Finding, None, set[str]]:
    """A finding a zone; returns the event types of zones whose licence has ended."""
    topics: dict[int, list[str]] = {}
    for row in simulator.get("/event-types/"):
        topics.setdefault(row["zone"], []).append(row["topic"])
    ended: set[str] = set()
    now = datetime.now(UTC)
    for zone, own in sorted(topics.items()):
        rows = [row for row in account["licences"] if row["zone"] == zone]
        rows.sort(key=lambda row: str(row["valid_until"]))
        valid = [row for row in rows if row["valid"]]
        over = [row for row in rows if not row["valid"] and datetime.fromisoformat(row["valid_until"]) <= now]
        finding = _zone(zone, own, valid, over, rows, f"{simulator.url}/console/accounts/{account['id']}/", now)
        if not finding.good:
            ended |= set(own)
        yield finding
    return ended


def _zone(
    zone: int, topics: list[str], valid: list[Any], over: list[Any], rows: list[Any], page: str, now: datetime
) -> Finding:
    subject = f"zone {zone}"
    renew = f"Renew it as customer support (with ./run: as admin) at {page}: License a zone."
    if valid:
        until = max(row["valid_until"] for row in valid)
        left = (datetime.fromisoformat(until) - now).days
        is_renewed = any(row["valid_from"] >= until for row in rows)
        soon = f", in {left} days. {renew}" if left < SOON and not is_renewed else ""
        return Finding(subject, True, f"licensed until {until[:10]}{soon}")
    if over:
        what = f"its licence ended on {over[-1]['valid_until'][:10]}; {', '.join(topics)} are no longer sent"
        return Finding(subject, False, what, renew)
    if rows:
        return Finding(subject, True, f"licensed from {rows[0]['valid_from'][:10]} on; its event types are refused")
    return Finding(subject, True, "not licensed; its event types are refused")


def _running(account: dict[str, Any]) -> Finding:
    found = f"{account['running_endpoints']} of {account['endpoint_limit']} run"
    remedy = "" if account["running_endpoints"] else "Make one: maac-sim endpoint create NAME URL"
    return Finding("endpoints", bool(account["running_endpoints"]), found, remedy)


def _endpoints(simulator: Simulator, ended: set[str]) -> Iterator[Finding]:
    for endpoint in simulator.pages("/endpoints/"):
        subject = f"endpoint {endpoint['name']}"
        if endpoint["status"] != "running":
            remedy = f"Resume it: maac-sim endpoint resume {endpoint['id']}"
            yield Finding(subject, False, "paused; what comes is skipped", remedy)
        elif set(endpoint["event_types"]) <= ended:
            yield Finding(subject, False, "gets nothing: the licence of all its event types has ended", "Renew it.")
        else:
            last = simulator.get("/deliveries/", endpoint=endpoint["id"], limit=1)["results"]
            yield last_delivery(subject, endpoint, last[0] if last else None)
