"""`explain` names every mistake it knows, alone and together with others, and guesses none."""

import base64
import hashlib
import hmac
import html
import json
import random
import subprocess
import time
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maac_contract.contract import TOPICS
from receiver_check import json_forms
from receiver_check.explain import Explanation
from receiver_check.explain import explain as explain_digest
from receiver_check.explain_request import explain_request
from receiver_check.findings import FINDINGS
from tests.conftest import VECTORS, needs
from tests.processes import environment
from tests.receiver_check.bodies import BODY, KEY, SECRET, digest

HEX = digest(BODY)
RAW = bytes.fromhex(HEX)
TEXT, VALUE = BODY.decode(), json.loads(BODY)
PREVIOUS = "the secret before"
STAMP = VALUE["timestamp"]
UNESCAPED = json.dumps(VALUE, ensure_ascii=False, separators=(",", ":"))


def explain(computed: str, secret: str = SECRET, body: bytes = BODY) -> Explanation:
    return explain_digest(
        body,
        secret,
        computed,
        other_secrets=(SECRET, PREVIOUS),
        idempotency_key=KEY,
        url="https://shop.example/in/maac?x=1",
    )


def hashed(body: bytes, name: str = "sha256") -> str:
    return hashlib.new(name, body).hexdigest()


def dumps(value: Any, **options: Any) -> bytes:
    return json.dumps(value, **options).encode()


WRITTEN_BY_OTHERS = {
    "JavaScript: JSON.stringify(JSON.parse(body))": "0d4b1b170a659019b1041f246cfff6594a370e8c4553f4ecf07e0d922ac3bd60",
    "JavaScript: JSON.stringify(value, null, 2)": "314b93fbdabfee62acf2346da5fb24278bc18926a60c1b276460e9d16dc1a61f",
    "Go: json.Marshal of a map": "80f3f410f9b32b167443dda895e83ae0c6c90e0baa22eb377617e1633e67e8ee",
    "PHP: json_encode(json_decode($body))": "5d641d1a7f5f6f7e7892f00b4f5c7fc65d7a68afda59ee48637ba45b6fc328e4",
    "PHP: json_encode with JSON_UNESCAPED_UNICODE": "86daab8d72b9a7e9c5e08e09272fb1ede023d8e25875c115bd5853309535f3a3",
    "PHP: json_encode with JSON_UNESCAPED_SLASHES": "0597a2b81bc7af0ab1d904fb46b0e0f87b4b800740ea1385dfdcc7908c41425d",
    "PHP: json_encode with JSON_PRESERVE_ZERO_FRACTION": (
        "249cf1b958c5ef61bd298387134ef1aa4d7178bf69c420bc667535d37c57701d"
    ),
    "PHP: json_encode with JSON_PRETTY_PRINT": "7e9a82c7106ff7f1e19081665741bb6c75ddf01e3ab8e30d6d506157c12e8195",
    "Ruby: JSON.generate(JSON.parse(body))": "9a02c0ba42031609b9ba0987e7da50a1f4e669c287429a33aa41d051620623a8",
}
"""Digests that Node 20, Go 1.26, PHP 8.2 and Ruby 3.1 computed over what they had parsed and written again."""
PHP_FORM = "310c75068e949eaee732c0f1ec434a31b85a51653bcea76ec208d9a922b47b85"
"""PHP 8.2: http_build_query(json_decode($body, true))"""
NODE_FORM = "fe2050b827c45508a5ca7ed1d7ae2b76af10a0cc5578e33d5ed6574fb6d7b7a4"
"""Node 20: JSON.stringify(querystring.parse(body))"""

BODY_CASES = [
    *(("reserialised_json", computed) for computed in WRITTEN_BY_OTHERS.values()),
    ("reserialised_json", digest(dumps(VALUE, separators=(",", ":")))),
    ("reserialised_json", digest(dumps(VALUE, ensure_ascii=False))),
    ("reserialised_json", digest(dumps(VALUE, ensure_ascii=False, separators=(",", ":")))),
    ("reserialised_json", digest(dumps(VALUE, sort_keys=True))),
    ("reserialised_json", digest(dumps(VALUE, sort_keys=True, separators=(",", ":"), ensure_ascii=False))),
    ("reserialised_json", digest(dumps(VALUE, indent=2))),
    ("reserialised_json", digest(dumps(VALUE, indent=4, sort_keys=True))),
    ("reserialised_json", digest(dumps(VALUE, indent="\t"))),
    ("data_only", digest(dumps(VALUE["data"]))),
    ("data_only", digest(dumps(VALUE["data"], separators=(",", ":"), ensure_ascii=False))),
    ("data_only", digest(str(VALUE["data"]).encode())),
    ("line_end_added", digest(BODY + b"\n")),
    ("line_end_added", digest(BODY + b"\r\n")),
    ("byte_order_mark", digest(b"\xef\xbb\xbf" + BODY)),
    ("other_encoding", digest(TEXT.encode("utf-16"))),
    ("other_encoding", digest(TEXT.encode("utf-16-le"))),
    ("other_encoding", digest(TEXT.encode("utf-16-be"))),
    ("other_encoding", digest(json.dumps(VALUE, ensure_ascii=False).encode("latin-1", "replace"))),
    ("other_encoding", digest(json.dumps(VALUE, ensure_ascii=False).encode("shift_jis", "replace"))),
    ("escapes_undone", digest(BODY.replace(b"\\\\", b"\0").replace(b"\\", b"").replace(b"\0", b"\\"))),
    ("python_bytes_text", digest(str(BODY).encode())),
    ("python_dict_text", digest(str(VALUE).encode())),
    ("object_text", digest(b"[object Object]")),
    ("object_text", digest(b"Array")),
    ("json_of_text", digest(dumps(TEXT))),
    ("base64_body", digest(base64.b64encode(BODY))),
    ("hex_body", digest(BODY.hex().encode())),
    ("percent_encoded_body", digest(urllib.parse.quote(TEXT, safe="").encode())),
    ("percent_encoded_body", digest(urllib.parse.quote_plus(TEXT).encode())),
    ("form_parsed_body", PHP_FORM),
    ("form_parsed_body", NODE_FORM),
    ("form_parsed_body", digest(urllib.parse.urlencode({**VALUE, "data": json.dumps(VALUE["data"])}).encode())),
    ("html_escaped_body", digest(html.escape(TEXT).encode())),
    ("timestamp_in_front", digest(f"{STAMP}.{TEXT}".encode())),
    ("timestamp_in_front", digest(f"1772619729.{TEXT}".encode())),
    ("timestamp_in_front", digest(f"v0:1772619729:{TEXT}".encode())),
    ("key_in_front", digest(f"{KEY}.{TEXT}".encode())),
    ("key_in_front", digest(f"{KEY}.1772619729.{TEXT}".encode())),
    ("key_in_front", digest(f"{TEXT}.{KEY}".encode())),
    ("key_in_front", digest(f"{KEY}\n{TEXT}".encode())),
    ("timestamp_in_front", digest(f"{TEXT}{STAMP}".encode())),
    ("timestamp_in_front", digest(f"2026-03-04T10:22:09.004200Z.{TEXT}".encode())),
    ("timestamp_in_front", digest(f"1772619729004:{TEXT}".encode())),
    ("timestamp_in_front", digest(f"undefined.{TEXT}".encode())),
    ("url_in_front", digest(f"https://shop.example/in/maac?x=1{TEXT}".encode())),
    ("url_in_front", digest(f"POST\n/in/maac\n{TEXT}".encode())),
    ("url_in_front", digest(f"/webhook.{TEXT}".encode())),
    ("mojibake", digest(UNESCAPED.encode().decode("latin-1").encode())),
    ("mojibake", digest(UNESCAPED.replace("\U0001f338", "?").encode())),
    (
        "mojibake",
        digest(
            UNESCAPED.encode("utf-16", "surrogatepass")
            .decode("utf-16")
            .encode("big5", "replace")
            .decode("utf-8", "replace")
            .encode()
        ),
    ),
    ("empty_body", digest(b"")),
    ("body_cut", digest(BODY[:512])),
    ("body_cut", digest(BODY[:-1])),
]
KEY_CASES = [
    ("previous_secret", digest(BODY, PREVIOUS)),
    *(("secret_with_space", digest(BODY, secret)) for secret in (f"{SECRET}\n", f"{SECRET}\r\n", f" {SECRET}")),
    *(("secret_in_quotes", digest(BODY, secret)) for secret in (f'"{SECRET}"', f"'{SECRET}'")),
    *(("secret_missing", digest(BODY, secret)) for secret in ("", "undefined", "None")),
    ("secret_placeholder", digest(BODY, "$SHARE_SECRET")),
    ("secret_from_hex", digest(BODY, bytes.fromhex(SECRET))),
    ("secret_from_base64", digest(BODY, base64.b64decode(SECRET))),
    ("secret_encoded", digest(BODY, base64.b64encode(SECRET.encode()))),
    ("secret_hashed", digest(BODY, hashed(SECRET.encode()))),
    ("secret_in_other_case", digest(BODY, SECRET.upper())),
    ("secret_in_other_encoding", digest(BODY, SECRET.encode("utf-16-le"))),
    ("secret_cut", digest(BODY, SECRET[:16])),
    ("secret_cut", digest(BODY, SECRET[1:])),
]
ALGORITHM_CASES = [
    *(("other_hash", digest(BODY, algorithm=name)) for name in ("sha1", "sha512", "md5", "sha384")),
    *(("no_hmac", hashed(BODY, name)) for name in ("sha256", "sha1", "md5", "sha512")),
    *(("hash_of_both", hashed(joined)) for joined in (SECRET.encode() + BODY, BODY + SECRET.encode())),
    ("hash_of_both", hashed(SECRET.encode() + b"." + BODY, "sha1")),
    ("swapped", digest(SECRET.encode(), BODY)),
    ("hash_signed", digest(hashed(BODY).encode())),
]
WRITING_CASES = [
    ("base64_digest", base64.b64encode(RAW).decode()),
    ("base64_digest", base64.urlsafe_b64encode(RAW).decode().rstrip("=")),
    ("base64_of_hex", base64.b64encode(HEX.encode()).decode()),
    ("hex_of_hex", HEX.encode().hex()),
    ("upper_case", HEX.upper()),
    ("space_around_digest", f"{HEX}\n"),
    ("space_around_digest", f'"{HEX}"'),
    ("digest_prefix", f"sha256={HEX}"),
    ("digest_bytes_text", str(HEX.encode())),
    ("digest_separated", ":".join(HEX[at : at + 2] for at in range(0, 64, 2))),
    ("upper_case+digest_separated", "-".join(HEX.upper()[at : at + 2] for at in range(0, 64, 2))),
    ("digest_cut", HEX[:32]),
    ("digest_cut", HEX[:16]),
    ("zeros_lost", "".join(f"{byte:x}" for byte in RAW)),
    ("signed_bytes", "".join(f"{byte if byte < 128 else byte + 0xFFFFFF00:02x}" for byte in RAW)),
    ("secret_as_digest", SECRET),
    ("key_as_digest", KEY),
    ("empty_digest", " "),
]
"""Wrongly computed digests, each with the code of its mistake."""
CASES = [*BODY_CASES, *KEY_CASES, *ALGORITHM_CASES, *WRITING_CASES]
WITH_TESTS_OF_THEIR_OWN = {"valid", "unknown", "body_trimmed", "secret_trimmed"}
ABOUT_HEADERS = {"missing_header", "wrong_header", "empty_header", "several_headers"}


@pytest.mark.parametrize(("code", "computed"), CASES)
def test_the_mistake_is_named(code: str, computed: str) -> None:
    explanation = explain(computed)
    assert {finding.code for finding in explanation.findings} == set(code.split("+"))
    assert explanation.expected == HEX
    assert not explanation.is_valid


def test_every_mistake_has_a_case() -> None:
    covered = {code for codes, _ in CASES for code in codes.split("+")}
    assert covered | WITH_TESTS_OF_THEIR_OWN | ABOUT_HEADERS == set(FINDINGS)


def test_space_that_was_cut_off_the_body_is_named() -> None:
    assert explain_digest(BODY + b"\n", SECRET, HEX).code == "body_trimmed"
    assert explain_digest(b" \n" + BODY, SECRET, HEX).code == "body_trimmed"


def test_a_secret_that_was_pasted_with_space_is_named() -> None:
    assert explain(HEX, secret=f"{SECRET}\n").code == "previous_secret"
    assert explain_digest(BODY, f" {SECRET}\n", HEX).code == "secret_trimmed"


@pytest.mark.parametrize("topic", TOPICS)
def test_the_right_digest_is_valid(topic: str) -> None:
    secret, body, signature = ((VECTORS / f"{topic}.{part}").read_bytes() for part in ("secret", "body", "signature"))
    explanation = explain_digest(body, secret.decode(), signature.decode())
    assert explanation.code == "valid"
    assert explanation.is_valid


GO = """
package main

import (
    "encoding/json"
    "io"
    "os"
)

type Event struct {
    Topic     string         `json:"topic"`
    Data      map[string]any `json:"data"`
    Timestamp string         `json:"timestamp"`
}

func main() {
    body, _ := io.ReadAll(os.Stdin)
    var event Event
    json.Unmarshal(body, &event)
    json.NewEncoder(os.Stdout).Encode(event)
}
"""


@pytest.mark.slow
def test_gos_encoder_of_a_struct_is_named(tmp_path: Path) -> None:
    needs("go")
    (tmp_path / "main.go").write_text(GO)
    env = environment(HOME=tmp_path)
    done = subprocess.run(["go", "run", "main.go"], cwd=tmp_path, input=BODY, capture_output=True, check=True, env=env)
    (finding,) = explain(digest(done.stdout)).findings
    assert finding.code == "reserialised_json"
    assert "Go: json.NewEncoder(w).Encode(value)" in finding.seen_in
    assert any("another order" in detail for detail in finding.details)


STRUCTS = {
    "sorted inside": {**VALUE, "data": json.loads(dumps(VALUE["data"], sort_keys=True))},
    "declared in another order": {name: VALUE[name] for name in ("topic", "data", "timestamp")},
    "without null": {**VALUE, "data": {name: item for name, item in VALUE["data"].items() if item is not None}},
}


@pytest.mark.parametrize("value", STRUCTS.values(), ids=STRUCTS)
@pytest.mark.parametrize("end", ["", "\n"], ids=["as it is", "with a line break"])
def test_what_structs_write_is_named(value: dict[str, Any], end: str) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    explanation = explain(digest(f"{text}{end}".encode()))
    assert explanation.code == "reserialised_json"
    assert len(explanation.findings[0].details) >= 2


@pytest.mark.parametrize(("writer", "computed"), WRITTEN_BY_OTHERS.items())
def test_who_writes_like_this_is_reported(writer: str, computed: str) -> None:
    (finding,) = explain(computed).findings
    assert writer in finding.seen_in
    assert finding.details


def test_differences_are_reported_as_they_are_seen() -> None:
    (finding,) = explain(digest(dumps(VALUE, separators=(",", ":"), sort_keys=True))).findings
    assert finding.details == (
        "The spaces after commas and colons are gone.",
        "The keys were put in alphabetical order.",
    )


def test_node_writes_as_is_said_of_it() -> None:
    needs("node")
    script = "process.stdin.setEncoding('utf8').on('data', b => process.stdout.write(JSON.stringify(JSON.parse(b))))"
    written = subprocess.run(["node", "-e", script], input=BODY, capture_output=True, check=True).stdout
    assert json_forms.write(json_forms.parse(BODY), json_forms.JAVASCRIPT).encode() == written


TOGETHER = [
    ("reserialised_json+secret_with_space", digest(dumps(VALUE, separators=(",", ":")), f"{SECRET}\n")),
    ("reserialised_json+previous_secret+upper_case", digest(dumps(VALUE, sort_keys=True), PREVIOUS).upper()),
    ("other_hash+base64_digest", base64.b64encode(hmac.digest(SECRET.encode(), BODY, "sha1")).decode()),
    ("other_hash+reserialised_json", digest(dumps(VALUE, ensure_ascii=False), algorithm="sha512")),
    ("secret_from_hex+base64_digest", base64.b64encode(hmac.digest(bytes.fromhex(SECRET), BODY, "sha256")).decode()),
    ("data_only+digest_prefix+upper_case", f"sha256={digest(dumps(VALUE['data'])).upper()}"),
    ("line_end_added+digest_cut", digest(BODY + b"\n")[:40]),
]


@pytest.mark.parametrize(("codes", "computed"), TOGETHER)
def test_mistakes_that_come_together_are_reported_together(codes: str, computed: str) -> None:
    assert sorted(finding.code for finding in explain(computed).findings) == sorted(codes.split("+"))


@pytest.mark.parametrize(
    "computed",
    ["abc", HEX[:14], f"{HEX}00", "not a digest", "✓", HEX[::-1], digest(BODY, "quite another"), "0" * 64, "=" * 44],
)
def test_what_fits_nothing_is_unknown(computed: str) -> None:
    assert explain(computed).code == "unknown"


@settings(deadline=None, max_examples=20)
@given(st.binary(min_size=32, max_size=32))
def test_no_random_digest_is_explained(raw: bytes) -> None:
    assert explain(raw.hex(), body=b'{"timestamp": "x", "topic": "y", "data": {"a": 1.0}}').code == "unknown"


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200), st.text(max_size=40), st.text(max_size=80))
def test_whatever_is_given_there_is_an_answer(body: bytes, secret: str, computed: str) -> None:
    secret = secret.encode(errors="replace").decode()
    explanation = explain_digest(body, secret, computed, other_secrets=("x", secret))
    assert {finding.code for finding in explanation.findings} <= set(FINDINGS)


NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=12,
)


@settings(deadline=None, max_examples=10)
@given(st.dictionaries(st.sampled_from("abcdef"), JSON, min_size=1), st.randoms(use_true_random=False))
def test_json_in_any_of_the_forms_is_the_same_value_and_is_found(value: dict[str, Any], chance: random.Random) -> None:
    body = dumps(value)
    parsed = json_forms.parse(body)
    assert json_forms.write(parsed, json_forms.Form()).encode() == body
    for form in chance.sample(json_forms.every_form(), 5):
        written = json_forms.write(parsed, form)
        if form.empty_objects == "kept":
            assert json.loads(written) == value
        if written.encode() != body:
            found = explain_digest(body, SECRET, digest(written.encode()))
            assert found.code in {"reserialised_json", "escapes_undone", "python_dict_text"}, written


def test_of_two_mistakes_that_give_the_same_bytes_the_likelier_is_named() -> None:
    body = dumps({"topic": "form.surveycake_submitted", "data": {"survey_name": "春の試乗"}})
    unescaped = body.decode("unicode_escape").encode()
    assert json.dumps(json.loads(body), ensure_ascii=False).encode() == unescaped
    assert explain_digest(body, SECRET, digest(unescaped)).code == "reserialised_json"


def test_an_answer_takes_seconds_and_not_minutes() -> None:
    large = dumps({**VALUE, "data": {"items": [VALUE["data"]["items"][0]] * 3000}})
    assert len(large) > 200_000
    began = time.process_time()
    assert explain(digest(b"another"), body=large).code == "unknown"
    assert explain(digest(b"another")).code == "unknown"
    assert time.process_time() - began < 10


def test_a_body_of_a_thousand_brackets_is_unknown_and_no_crash() -> None:
    for depth in (99, 101, 1100, 50_000):
        assert explain_digest(b"[" * depth, SECRET, "ab" * 32).code == "unknown"
    for depth in (101, 1100):
        body = b'{"data":' * depth + b"1" + b"}" * depth
        assert explain_request({"CrescLab-Signature": "ab" * 32}, body, SECRET).code == "unknown"
