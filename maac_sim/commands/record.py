"""`maac-sim record`: saves deliveries of a running simulator to a cassette file."""

import signal
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from maac_contract.binding_callback import CALLBACK
from maac_sim.cassettes import Answer, Take, line
from maac_sim.commands import cassette_files
from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Url
from maac_sim.commands.endpoint import find
from maac_sim.commands.filters import EndpointOption, SinceOption, TopicOption
from maac_sim.commands.output import AsJson, out, print_json

LOOK_EVERY = 0.5
"""Seconds between polls for new deliveries."""
PAGE = 100
LATE = 50
"""A delivery can become visible later than deliveries with higher ids."""


def record(
    file: Annotated[Path, typer.Argument(help="The cassette to write.")],
    endpoint: EndpointOption = None,
    topic: TopicOption = None,
    since: SinceOption = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep recording new deliveries until Ctrl+C.")] = False,
    force: cassette_files.Force = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Save deliveries with their exact bodies, timing and last response, for `maac-sim replay` and `diff`."""
    cassette_files.refuse_overwriting(file, force=force)
    simulator = Simulator(url, token)
    which = find(simulator, endpoint)["id"] if endpoint else None
    filters = {"endpoint": which, "topic": topic, "since": since}
    log = Log(simulator, filters)
    first = log.ended()
    with cassette_files.begin(file, force=force) as cassette:
        count = _write(cassette, first, log)
        if follow:
            if not as_json:
                out.print(f"Recording to {file}. Stop with Ctrl+C.", markup=False)
            count += _follow(cassette, log)
    if as_json:
        print_json({"file": str(file), "deliveries": count})
    else:
        out.print(f"{count} deliveries are in {file}.", markup=False)


class Log:
    """The matching deliveries, each once, when it has ended."""

    def __init__(self, simulator: Simulator, filters: dict[str, Any]) -> None:
        self._simulator = simulator
        self._filters = filters
        self._given: set[int] = set()
        self._floor = 0
        """Deliveries with lower ids are known already."""
        self._began: datetime | None = None

    def ended(self) -> list[dict[str, Any]]:
        """Deliveries that have ended since the last call, with their attempts, in the order of sending.

        Binding callbacks are left out: a cassette holds webhooks, which are signed anew when it is replayed.
        """
        rows = list(self._new())
        over = [row for row in rows if row["status"] != "pending"]
        newest = max((row["id"] for row in rows), default=0)
        self._floor = max(self._floor, min([newest - LATE, *(row["id"] for row in rows if row not in over)]))
        self._given = {number for number in self._given if number >= self._floor} | {row["id"] for row in over}
        sent = [row for row in over if row["attempt_count"] and row["topic"] != CALLBACK]
        whole = [self._simulator.get(f"/deliveries/{row['id']}/") for row in sent]
        return sorted(whole, key=lambda row: str(row["attempts"][0]["started_at"]))

    def take(self, row: dict[str, Any]) -> Take:
        """The delivery as a take of the cassette; `at` is seconds after the first one."""
        sent_at = datetime.fromisoformat(row["attempts"][0]["started_at"])
        self._began = self._began or sent_at
        return Take(
            at=(sent_at - self._began).total_seconds(),
            topic=row["topic"],
            key=row["idempotency_key"],
            body=row["body"].encode(),
            answer=_answer(row["attempts"][-1]),
        )

    def _new(self) -> Iterator[dict[str, Any]]:
        for row in self._simulator.pages("/deliveries/", limit=PAGE, **self._filters):
            if row["id"] < self._floor:
                return
            if row["id"] not in self._given:
                yield row


def _answer(attempt: dict[str, Any]) -> Answer:
    status = attempt["status_code"]
    body = (attempt["response"] or {}).get("body", "")
    return Answer(status, attempt["duration_ms"], "" if status else attempt["reason"], body if status else "")


def _write(cassette: Any, rows: list[dict[str, Any]], log: Log) -> int:
    for row in rows:
        cassette.write(line(log.take(row)))
    cassette.flush()
    return len(rows)


def _follow(cassette: Any, log: Log) -> int:
    """Record until Ctrl+C; returns the number of deliveries."""
    # A shell that starts it in the background leaves SIGINT ignored, and CI ends things with SIGTERM.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    count = 0
    try:
        while True:
            time.sleep(LOOK_EVERY)
            count += _write(cassette, log.ended(), log)
    except KeyboardInterrupt:
        return count
