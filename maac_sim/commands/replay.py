"""`maac-sim replay` and `diff`: a cassette against a receiver, and how two builds of it answered."""

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
from maac_contract.signature import signature
from maac_sim import __version__
from maac_sim.cassettes import ANSWER_KEPT, Answer, Take, line
from maac_sim.commands import cassette_files
from maac_sim.commands.output import AsJson, out, print_json, print_table
from receiver_check.verdicts import Message

if TYPE_CHECKING:
    from receiver_check.sender import Sender

AT_ONCE = 64
"""Requests at a time, so that a slow answer does not delay what follows."""
Headers = tuple[tuple[str, str], ...]


def replay(
    file: Annotated[Path, typer.Argument(help="The cassette.")],
    to: Annotated[str, typer.Argument(metavar="URL", help="Where the receiver takes webhooks.")],
    secret: Annotated[str, typer.Option(envvar="SHARE_SECRET", help="The share secret that it verifies with.")],
    fast: Annotated[bool, typer.Option("--fast", help="One after the other, without the pauses between them.")] = False,
    speed: Annotated[float, typer.Option(min=0.01, max=1000, help="2: twice as fast as it was recorded.")] = 1.0,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a cassette with the new answers.")] = None,
    header: Annotated[list[str] | None, typer.Option("--header", "-H", help="A header more, `Name: value`.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for each answer.")] = contract.ATTEMPT_TIMEOUT,
    insecure: Annotated[bool, typer.Option("--insecure", help="Take any TLS certificate.")] = False,
    ca_file: Annotated[Path | None, typer.Option(help="Authorities to trust instead of the usual ones.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send a cassette's deliveries to any URL: same bytes, same keys, signed anew. Exit code 1 if one is refused."""
    recorded = cassette_files.read(file)
    sender = _sender(to, timeout, insecure, ca_file)
    more = tuple(map(_header, header or ()))
    played = []
    for take in _played(recorded, partial(_send, sender, secret, more), 0 if fast else 1 / speed):
        played.append(take)
        _show(take, as_json)
    if save:
        with cassette_files.begin(save) as cassette:
            cassette.writelines(map(line, played))
    refused = [take for take in played if not (take.answer and take.answer.accepts)]
    if not as_json:
        out.print(f"{len(played)} sent, {len(played) - len(refused)} accepted, {len(refused)} not.")
    raise typer.Exit(1 if refused else 0)


def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="A cassette with answers.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another, such as one that `replay --save` wrote.")],
    ignore_bodies: Annotated[bool, typer.Option("--ignore-bodies", help="Compare only the statuses.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show which deliveries were answered differently. Exit code 1 if any were, as with `diff`."""
    first, second = cassette_files.read(before), cassette_files.read(after)
    rows = list(_differences(first, second, ignore_bodies))
    if as_json:
        print_json({"different": rows, "a": _figures(first), "b": _figures(second)})
    else:
        cells = [tuple(row.values()) for row in rows]
        print_table(("key", "topic", "A", "B"), cells, empty="Every delivery was answered alike.", spare=("key",))
        for name, takes in (("A", first), ("B", second)):
            figures = _figures(takes)
            out.print(f"{name}: {figures['deliveries']} deliveries, {figures['accepted']} accepted, "
                      f"median {figures['median_ms']:g} ms, slowest {figures['slowest_ms']:g} ms")  # fmt: skip
    raise typer.Exit(1 if rows else 0)


def _sender(url: str, timeout: float, insecure: bool, ca_file: Path | None) -> "Sender":
    from receiver_check.sender import BadTarget, Sender, target

    try:
        to = target(url, verify_tls=not insecure, ca_file=str(ca_file) if ca_file else None)
    except BadTarget as error:
        raise typer.BadParameter(str(error)) from error
    return Sender(to, timeout=timeout, connect_timeout=contract.CONNECT_TIMEOUT)


def _send(sender: "Sender", secret: str, more: Headers, take: Take) -> Take:
    """The take with what the receiver answers now."""
    headers = (
        ("User-Agent", f"maac-sim/{__version__}"),
        ("Content-Type", contract.CONTENT_TYPE),
        (contract.HEADER_IDEMPOTENCY_KEY, take.key),
        (contract.HEADER_SIGNATURE, signature(secret, take.body)),
        *more,
    )
    came = sender.send(Message("POST", headers, take.body))
    body = came.body.decode(errors="replace")[:ANSWER_KEPT]
    return replace(take, answer=Answer(came.status, came.seconds * 1000, str(came.fault or ""), body))


def _played(takes: Sequence[Take], send: Any, pace: float) -> Iterator[Take]:
    """Send them all in order, each at its moment times `pace`; 0 is one after the other."""
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
        told = {"at": take.at, "topic": take.topic, "key": take.key, "status": answer.status, "ms": round(answer.ms, 2)}
        print_json({**told, "fault": answer.fault})
        return
    colour = "green" if answer.accepts else "red"
    out.print(f"{take.at:9.3f} s  [{colour}]{answer}[/{colour}]  {answer.ms:.0f} ms  {take.topic}  key {take.key}")


def _differences(first: Sequence[Take], second: Sequence[Take], ignore_bodies: bool) -> Iterator[dict[str, str]]:
    """A row for each delivery that is answered differently, or that only one of them has."""
    before, after = _by_key(first), _by_key(second)
    for place in [*before, *(place for place in after if place not in before)]:
        pair = [takes.get(place) for takes in (before, after)]
        compared, told = zip(*(_told(take, ignore_bodies) for take in pair), strict=True)
        if compared[0] != compared[1]:
            topic = next(take.topic for take in pair if take)
            yield {"key": place[0], "topic": topic, "a": told[0], "b": told[1]}


def _by_key(takes: Sequence[Take]) -> dict[tuple[str, int], Take]:
    """By key, and by how often that came before: a cassette may have a delivery twice."""
    found: dict[tuple[str, int], Take] = {}
    seen: Counter[str] = Counter()
    for take in takes:
        found[take.key, seen[take.key]] = take
        seen[take.key] += 1
    return found


def _told(take: Take | None, ignore_bodies: bool) -> tuple[object, str]:
    """What is compared, and how it reads. Why no answer came is told in other words by who recorded it."""
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


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise typer.BadParameter(f"{text!r} is no header. Write it as `Name: value`.", param_hint="--header")
    return name.strip(), value.strip()
