"""The format of cassettes: readable, and exact to the byte."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maac_contract.contract import TOPICS
from maac_sim.cassettes import Answer, BadCassette, Take, head_line, line, takes
from tests.conftest import VECTORS

KEY = "e" * 32


def on_cassette(*made: Take) -> list[str]:
    return [head_line(), *map(line, made)]


def take(body: bytes, at: float = 0.0, answer: Answer | None = None) -> Take:
    return Take(at, "receipt.receipt_validated", KEY, body, answer)


def test_a_delivery_comes_back_as_it_was() -> None:
    made = take(b'{"timestamp": "now"}', 1.25, Answer(500, 12.5, "", "out of order"))
    assert takes(on_cassette(made)) == [made]


@pytest.mark.parametrize("topic", TOPICS)
def test_what_maac_sends_stands_there_to_be_read(topic: str) -> None:
    body = (VECTORS / f"{topic}.body").read_bytes()
    written = line(take(body))
    assert json.loads(written)["body"] == json.loads(body)
    assert "\\u" not in written
    assert takes(on_cassette(take(body)))[0].body == body


@given(st.binary())
def test_any_bytes_come_back(body: bytes) -> None:
    assert takes(on_cassette(take(body)))[0].body == body


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_json_in_any_spelling_comes_back(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, separators=(",", ":")), json.dumps(value, indent=1)):
        assert takes(on_cassette(take(text.encode())))[0].body == text.encode()


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1e5}', b'{"a": 1.10}', b'{"a": 1, "a": 1}', b'{"a": 1} ', b"\xef\xbb\xbf{}", b'{"a": "\\u00e9"}',
        '{"a": "é"}'.encode(), b'{"a": "\\ud800"}', b'{"a": "\\u2028"}', b"[" * 100_000, b"", b"null", b'{"a": 1e999}',
    ],
)  # fmt: skip
def test_no_spelling_is_mended_on_the_way(body: bytes) -> None:
    text = "".join(on_cassette(take(body)))
    assert takes(text.encode().decode().split("\n"))[0].body == body


def test_deliveries_come_in_the_order_in_which_they_were_sent() -> None:
    made = [take(b"{}", at) for at in (2.0, 0.0, 1.0)]
    assert [each.at for each in takes(on_cassette(*made))] == [0.0, 1.0, 2.0]


def test_only_a_status_of_the_two_hundreds_accepts() -> None:
    assert [Answer(status, 1.0).accepts for status in (200, 204, 199, 302, 500, None)] == [True, True, *[False] * 4]


@pytest.mark.parametrize(
    ("lines", "output"),
    [
        ([], "line 1: a cassette begins with"),
        (["hello\n"], "line 1: this is no JSON"),
        (["[]\n"], "line 1: a cassette begins with"),
        (['{"cassette": "maac-sim", "version": 2}\n'], "version 2"),
        ([head_line(), "\n", "{}\n"], "line 3: this is no delivery"),
        ([head_line(), "[]\n"], "line 2: this is no delivery"),
        ([head_line(), '{"at": "soon", "topic": "t", "key": "k", "body": {}}\n'], "line 2: this is no delivery"),
        ([head_line(), '{"at": 0, "topic": "t", "key": "k", "body_base64": "?"}\n'], "line 2: this is no delivery"),
        ([head_line(), '{"at": 0, "topic": "t", "key": "k"}\n'], "line 2: this is no delivery"),
        (
            [head_line(), '{"at": 0, "topic": "t", "key": "k", "body": {}, "answer": 3}\n'],
            "line 2: this is no delivery",
        ),
    ],
)
def test_what_is_no_cassette_is_reported_with_its_line(lines: list[str], output: str) -> None:
    with pytest.raises(BadCassette, match=output):
        takes(lines)
