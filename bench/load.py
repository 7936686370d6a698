"""Load through the REST API: the client program's requests, and the responses."""

import itertools
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import say
from bench.runs import Watch, start_clients
from bench.stack import Stack
from maac_contract.contract import TOPICS
from maac_contract.samples import sample
from tests.processes import TOKEN

SINGLE, BATCH = "/api/v1/events/", "/api/v1/events/batch/"
SAMPLES = 500
ANSWERED_WITHIN = 120.0
_HEADERS = ("--header", f"Authorization: Bearer {TOKEN}", "--header", "Content-Type: application/json")


@dataclass
class Answers:
    """What the web answered. Times in seconds since 1970."""

    first_sent: float = 0.0
    last_answered: float = 0.0
    refused: int = 0
    """Answers other than 201."""
    events: int = 0
    accepted: dict[str, tuple[float, float]] = field(default_factory=dict)
    """When the request of each delivery's key was sent and answered."""

    @property
    def rate(self) -> float | None:
        """Events accepted a second."""
        span = self.last_answered - self.first_sent
        return self.events / span if span > 0 else None


def write_singles(file: Path, count: int, seed: int) -> Path:
    """Requests with one event each, with the payload in them."""
    bodies = _events(seed)
    file.write_text("".join(f"\t{SINGLE}\t{bodies[number % len(bodies)]}\n" for number in range(count)))
    return file


def write_batches(file: Path, count: int, size: int, seed: int) -> Path:
    """`count` requests with `size` events each."""
    bodies = itertools.cycle(_events(seed))
    lists = (",".join(itertools.islice(bodies, size)) for _ in range(count))
    file.write_text("".join(f"\t{BATCH}\t[{entries}]\n" for entries in lists))
    return file


def post_all(stack: Stack, posts: Path, *, rate: float = 0.0, connections: int = 16, watch: Watch) -> Answers:
    """Post from a process of its own; `rate` requests a second, or 0 for as fast as they are answered."""
    log = stack.folder / "answers"
    options = [*_HEADERS, "--log", str(log), "--connections", str(connections), "--rate", str(rate), "--keep"]
    (client,) = start_clients(stack, stack.url, posts, 1, options)
    watch.until(lambda: not client.is_running, ANSWERED_WITHIN)
    stack.stop("client")
    if client.is_running or not log.exists():
        raise RuntimeError(client.describe())
    answers = _read_answers(json.loads(line) for line in log.read_text().splitlines())
    log.unlink()
    say(f"{answers.events:,} events accepted, {answers.rate or 0:,.0f} a second; {answers.refused} requests refused")
    return answers


def _read_answers(entries: Iterable[Sequence[object]]) -> Answers:
    answers = Answers(first_sent=float("inf"))
    for entry in entries:
        sent, answered, status, text = entry
        assert isinstance(sent, float) and isinstance(answered, float)  # noqa: S101, PT018 - as the client wrote it
        answers.first_sent = min(answers.first_sent, sent)
        answers.last_answered = max(answers.last_answered, answered)
        if status != 201:
            answers.refused += 1
            continue
        events = json.loads(str(text))
        for event in events if isinstance(events, list) else [events]:
            answers.events += 1
            answers.accepted.update((each["idempotency_key"], (sent, answered)) for each in event["deliveries"])
    return answers


def _events(seed: int) -> list[str]:
    """Bodies of calls that publish one event."""
    dice = random.Random(seed)  # noqa: S311 - not for secrecy
    topics = dice.choices(list(TOPICS), k=SAMPLES)
    events = ({"topic": topic, "data": sample(topic, seed=f"{seed}/{n}")} for n, topic in enumerate(topics))
    return [json.dumps(event, ensure_ascii=False) for event in events]
