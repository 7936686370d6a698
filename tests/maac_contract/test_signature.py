"""The signature and the header lines."""

from pathlib import Path

import pytest

from maac_contract.contract import TOPICS
from maac_contract.signature import signature, signed_headers
from tests.webhooks.jobs import job
from webhooks.engine.extra_headers import header_faults

VECTORS = Path(__file__).resolve().parent.parent / "vectors"


@pytest.mark.parametrize("topic", TOPICS)
def test_the_vectors_made_with_other_tools_are_signed_alike(topic: str) -> None:
    secret, body, expected = ((VECTORS / f"{topic}.{part}").read_bytes() for part in ("secret", "body", "signature"))
    assert signature(secret.decode(), body) == expected.decode()


def test_the_headers_are_those_of_the_contract_in_their_order() -> None:
    headers = signed_headers(b"{}", secret="s3cret", idempotency_key=f"{0xAB:032x}", user_agent="maac-sim/test")
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


def test_a_job_shows_its_secret_to_no_log() -> None:
    made = job(7, extra_headers=(("Authorization", "Bearer t0ken"),))
    for shown in (repr(made), str(made), f"{made}"):
        assert shown == "<Job: attempt 1 of delivery 7 to endpoint 1>"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Shop": "tokyo"},
        {"Authorization": "Bearer abc.def=="},
        {"a!#$%&'*+-.^_`|~9": "x"},
        {"Accept": "*/*", "Cookie": "a=1; b=2"},
        {"X" * 100: "~" * 1000},
        {f"X-{number}": "1" for number in range(10)},
    ],
)
def test_up_to_ten_headers_may_be_added(headers: dict[str, str]) -> None:
    assert header_faults(headers) == []


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"": "1"}, "no header name"),
        ({"X A": "1"}, "no header name"),
        ({"X:": "1"}, "no header name"),
        ({"X\r\nY": "1"}, "no header name"),
        ({"X\n": "1"}, "no header name"),
        ({"X-夏": "1"}, "no header name"),
        ({"\ud800": "1"}, "no header name"),
        ({"X" * 101: "1"}, "no header name"),
        ({"X-A": "1", "x-a": "2"}, "twice"),
        ({"X-A": ""}, "printable"),
        ({"X-A": " 1"}, "printable"),
        ({"X-A": "1 "}, "printable"),
        ({"X-A": "1\r\nX-B: 2"}, "printable"),
        ({"X-A": "1\n"}, "printable"),
        ({"X-A": "a\x00b"}, "printable"),
        ({"X-A": "a\tb"}, "printable"),
        ({"X-A": "\x7f"}, "printable"),
        ({"X-A": "夏"}, "printable"),
        ({"X-A": "x" * 1001}, "printable"),
        ({f"X-{number}": "1" for number in range(11)}, "At most 10"),
        *[
            ({name: "1"}, "is set by the simulator")
            for name in ("Host", "content-LENGTH", "Content-Type", "USER-AGENT")
        ],
        *[({name: "1"}, "is set by the simulator") for name in ("CrescLab-Signature", "cresclab-anything")],
        *[({name: "1"}, "belongs to the connection") for name in ("Transfer-Encoding", "connection", "Expect", "TE")],
    ],
)
def test_other_headers_are_refused_with_a_sentence(headers: dict[str, str], words: str) -> None:
    (fault,) = header_faults(headers)
    assert words in fault
    assert fault.endswith(".")
    assert fault.isascii()


def test_every_fault_is_reported_and_no_more_than_there_is_room_for() -> None:
    assert len(header_faults({"Host": "a", "X-A": "\n", "X-B": "good"})) == 2
    assert len(header_faults({f"X {number}": "1" for number in range(10_000)})) == 11
