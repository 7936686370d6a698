"""`maac-sim replay` sends a cassette to a receiver; `maac-sim diff` compares the responses of two cassettes."""

import statistics
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maac_contract import contract
from maac_sim.cassettes import ANSWER_KEPT, Answer, Take, line
from maac_sim.commands import cassette_files
from maac_sim.commands.output import AsJson, out, print_json, print_table
from maac_sim.commands.sending import CaFile, Header, Headers, Insecure, Timeout, headers_of, sender_to, signed

if TYPE_CHECKING:
    from receiver_check.sender import Sender

AT_ONCE = 64
"""Concurrent requests, so that a slow response does not delay the following ones."""


def replay(
    file: Annotated[Path, typer.Argument(help="The cassette to send.")],
    to: Annotated[str, typer.Argument(metavar="URL", help="The receiver's webhook URL.")],
    secret: Annotated[str, typer.Option(envvar="SHARE_SECRET", help="The share secret of the receiver.")],
    fast: Annotated[
        bool, typer.Option("--fast", help="Send without the recorded pauses, one request at a time.")
    ] = False,
    speed: Annotated[
        float, typer.Option(min=0.01, max=1000, help="Factor of the recorded speed; 2 is twice as fast.")
    ] = 1.0,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a cassette with the new responses.")] = None,
    force: cassette_files.Force = False,
    header: Header = None,
    timeout: Timeout = contract.ATTEMPT_TIMEOUT,
    insecure: Insecure = False,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Send a cassette's deliveries to a URL: same bodies and keys, signed again. Exit code 1 if one is not accepted."""
    recorded = cassette_files.read(file)
    sender = sender_to(to, timeout=timeout, insecure=insecure, ca_file=ca_file)
    more = headers_of(header)
    if save:
        cassette_files.refuse_overwriting(save, force=force)
    played = []
    for take in _played(recorded, partial(_send, sender, secret, more), 0 if fast else 1 / speed):
        played.append(take)
        _show(take, as_json)
    if save:
        with cassette_files.begin(save, force=force) as cassette:
            cassette.writelines(map(line, played))
    refused = [take for take in played if not (take.answer and take.answer.accepts)]
    if not as_json:
        out.print(f"{len(played)} sent, {len(played) - len(refused)} accepted, {len(refused)} not.")
    raise typer.Exit(1 if refused else 0)


def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="A cassette with responses.")],
    after: Annotated[
        Path, typer.Argument(metavar="B", help="Another cassette, such as one written by `replay --save`.")
    ],
    ignore_bodies: Annotated[bool, typer.Option("--ignore-bodies", help="Compare only the status codes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show deliveries with different responses. Exit code 1 if there are any, as with `diff`."""
    first, second = cassette_files.read(before), cassette_files.read(after)
    rows = list(_differences(first, second, ignore_bodies))
    if as_json:
        print_json({"different": rows, "a": _figures(first), "b": _figures(second)})
    else:
        cells = [tuple(row.values()) for row in rows]
        print_table(("key", "topic", "A", "B"), cells, empty="All deliveries have the same responses.", spare=("key",))
        for name, takes in (("A", first), ("B", second)):
            figures = _figures(takes)
            out.print(f"{name}: {figures['deliveries']} deliveries, {figures['accepted']} accepted, "
                      f"median {figures['median_ms']:g} ms, slowest {figures['slowest_ms']:g} ms")  # fmt: skip
    raise typer.Exit(1 if rows else 0)


def _send(sender: "Sender", secret: str, more: Headers, take: Take) -> Take:
    """Send a take; returns it with the receiver's new response."""
    response = sender.send(signed(secret=secret, key=take.key, body=take.body, more=more))
    body = response.body.decode(errors="replace")[:ANSWER_KEPT]
    return replace(take, answer=Answer(response.status, response.seconds * 1000, str(response.fault or ""), body))


def _played(takes: Sequence[Take], send: Any, pace: float) -> Iterator[Take]:
    """Send all takes at their recorded times multiplied by `pace`; with 0, one at a time without pauses."""
    if not pace:
        yield from map(send, takes)
        return
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        under_way: deque[Future[Take]] = deque()
        for take in takes:
            time.sleep(max(0.0, began + (take.at - takes[0].at) * pace - time.monotonic()))
            under_way.append(pool.submit(send, take))
            while under_way and under_way[0].done():
                yield under_way.popleft().result()
        for future in under_way:
            yield future.result()


def _show(take: Take, as_json: bool) -> None:
    answer = take.answer or Answer(None, 0.0)
    if as_json:
        shown = {
            "at": take.at,
            "topic": take.topic,
            "key": take.key,
            "status": answer.status,
            "ms": round(answer.ms, 2),
        }
        print_json({**shown, "fault": answer.fault})
        return
    colour = "green" if answer.accepts else "red"
    out.print(f"{take.at:9.3f} s  [{colour}]{answer}[/{colour}]  {answer.ms:.0f} ms  {take.topic}  key {take.key}")


def _differences(first: Sequence[Take], second: Sequence[Take], ignore_bodies: bool) -> Iterator[dict[str, str]]:
    """A row for each delivery with different responses, or that is only on one cassette."""
    before, after = _by_key(first), _by_key(second)
    for place in [*before, *(place for place in after if place not in before)]:
        pair = [takes.get(place) for takes in (before, after)]
        compared, shown = zip(*(_compared(take, ignore_bodies) for take in pair), strict=True)
        if compared[0] != compared[1]:
            topic = next(take.topic for take in pair if take)
            yield {"key": place[0], "topic": topic, "a": shown[0], "b": shown[1]}


def _by_key(takes: Sequence[Take]) -> dict[tuple[str, int], Take]:
    """Takes by key and occurrence, since a cassette may hold a delivery twice."""
    found: dict[tuple[str, int], Take] = {}
    seen: Counter[str] = Counter()
    for take in takes:
        found[take.key, seen[take.key]] = take
        seen[take.key] += 1
    return found


def _compared(take: Take | None, ignore_bodies: bool) -> tuple[object, str]:
    """The value to compare, and its text. Reasons for a missing response differ between recorders and are ignored."""
    if take is None:
        return None, "not on it"
    if take.answer is None or take.answer.status is None:
        return "no answer", f"no answer {take.answer or ''}".strip()
    body = "" if ignore_bodies else take.answer.body[:ANSWER_KEPT]
    return (take.answer.status, body), f"{take.answer} {body}".strip()


def _figures(takes: Sequence[Take]) -> dict[str, float]:
    answers = [take.answer for take in takes if take.answer]
    times = [answer.ms for answer in answers] or [0.0]
    return {
        "deliveries": len(takes),
        "accepted": sum(answer.accepts for answer in answers),
        "median_ms": round(statistics.median(times), 2),
        "slowest_ms": round(max(times), 2),
    }
