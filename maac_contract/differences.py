"""How a request differs from what MAAC sends: method, headers, bytes and payload. Signatures are not verified here."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from maac_contract import contract

KEY = re.compile(r"[0-9a-f]{32}")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d")
SHOWN = 80


class Difference(NamedTuple):
    """`where` is `method`, `header`, `body` or `payload`; `what` is a sentence."""

    where: str
    what: str


def differences(method: str, headers: Sequence[tuple[str, str]], body: bytes) -> list[Difference]:
    """Every difference, in the order in which a receiver meets them; empty for a request as MAAC sends it."""
    return [*_of_headers(method, headers), *_of_body(body)]


def _of_headers(method: str, headers: Sequence[tuple[str, str]]) -> Iterator[Difference]:
    if method != contract.METHOD:
        yield Difference("method", f"MAAC sends {contract.METHOD}; this is {method}.")
    given = {name.lower(): value for name, value in reversed(headers)}
    for name in (contract.HEADER_SIGNATURE, contract.HEADER_IDEMPOTENCY_KEY, "Content-Type"):
        if not given.get(name.lower(), "").strip():
            yield Difference("header", f"The header {name} is missing.")
    key = given.get(contract.HEADER_IDEMPOTENCY_KEY.lower(), "").strip()
    if key and not KEY.fullmatch(key):
        yield Difference("header", f"The idempotency key is not 32 lower-case hexadecimal digits: {_shown(key)}.")
    kind = given.get("content-type", "").strip()
    if kind and kind.replace(" ", "").lower() != contract.CONTENT_TYPE.replace(" ", ""):
        yield Difference("header", f"MAAC sends the Content-Type {contract.CONTENT_TYPE}; this is {_shown(kind)}.")


def _of_body(body: bytes) -> Iterator[Difference]:
    try:
        value: Any = json.loads(body)
        written = json.dumps(value).encode()
    except (ValueError, RecursionError) as error:
        yield Difference("body", f"The body is not JSON: {error}." if body else "The body is empty.")
        return
    if not isinstance(value, dict):
        yield Difference("body", "The body is not a JSON object.")
        return
    if tuple(value) != contract.BODY_FIELDS:
        expected = ", ".join(contract.BODY_FIELDS)
        yield Difference("body", f"The body's fields are {expected}, in this order; these are {', '.join(value)}.")
    elif written != body:
        yield Difference("body", "The JSON is not written as MAAC writes it: a space after each comma and colon, every "
                                 "non-ASCII character as \\uXXXX.")  # fmt: skip
    yield from _of_timestamp(value.get("timestamp"))
    yield from _of_data(value)


def _of_timestamp(stamp: object) -> Iterator[Difference]:
    if stamp is None:
        return
    try:
        is_right = bool(TIMESTAMP.fullmatch(str(stamp))) and bool(datetime.fromisoformat(str(stamp)))
    except ValueError:
        is_right = False
    if not is_right:
        yield Difference("body", f"The timestamp is not like 2021-11-29T15:43:26.582968+08:00: {_shown(str(stamp))}.")


def _of_data(value: dict[str, Any]) -> Iterator[Difference]:
    topic, data = value.get("topic"), value.get("data")
    if "topic" not in value or "data" not in value:
        return
    if not isinstance(topic, str) or topic not in contract.TOPICS:
        yield Difference("payload", f"The topic {_shown(str(topic))} is not one of {', '.join(contract.TOPICS)}.")
        return
    taken, faults = contract.check(topic, data)
    for fault in faults:
        yield Difference("payload", f"{fault.path}: {fault.reason}")
    if not faults and json.dumps(taken) != json.dumps(data):
        yield Difference("payload", "The order of the fields in data, or the notation of a number, is not MAAC's.")


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
