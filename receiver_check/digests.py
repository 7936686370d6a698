"""Wrong ways to compute and to encode the digest, each with the mistake that causes it."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from receiver_check.findings import FINDINGS, Finding

Algorithm = Callable[[bytes, bytes], bytes]
SHORTEST = 8
"""Fewer matching bytes than this can be a coincidence."""
HEX = re.compile(r"[0-9a-f]+")
PREFIX = re.compile(
    r"(?:v1|sha-?256|hmac-?sha-?256|hmac|sha-?1|sha-?512|0x|hex|base64|signature)[=:, ]*", re.IGNORECASE
)
OTHER_HASHES = ("sha1", "sha512", "md5", "sha384", "sha224", "sha3_256", "sha3_512", "blake2b", "blake2s")


def sign(key: bytes, body: bytes) -> bytes:
    """As MAAC does."""
    return hmac.digest(key, body, "sha256")


def _hmac(name: str, key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, name)


def _hash(name: str, _key: bytes, body: bytes) -> bytes:
    return hashlib.new(name, body, usedforsecurity=False).digest()


def _joined(name: str, parts: Callable[[bytes, bytes], bytes], key: bytes, body: bytes) -> bytes:
    return _hash(name, b"", parts(key, body))


def _swapped(key: bytes, body: bytes) -> bytes:
    return hmac.digest(body, key, "sha256")


def _of_hash(name: str, as_hex: bool, key: bytes, body: bytes) -> bytes:
    digest = _hash(name, b"", body)
    return sign(key, digest.hex().encode() if as_hex else digest)


def algorithms() -> Iterator[tuple[Algorithm, Finding]]:
    """Every known wrong computation."""
    for name in OTHER_HASHES:
        yield partial(_hmac, name), replace(FINDINGS["other_hash"], details=(f"HMAC-{name.upper()}",))
    yield _swapped, FINDINGS["swapped"]
    for name in ("sha256", *OTHER_HASHES[:6]):
        yield partial(_hash, name), replace(FINDINGS["no_hmac"], details=(name.upper(),))
        for join in JOINS:
            yield partial(_joined, name, join), replace(FINDINGS["hash_of_both"], details=(name.upper(),))
    for name in ("sha256", "sha1", "md5", "sha512"):
        for as_hex in (True, False):
            yield partial(_of_hash, name, as_hex), replace(FINDINGS["hash_signed"], details=(name.upper(),))


JOINS: tuple[Callable[[bytes, bytes], bytes], ...] = (
    lambda key, body: key + body,
    lambda key, body: body + key,
    lambda key, body: key + b"." + body,
    lambda key, body: body + b"." + key,
    lambda key, body: key + b":" + body,
    lambda key, body: body + b":" + key,
    lambda key, body: key + body + key,
)


def readings(text: str) -> Iterator[tuple[bytes, tuple[Finding, ...]]]:
    """The bytes that an encoded digest can mean, with the mistakes of its encoding."""
    for bare, found in _unwrapped(text):
        if HEX.fullmatch(bare.lower()) and len(bare) % 2 == 0:
            case = () if bare == bare.lower() else (FINDINGS["upper_case"],)
            yield bytes.fromhex(bare), (*found, *case)
        for raw, wrapping in _decoded(bare):
            yield raw, (*found, wrapping)


def _unwrapped(text: str) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    """The digits without surrounding and separating characters."""
    yield text, ()
    bare = text.strip()
    if literal := re.fullmatch(r"""b(['"])(.*)\1""", bare):
        yield literal[2], (FINDINGS["digest_bytes_text"],)
    bare = bare.strip("\"'`<>\ufeff \r\n\t\x00")
    around = () if bare == text else (FINDINGS["space_around_digest"],)
    yield bare, around
    if prefix := PREFIX.match(bare):
        around = (*around, FINDINGS["digest_prefix"])
        bare = bare[prefix.end() :]
        yield bare, around
    joined = re.sub(r"[-: ,]|\\x|0x", "", bare)
    if joined != bare:
        yield joined, (*around, FINDINGS["digest_separated"])


def _decoded(bare: str) -> Iterator[tuple[bytes, Finding]]:
    for raw in _from_base64(bare):
        yield raw, FINDINGS["base64_digest"]
        yield from ((inner, FINDINGS["base64_of_hex"]) for inner in _from_hex(raw))
    for raw in _from_hex(bare.encode(errors="replace")):
        yield from ((inner, FINDINGS["hex_of_hex"]) for inner in _from_hex(raw))


def _from_hex(digits: bytes) -> Iterator[bytes]:
    try:
        yield bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return


def _from_base64(text: str) -> Iterator[bytes]:
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    for altchars in (b"+/", b"-_"):
        try:
            yield base64.b64decode(padded, altchars=altchars, validate=True)
        except (ValueError, binascii.Error):
            continue


def odd_writings(digest: bytes) -> Iterator[tuple[str, Finding]]:
    """Encodings from which the digest cannot be recovered."""
    yield "".join(f"{byte:x}" for byte in digest), FINDINGS["zeros_lost"]
    yield f"{int.from_bytes(digest):x}", FINDINGS["zeros_lost"]
    yield "".join(f"ffffff{byte:02x}" if byte > 127 else f"{byte:02x}" for byte in digest), FINDINGS["signed_bytes"]
    yield "".join(f"ffffff{byte:x}" if byte > 127 else f"{byte:x}" for byte in digest), FINDINGS["signed_bytes"]
