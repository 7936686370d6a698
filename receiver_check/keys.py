"""Other keys that a receiver may have used in place of the share secret, each with the mistake that makes it."""

import base64
import binascii
import codecs
import hashlib
import urllib.parse
from collections.abc import Callable, Iterable, Iterator

from receiver_check.findings import FINDINGS, Finding

Variation = tuple[bytes, Finding]
SPACES = ("\n", "\r\n", " ", "\r", "\t", "\x00")
QUOTES = (('"', '"'), ("'", "'"), ("`", "`"), ("<", ">"), ("[", "]"), ("{", "}"), ("“", "”"), ("「", "」"))
UNSET = ("", "undefined", "null", "None", "nil", "NULL", "false", "False", "<nil>", "[object Object]")
NAMES = ("SHARE_SECRET", "$SHARE_SECRET", "${SHARE_SECRET}", "%SHARE_SECRET%", "share_secret", "secret", "your-secret")
LONGEST_CUT = 256


def variations(secret: str, other_secrets: Iterable[str] = ()) -> Iterator[Variation]:
    """Those that are likely enough to come together with another mistake."""
    for other in other_secrets:
        if other != secret:
            yield other.encode(), FINDINGS["previous_secret"]
            yield other.strip().encode(), FINDINGS["previous_secret"]
    for space in SPACES:
        yield f"{secret}{space}".encode(), FINDINGS["secret_with_space"]
        yield f"{space}{secret}".encode(), FINDINGS["secret_with_space"]
    for left, right in QUOTES:
        yield f"{left}{secret}{right}".encode(), FINDINGS["secret_in_quotes"]
    yield secret.strip().encode(), FINDINGS["secret_trimmed"]
    yield secret.strip("\"'` \r\n\t").encode(), FINDINGS["secret_trimmed"]
    for decode, code in DECODERS:
        if decoded := _decoded(decode, secret):
            yield decoded, FINDINGS[code]
    for unset in UNSET:
        yield unset.encode(), FINDINGS["secret_missing"]


def rare_variations(secret: str) -> Iterator[Variation]:
    """Those that are tried alone."""
    raw = secret.encode()
    yield from ((name.encode(), FINDINGS["secret_placeholder"]) for name in NAMES)
    for encoded in (base64.b64encode(raw), base64.b64encode(raw).rstrip(b"="), raw.hex().encode()):
        yield encoded, FINDINGS["secret_encoded"]
    for text in (urllib.parse.quote(secret, safe=""), urllib.parse.unquote(secret), urllib.parse.unquote_plus(secret)):
        yield text.encode(errors="replace"), FINDINGS["secret_encoded"]
    for name in ("sha256", "sha1", "md5", "sha512"):
        digest = hashlib.new(name, raw, usedforsecurity=False)
        yield digest.digest(), FINDINGS["secret_hashed"]
        yield digest.hexdigest().encode(), FINDINGS["secret_hashed"]
    yield from ((text.encode(), FINDINGS["secret_in_other_case"]) for text in (secret.upper(), secret.lower()))
    for encoding in ("utf-16-le", "utf-16-be", "utf-16", "utf-32-le"):
        yield secret.encode(encoding), FINDINGS["secret_in_other_encoding"]
    yield codecs.BOM_UTF8 + raw, FINDINGS["secret_in_other_encoding"]
    for front in ("whsec_", "sha256=", "Bearer ", "SHARE_SECRET="):
        yield (front + secret).encode(), FINDINGS["secret_encoded"]
    for length in range(1, min(len(raw), LONGEST_CUT)):
        yield raw[:length], FINDINGS["secret_cut"]
        yield raw[length:], FINDINGS["secret_cut"]


def _base64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _base64_url(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


DECODERS: tuple[tuple[Callable[[str], bytes], str], ...] = (
    (bytes.fromhex, "secret_from_hex"),
    (_base64, "secret_from_base64"),
    (_base64_url, "secret_from_base64"),
)


def _decoded(decode: Callable[[str], bytes], secret: str) -> bytes | None:
    try:
        return decode(secret)
    except (ValueError, binascii.Error):
        return None
