"""What the probes send is what MAAC could send: valid by the contract, signed, and the same for the same seed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from maac_contract import contract
from receiver_check.probes import PROBES, stress, topics, variants
from receiver_check.run import BadCheck, Options, check
from receiver_check.sender import BadTarget, Sender, target
from receiver_check.trial import RECEIPT, Case, Trial, key_of, signature_of
from receiver_check.verdicts import Message
from tests.receiver_check.bodies import digest

NOW = datetime(2026, 11, 24, 7, 0, 0, 123456, tzinfo=UTC)
SENDER = Sender(target("http://127.0.0.1:1/"), timeout=1, connect_timeout=1)


def trial(seed: str = "1", topic: str = RECEIPT) -> Trial:
    case = Case(SENDER, "s3cret", None, seed, NOW, "maac-sim/test", (("X-Gateway", "1"),), (topic,))
    return Trial(replace(case, accepts={topic: True}), "test")


def faults(data: dict[str, Any], topic: str = RECEIPT) -> list[contract.PayloadError]:
    return contract.check(topic, data)[1]


def test_an_event_is_written_and_signed_as_maac_does() -> None:
    event = trial().event()
    content = json.loads(event.body)
    assert list(content) == ["timestamp", "topic", "data"]
    assert content["timestamp"] == "2026-11-24T15:00:00.123456+08:00"
    assert event.body == json.dumps(content).encode()
    assert signature_of(event) == digest(event.body, "s3cret")
    names = [name for name, _ in event.headers]
    assert names == ["User-Agent", "Content-Type", "CrescLab-Idempotency-Key", "CrescLab-Signature", "X-Gateway"]
    assert faults(content["data"]) == []


@pytest.mark.parametrize("topic", contract.TOPICS)
@pytest.mark.parametrize(
    "make",
    [
        lambda trial, topic: variants.with_nulls(topic, trial.data(topic)),
        lambda trial, topic: variants.with_texts(topic, trial.data(topic), topics.ODD_TEXT),
        lambda trial, topic: variants.with_texts(topic, trial.data(topic), "春" * 5000),
        lambda trial, topic: {**trial.data(topic), topics.TEXT_FIELDS[topic]: topics.ODD_TEXT},
        lambda trial, topic: stress._large_data(trial),
    ],
)
def test_what_is_sent_in_a_probe_is_valid(topic: str, make: Callable[[Trial, str], dict[str, Any]]) -> None:
    assert faults(make(trial(topic=topic), topic), topic) == []


def test_a_large_event_is_larger_than_what_frameworks_take_and_smaller_than_what_proxies_do() -> None:
    for topic in contract.TOPICS:
        event = trial(topic=topic).event(topic, stress._large_data(trial(topic=topic)))
        assert 150_000 < len(event.body) < 1_000_000


def sent(seed: str) -> list[Message]:
    made = trial(seed)
    return [made.event(), made.event("prize.points_added"), made.signed(b"{}")]


def test_the_same_seed_sends_the_same_and_another_seed_something_else() -> None:
    assert sent("1") == sent("1")
    assert not set(sent("1")) & set(sent("2"))


def test_another_run_has_other_keys_and_the_same_data() -> None:
    first, second = trial(), trial()
    second = Trial(replace(second.case, now=NOW + timedelta(hours=1)), "test")
    keys, bodies = zip(
        *((key_of(event), json.loads(event.body)) for event in (first.event(), second.event())), strict=True
    )
    assert keys[0] != keys[1]
    assert bodies[0]["data"]["line_uid"] == bodies[1]["data"]["line_uid"]


def test_ids_are_plain_words_and_every_text_is_a_sentence() -> None:
    for probe in PROBES.values():
        assert probe.id == probe.id.lower()
        for text in (probe.sent, probe.why, probe.fix):
            assert text[-1] in ".)"
            assert "%" not in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"only": ("signature-mising",)}, "Did you mean signature-missing"),
        ({"skip": ("*",)}, "No probe is left"),
        ({"allow": ("xyz",)}, "There are: reachable"),
        ({"timeout": 0}, "timeout"),
        ({"time_limit": 1e9}, "time_limit"),
        ({"headers": (("X A", "1"),)}, "no header"),
        ({"headers": (("X-A", "1\r\nX-B: 2"),)}, "no header"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused_with_a_sentence(options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadCheck, match=words):
        check("http://127.0.0.1:1/", "s3cret", now=NOW, options=Options(**options))


@pytest.mark.parametrize("secret", ["", "with\nbreak"])
def test_a_secret_that_can_be_none_is_refused(secret: str) -> None:
    with pytest.raises(BadCheck, match="secret"):
        check("http://127.0.0.1:1/", secret, now=NOW)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:9000",
        "ftp://example.com/",
        "http://",
        "http://:80/",
        "http://example.com:99999/",
        "http://example.com:0/",
        "http://user:pass@example.com/",
        "http://exa mple.com/",
        "http://[::1/",
        "http://example.com/\r\nX: 1",
    ],
)
def test_a_url_that_leads_nowhere_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(BadTarget, match=r"\.$"):
        target(url)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("http://127.0.0.1:9000", "127.0.0.1:9000", 9000, "/"),
        ("https://例え.jp/受信?q=春", "xn--r8jz45g.jp", 443, "/%E5%8F%97%E4%BF%A1?q=%E6%98%A5"),
        ("http://[::1]:8000/a#b", "[::1]:8000", 8000, "/a"),
        ("http://example.com:80/x", "example.com", 80, "/x"),
    ],
)
def test_a_url_becomes_what_goes_on_the_wire(url: str, host: str, port: int, path: str) -> None:
    to = target(url)
    assert (to.host_header, to.port, to.path) == (host, port, path)
