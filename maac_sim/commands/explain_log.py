"""Reads a receiver's log of refused requests for `maac-sim explain --log`: a JSON object a line."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from maac_contract.contract import HEADER_IDEMPOTENCY_KEY
from receiver_check.explain import Explanation
from receiver_check.explain import explain as explain_digest
from receiver_check.explain_request import explain_request

FIELDS = ("body", "body_base64", "digest", "headers", "key", "url")


@dataclass(frozen=True)
class Explained:
    """A line of the log and what is wrong with its signature."""

    line: int
    key: str
    explanation: Explanation

    def as_dict(self) -> dict[str, Any]:
        return {"line": self.line, "key": self.key, **self.explanation.as_dict()}


def explained(log: bytes, secret: str, other_secrets: Sequence[str]) -> Iterator[Explained]:
    """Each line explained. BadParameter, with the line's number, for one that cannot be read."""
    for number, text in enumerate(log.decode(errors="replace").splitlines(), 1):
        if not text.strip():
            continue
        try:
            yield _explained(number, json.loads(text), secret, other_secrets)
        except (ValueError, TypeError, KeyError, AttributeError, binascii.Error) as error:
            fault = (f"Line {number} is not like {{\"body\": \"…\", \"digest\": \"…\"}}: {error}. Fields: "
                     f"{', '.join(FIELDS)}.")  # fmt: skip
            raise typer.BadParameter(fault, param_hint="--log") from error


def _explained(number: int, row: dict[str, Any], secret: str, others: Sequence[str]) -> Explained:
    if unknown := set(row) - set(FIELDS):
        raise ValueError(f"unknown field {', '.join(sorted(unknown))}")
    if ("digest" in row) == ("headers" in row) or ("body" in row) == ("body_base64" in row):
        raise ValueError("it needs body or body_base64, and digest or headers")
    body = row["body"].encode() if "body" in row else base64.b64decode(row["body_base64"], validate=True)
    headers = dict(row.get("headers") or {})
    lower = {name.lower(): value for name, value in headers.items()}
    key = str(row.get("key") or lower.get(HEADER_IDEMPOTENCY_KEY.lower(), ""))
    if "headers" in row:
        found = explain_request(headers, body, secret, other_secrets=others)
    else:
        found = explain_digest(body, secret, row["digest"], other_secrets=others, idempotency_key=key or None,
                               url=str(row.get("url") or ""))  # fmt: skip
    return Explained(number, key, found)
