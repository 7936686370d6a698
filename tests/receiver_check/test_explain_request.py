"""`explain_request` says whether what a receiver got verifies, and why not."""

import json
from collections.abc import Callable

import pytest

from maac_contract.contract import TOPICS
from receiver_check.explain_request import explain_request
from tests.conftest import VECTORS
from tests.receiver_check.bodies import BODY, KEY, SECRET, digest

SIGNATURE = digest(BODY)
HEADERS = {"Content-Type": "application/json; charset=utf-8", "CrescLab-Idempotency-Key": KEY}
VALUE = json.loads(BODY)


def signed(signature: str = SIGNATURE, name: str = "CrescLab-Signature") -> dict[str, str]:
    return {**HEADERS, name: signature}


@pytest.mark.parametrize("topic", TOPICS)
def test_what_maac_sends_is_valid(topic: str) -> None:
    secret, body, signature = ((VECTORS / f"{topic}.{part}").read_bytes() for part in ("secret", "body", "signature"))
    assert explain_request(signed(signature.decode()), body, secret.decode()).is_valid


@pytest.mark.parametrize("name", ["cresclab-signature", "CRESCLAB-SIGNATURE"])
def test_the_case_of_the_name_means_nothing(name: str) -> None:
    assert explain_request(signed(name=name), BODY, SECRET).is_valid


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (HEADERS, "missing_header"),
        ({}, "missing_header"),
        (signed(name="X-Signature"), "missing_header"),
        (signed(name="X-CrescLab-Signature"), "wrong_header"),
        (signed(name="HTTP_CRESCLAB_SIGNATURE"), "wrong_header"),
        (signed(name="CrescLabSignature"), "wrong_header"),
        (signed(" "), "empty_header"),
    ],
)
def test_a_header_that_is_not_there_is_named(headers: dict[str, str], code: str) -> None:
    assert explain_request(headers, BODY, SECRET).code == code


def test_two_different_signatures_are_named_and_two_equal_ones_are_no_harm() -> None:
    twice = [("CrescLab-Signature", SIGNATURE), ("cresclab-signature", SIGNATURE)]
    assert explain_request(twice, BODY, SECRET).is_valid
    assert explain_request([*twice, ("CrescLab-Signature", "0" * 64)], BODY, SECRET).code == "several_headers"


def compact(body: bytes) -> bytes:
    return json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()


def with_integers(body: bytes) -> bytes:
    """As JavaScript gives them back."""
    return compact(body).replace(b".0,", b",").replace(b".0}", b"}")


def with_sorted_keys(body: bytes) -> bytes:
    return json.dumps(json.loads(body), sort_keys=True).encode()


@pytest.mark.parametrize("change", [compact, with_integers, with_sorted_keys])
def test_a_body_that_was_kept_as_other_json_is_named(change: Callable[[bytes], bytes]) -> None:
    kept = change(BODY.replace(b"<b>&amp;</b>", b""))
    signature = digest(BODY.replace(b"<b>&amp;</b>", b""))
    assert explain_request(signed(signature), kept, SECRET).code == "reserialised_json"


def test_other_changes_of_the_body_are_named() -> None:
    assert explain_request(signed(), BODY + b"\r\n", SECRET).code == "line_end_added"
    assert explain_request(signed(), BODY.decode().encode("utf-16"), SECRET).code == "other_encoding"


def test_the_wrong_secret_at_hand_is_named() -> None:
    assert explain_request(signed(), BODY, f"{SECRET}\n").code == "secret_trimmed"
    assert explain_request(signed(), BODY, "old", other_secrets=(SECRET,)).code == "previous_secret"


def test_a_signature_in_upper_case_is_named() -> None:
    assert explain_request(signed(SIGNATURE.upper()), BODY, SECRET).code == "upper_case"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, BODY[:-1]])
def test_what_cannot_be_explained_is_unknown(body: bytes) -> None:
    assert explain_request(signed(), body, SECRET).code == "unknown"
