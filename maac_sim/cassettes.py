"""Cassettes: readable files of deliveries with their exact bodies, timing and responses.

One JSON object per line. The first line identifies the format, each further line is a delivery:

    {"cassette": "maac-sim", "version": 1}
    {"at": 0.0, "topic": "…", "key": "…", "body": {…}, "answer": {"status": 200, "ms": 12.1, "body": "ok"}}

`at` is in seconds after the first delivery. `body` is JSON if `json.dumps` restores exactly its bytes, as it does for
MAAC's; it can then be edited. Other bodies are in `body_text` or `body_base64`. A cassette contains no secret: a replay
computes new signatures.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

HEAD = {"cassette": "maac-sim", "version": 1}
ANSWER_KEPT = 2000


class BadCassette(ValueError):
    """The file is not a cassette; the message says where and why."""


@dataclass(frozen=True)
class Answer:
    """A receiver's response, or without a status the reason why there was none."""

    status: int | None
    ms: float
    fault: str = ""
    body: str = ""

    @property
    def accepts(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def __str__(self) -> str:
        return self.fault if self.status is None else str(self.status)


@dataclass(frozen=True)
class Take:
    """One delivery on a cassette."""

    at: float
    topic: str
    key: str
    body: bytes
    answer: Answer | None = None


def head_line() -> str:
    return json.dumps(HEAD) + "\n"


def line(take: Take) -> str:
    """The delivery as a line of the file."""
    written: dict[str, Any] = {"at": round(take.at, 6), "topic": take.topic, "key": take.key, **_written(take.body)}
    if take.answer:
        facts = {"status": take.answer.status, "ms": round(take.answer.ms, 2), "fault": take.answer.fault}
        facts["body"] = take.answer.body[:ANSWER_KEPT]
        written["answer"] = {name: fact for name, fact in facts.items() if fact not in ("", None)}
    return _dumped(written) + "\n"


def takes(lines: Iterable[str]) -> list[Take]:
    """The deliveries of a file in the order of sending. Raises BadCassette."""
    found = list(_read(lines))
    return sorted(found, key=lambda take: take.at)


def _read(lines: Iterable[str]) -> Iterator[Take]:
    numbered = ((number, text) for number, text in enumerate(lines, 1) if text.strip())
    _, first = next(numbered, (1, "null"))
    head = _parsed(1, first)
    if not isinstance(head, dict) or head.get("cassette") != HEAD["cassette"]:
        raise BadCassette(f"line 1: a cassette begins with {json.dumps(HEAD)}. `maac-sim record` makes one.")
    if head.get("version") != HEAD["version"]:
        raise BadCassette(f"line 1: this is version {head.get('version')} of the format; known is {HEAD['version']}.")
    for number, text in numbered:
        row = _parsed(number, text)
        try:
            yield _take(row)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadCassette(f"line {number}: this is no delivery of a cassette ({error!r}).") from error


def _parsed(number: int, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadCassette(f"line {number}: this is no JSON ({error}).") from error


def _take(row: Mapping[str, Any]) -> Take:
    answer = row.get("answer")
    return Take(
        at=float(row["at"]),
        topic=str(row["topic"]),
        key=str(row["key"]),
        body=_bytes(row),
        answer=_answer(answer) if answer else None,
    )


def _answer(row: Mapping[str, Any]) -> Answer:
    status = row.get("status")
    return Answer(
        status=None if status is None else int(status),
        ms=float(row["ms"]),
        fault=str(row.get("fault", "")),
        body=str(row.get("body", "")),
    )


def _written(body: bytes) -> dict[str, Any]:
    """The body in the most readable encoding that restores exactly its bytes."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}
    try:
        parsed = json.loads(text)
        if json.dumps(parsed) == text and json.loads(_dumped(parsed)) == parsed:
            return {"body": parsed}
    except (ValueError, RecursionError):
        pass
    return {"body_text": text}


def _bytes(row: Mapping[str, Any]) -> bytes:
    if "body" in row:
        return json.dumps(row["body"]).encode()
    if "body_text" in row:
        return str(row["body_text"]).encode()
    try:
        return base64.b64decode(row["body_base64"], validate=True)
    except binascii.Error as error:
        raise ValueError(f"body_base64: {error}") from error


def _dumped(value: Any) -> str:
    """JSON with non-ASCII letters unescaped, except lone surrogates, which have no UTF-8 form."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text
