"""The signature and the header lines."""

from pathlib import Path

import pytest

from events.contract import TOPICS
from tests.unit.jobs import job
from webhooks.engine.signing import signature, signed_headers

VECTORS = Path(__file__).resolve().parent.parent / "vectors"


@pytest.mark.parametrize("topic", TOPICS)
def test_the_vectors_made_with_other_tools_are_signed_alike(topic: str) -> None:
    secret, body, expected = ((VECTORS / f"{topic}.{part}").read_bytes() for part in ("secret", "body", "signature"))
    assert signature(secret.decode(), body) == expected.decode()


def test_the_headers_are_those_of_the_contract_in_their_order() -> None:
    headers = signed_headers(job(0xAB), user_agent="maac-sim/test")
    assert [name for name, _ in headers] == [
        "User-Agent",
        "Content-Type",
        "CrescLab-Idempotency-Key",
        "CrescLab-Signature",
    ]
    values = dict(headers)
    assert values["Content-Type"] == "application/json; charset=utf-8"
    assert values["CrescLab-Idempotency-Key"] == "000000000000000000000000000000ab"
    assert values["CrescLab-Signature"] == signature("s3cret", b"{}")
