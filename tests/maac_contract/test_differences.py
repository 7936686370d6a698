"""How a received request differs from MAAC's."""

import json
from typing import Any

import pytest

from maac_contract.contract import CONTENT_TYPE, HEADER_IDEMPOTENCY_KEY, HEADER_SIGNATURE, TOPICS
from maac_contract.differences import differences
from tests.conftest import VECTORS

POINTS = "prize.points_added"
BODY = (VECTORS / f"{POINTS}.body").read_bytes()
HEADERS = {HEADER_SIGNATURE: "0" * 64, HEADER_IDEMPOTENCY_KEY: "0123456789abcdef" * 2, "Content-Type": CONTENT_TYPE}


def found(body: bytes = BODY, method: str = "POST", headers: dict[str, str] | None = None) -> list[tuple[str, str]]:
    return [*differences(method, list({**HEADERS, **(headers or {})}.items()), body)]


def changed(**fields: Any) -> bytes:
    return json.dumps({**json.loads(BODY), **fields}).encode()


@pytest.mark.parametrize("topic", TOPICS)
def test_what_maac_sends_has_none(topic: str) -> None:
    assert found((VECTORS / f"{topic}.body").read_bytes()) == []


def test_headers_are_compared_whatever_their_case() -> None:
    headers = [(name.upper(), value) for name, value in HEADERS.items()]
    assert differences("POST", headers, BODY) == []
    assert [each.where for each in differences("POST", [], BODY)] == ["header", "header", "header"]


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({HEADER_IDEMPOTENCY_KEY: "0123"}, "0123"),
        ({HEADER_IDEMPOTENCY_KEY: "ABCDEF0123456789" * 2}, "lower-case"),
        ({"Content-Type": "text/plain"}, "text/plain"),
        ({HEADER_SIGNATURE: " "}, "CrescLab-Signature is missing"),
    ],
)
def test_a_header_that_differs_is_named(headers: dict[str, str], named: str) -> None:
    ((where, what),) = found(headers=headers)
    assert (where, named in what) == ("header", True)


@pytest.mark.parametrize(
    ("body", "where", "named"),
    [
        (b"", "body", "empty"),
        (b"{", "body", "not JSON"),
        (b"[1]", "body", "not a JSON object"),
        (b"\xff\xfe", "body", "not JSON"),
        (b"[" * 100_000, "body", "not JSON"),
        (BODY + b"\n", "body", "not written as MAAC writes it"),
        (json.dumps(json.loads(BODY), separators=(",", ":")).encode(), "body", "not written as MAAC writes it"),
        (json.dumps(json.loads(BODY), ensure_ascii=False).encode(), "body", "not written as MAAC writes it"),
        (changed(more=1), "body", "timestamp, topic, data"),
        (changed(timestamp="2021-11-29T15:43:26Z"), "body", "2021-11-29T15:43:26Z"),
        (changed(timestamp="2021-13-29T15:43:26.582968+08:00"), "body", "2021-13-29"),
        (changed(timestamp=5), "body", "not like"),
        (changed(topic="prize.none"), "payload", "prize.none"),
        (changed(topic=["x"]), "payload", "is not one of"),
        (changed(data=None), "payload", "data"),
        (changed(data={**json.loads(BODY)["data"], "points_count": "many"}), "payload", "data.points_count"),
        (changed(data=dict(reversed(json.loads(BODY)["data"].items()))), "payload", "order"),
    ],
)
def test_a_body_that_differs_is_named(body: bytes, where: str, named: str) -> None:
    ((found_where, what),) = found(body)
    assert (found_where, named in what) == (where, True), what


def test_another_method_is_named() -> None:
    assert found(method="PUT") == [("method", "MAAC sends POST; this is PUT.")]
