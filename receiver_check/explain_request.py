"""Diagnoses why a received request does not verify: its headers, its body or the secret."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from maac_contract import contract
from receiver_check import bodies, digests, json_forms, keys
from receiver_check.explain import Explanation
from receiver_check.findings import FINDINGS, UNKNOWN, VALID, Finding

Headers = Mapping[str, str] | Sequence[tuple[str, str]]
NAME = contract.HEADER_SIGNATURE.lower()


def explain_request(headers: Headers, body: bytes, secret: str, *, other_secrets: Sequence[str] = ()) -> Explanation:
    """Verify a request; if it is invalid, find what is wrong with its headers, body or secret.

    What MAAC signed is not at hand where a receiver kept another form of the body, so it is made anew from that form.
    """
    expected = digests.sign(secret.encode(), body)
    pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
    signatures = list(dict.fromkeys(value for name, value in pairs if name.strip().lower() == NAME))
    if len(signatures) > 1:
        found = FINDINGS["several_headers"]
    elif not signatures:
        found = _without_header(pairs)
    elif signatures[0] == expected.hex():
        found = VALID
    elif not signatures[0].strip():
        found = FINDINGS["empty_header"]
    else:
        return Explanation(_not_as_sent(signatures[0], body, secret, other_secrets) or (UNKNOWN,), expected.hex())
    return Explanation((found,), expected.hex())


def _without_header(pairs: Iterable[tuple[str, str]]) -> Finding:
    """Findings for a missing header, or one with a similar name."""
    letters = NAME.replace("-", "")
    alike = any(letters in "".join(filter(str.isalnum, name.lower())) for name, _ in pairs)
    return FINDINGS["wrong_header" if alike else "missing_header"]


def _not_as_sent(signature: str, body: bytes, secret: str, other_secrets: Sequence[str]) -> tuple[Finding, ...]:
    """Search for the original bytes and key, from which the given ones were changed, that match the signature."""
    wanted = list(digests.readings(signature))
    for key, key_mistake in ((secret.encode(), None), *keys.variations(secret, other_secrets)):
        for original, body_mistake in ((body, None), *_originals(body)):
            digest = digests.sign(key, original)
            for raw, wrong in wanted:
                if raw == digest:
                    return tuple(found for found in (key_mistake, body_mistake, *wrong) if found is not None)
    return ()


def _originals(body: bytes) -> Iterator[tuple[bytes, Finding]]:
    for trimmed in (body.strip(), body.lstrip(b"\xef\xbb\xbf"), body.rstrip(b"\x00")):
        yield trimmed, FINDINGS["line_end_added"]
    for encoding in bodies.WIDE:
        yield body.decode(encoding, errors="replace").encode(errors="replace"), FINDINGS["other_encoding"]
    yield from _as_maac_wrote_it(body)


def _as_maac_wrote_it(body: bytes) -> Iterator[tuple[bytes, Finding]]:
    """The body's value serialised as MAAC does; lost number formats and key order are restored from the contract."""
    try:
        value, plain = json_forms.parse(body), json.loads(body)
    except (ValueError, RecursionError):
        return
    yield json_forms.write(value, json_forms.Form()).encode(), FINDINGS["reserialised_json"]
    if restored := _restored(plain):
        yield restored, FINDINGS["reserialised_json"]


def _restored(plain: Any) -> bytes | None:
    if (
        not isinstance(plain, dict)
        or plain.get("topic") not in contract.TOPICS
        or not isinstance(plain.get("timestamp"), str)
    ):
        return None
    data, faults = contract.check(plain["topic"], plain.get("data"))
    if faults:
        return None
    return contract.serialise(timestamp=plain["timestamp"], topic=plain["topic"], data=data).encode()
