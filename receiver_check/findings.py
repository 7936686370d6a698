"""The findings of explanations: what is wrong, why it matters and how to fix it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from maac_contract.sentences import gettext_noop
from receiver_check.snippets import HEADER, HEX, HMAC, RAW_BODY, SECRET, Snippets


@dataclass(frozen=True)
class Finding:
    """A finding. `details` and `seen_in` give more about the cause, if known."""

    code: str
    what: str
    why: str
    fix: str
    snippets: Snippets = field(default_factory=dict)
    details: tuple[str, ...] = ()
    seen_in: tuple[str, ...] = ()


WHY_RAW = gettext_noop(
    "The signature covers the bytes that were sent. Any other bytes, even with the same meaning, have another digest."
)
FIX_RAW = gettext_noop(
    "Take the raw bytes of the request before anything parses or decodes them, compute over those, and parse later."
)
WHY_KEY = gettext_noop(
    "The key is the share secret exactly as it is shown, as UTF-8. One other character is another key."
)
FIX_KEY = gettext_noop("Use the share secret as text: trimmed, not decoded, not hashed. Refuse to start without it.")
WHY_HMAC = gettext_noop("MAAC signs with HMAC-SHA256: the share secret is the key, the raw body is the message.")
FIX_HMAC = gettext_noop("Compute HMAC-SHA256 with your language's own function, key and message in the right places.")
WHY_HEX = gettext_noop("MAAC sends the digest as 64 lower-case hexadecimal digits and nothing else.")
FIX_HEX = gettext_noop("Write your digest as lower-case hexadecimal and compare all 64 digits in constant time.")
WHY_HEADER = gettext_noop(
    "MAAC sends the signature in a header of its own. The case of a header's name makes no difference."
)
FIX_HEADER = gettext_noop(
    "Read the signature header with your framework's own function, and refuse with 401 a request that has none. "
    "A proxy in front must pass the header on."
)


def of_body(code: str, what: str) -> Finding:
    return Finding(code, what, WHY_RAW, FIX_RAW, RAW_BODY)


def of_key(code: str, what: str) -> Finding:
    return Finding(code, what, WHY_KEY, FIX_KEY, SECRET)


def of_algorithm(code: str, what: str) -> Finding:
    return Finding(code, what, WHY_HMAC, FIX_HMAC, HMAC)


def of_writing(code: str, what: str) -> Finding:
    return Finding(code, what, WHY_HEX, FIX_HEX, HEX)


def of_header(code: str, what: str) -> Finding:
    return Finding(code, what, WHY_HEADER, FIX_HEADER, HEADER)


VALID = Finding(
    "valid",
    gettext_noop("The signature is right."),
    gettext_noop("It is the HMAC-SHA256 of these bytes with this share secret, in lower-case hexadecimal."),
    gettext_noop("Nothing needs fixing here. If your receiver still refuses, look at how it compares."),
    HEX,
)
UNKNOWN = Finding(
    "unknown",
    gettext_noop("None of the known mistakes gives this digest."),
    gettext_noop("It was computed with another secret, over another body, or in a way that is not known here."),
    gettext_noop(
        "Check that body, secret and digest are of the same request and endpoint, then print in your receiver the "
        "length of the body and of the secret, and the digest just before it is compared."
    ),
    HMAC,
)

_ALL = (
    # --- The body ---------------------------------------------------------------------------------------------------
    of_body("reserialised_json", gettext_noop("The body was parsed and written as JSON again.")),
    of_body("data_only", gettext_noop("Only the value of data was signed, not the whole body.")),
    of_body("line_end_added", gettext_noop("A line break or space was added to the end of the body.")),
    of_body("body_trimmed", gettext_noop("Space or line breaks around the body were cut off.")),
    of_body("byte_order_mark", gettext_noop("A byte order mark stands before the body.")),
    of_body("other_encoding", gettext_noop("The body was decoded to text and encoded again in another encoding.")),
    of_body("escapes_undone", gettext_noop("The backslash escapes of the body were undone as if it were source code.")),
    of_body("python_bytes_text", gettext_noop("str() was called on the bytes of the body, which gives b'…'.")),
    of_body("python_dict_text", gettext_noop("str() was called on the parsed body, which gives Python's notation.")),
    of_body("object_text", gettext_noop("A parsed object was turned into text, which gives only a word for it.")),
    of_body("json_of_text", gettext_noop("The body was put into a JSON string: quoted and escaped once more.")),
    of_body("base64_body", gettext_noop("The base64 form of the body was signed.")),
    of_body("hex_body", gettext_noop("The hexadecimal form of the body was signed.")),
    of_body("percent_encoded_body", gettext_noop("The body was percent-encoded as for a URL.")),
    of_body("form_parsed_body", gettext_noop("The body was parsed as a form and written again.")),
    of_body("html_escaped_body", gettext_noop("HTML escapes such as &quot; were put into the body.")),
    of_body("timestamp_in_front", gettext_noop("The time stamp was put before the body, as other providers do it.")),
    of_body("key_in_front", gettext_noop("The idempotency key was put before the body.")),
    of_body("url_in_front", gettext_noop("The URL or path of the request was put before or after the body.")),
    of_body("mojibake", gettext_noop("Text was read in one encoding and written in another, which turns é into Ã©.")),
    of_body("empty_body", gettext_noop("An empty body was signed: it was read before, or not at all.")),
    of_body("body_cut", gettext_noop("Only the first part of the body was signed.")),
    # --- The key ----------------------------------------------------------------------------------------------------
    of_key("previous_secret", gettext_noop("The digest was made with another secret of this endpoint.")),
    of_key("secret_with_space", gettext_noop("The secret has a space or line break at its end or start.")),
    of_key("secret_in_quotes", gettext_noop("The secret has quotation marks around it.")),
    of_key("secret_trimmed", gettext_noop("The secret given here has space or quotation marks around it.")),
    of_key("secret_missing", gettext_noop("The secret was empty or not set.")),
    of_key("secret_placeholder", gettext_noop("The name of the variable was used in place of the secret.")),
    of_key("secret_from_hex", gettext_noop("The secret was decoded from hexadecimal to bytes.")),
    of_key("secret_from_base64", gettext_noop("The secret was decoded from base64 to bytes.")),
    of_key("secret_encoded", gettext_noop("The secret was encoded: base64, hexadecimal or percent-encoded.")),
    of_key("secret_hashed", gettext_noop("The secret was hashed before it was used as the key.")),
    of_key("secret_in_other_case", gettext_noop("The letters of the secret were changed to upper or lower case.")),
    of_key("secret_in_other_encoding", gettext_noop("The secret was encoded as UTF-16 or has a byte order mark.")),
    of_key("secret_cut", gettext_noop("Only a part of the secret was used.")),
    # --- The algorithm ----------------------------------------------------------------------------------------------
    of_algorithm("other_hash", gettext_noop("HMAC was made with another hash than SHA-256.")),
    of_algorithm("no_hmac", gettext_noop("The body was hashed without the secret.")),
    of_algorithm("hash_of_both", gettext_noop("Secret and body were joined and hashed, which is no HMAC.")),
    of_algorithm("swapped", gettext_noop("Secret and body are in each other's place.")),
    of_algorithm("hash_signed", gettext_noop("A hash of the body was signed in place of the body.")),
    # --- The writing of the digest ----------------------------------------------------------------------------------
    of_writing("base64_digest", gettext_noop("The digest is written in base64.")),
    of_writing("base64_of_hex", gettext_noop("The hexadecimal digits were encoded in base64 on top.")),
    of_writing("hex_of_hex", gettext_noop("The hexadecimal digits were encoded in hexadecimal once more.")),
    of_writing("upper_case", gettext_noop("The digest is written in upper case.")),
    of_writing("space_around_digest", gettext_noop("Space, a line break or quotation marks stand around the digest.")),
    of_writing("digest_prefix", gettext_noop("A prefix such as sha256= stands before the digest.")),
    of_writing("digest_bytes_text", gettext_noop("str() was called on bytes: the digest is written as b'…'.")),
    of_writing("digest_separated", gettext_noop("The digits of the digest are separated, such as AB-CD.")),
    of_writing("digest_cut", gettext_noop("Only the first part of the digest is there.")),
    of_writing("zeros_lost", gettext_noop("Leading zeros were lost while the digest was written.")),
    of_writing("signed_bytes", gettext_noop("Bytes above 7f were written with ffffff before them.")),
    of_writing("secret_as_digest", gettext_noop("This is the share secret itself, not a digest.")),
    of_writing("key_as_digest", gettext_noop("This is the idempotency key, not the signature.")),
    of_writing("empty_digest", gettext_noop("There is no digest.")),
    # --- The header -------------------------------------------------------------------------------------------------
    of_header("missing_header", gettext_noop("The request has no signature header.")),
    of_header("wrong_header", gettext_noop("The signature arrived under another name, or another header was read.")),
    of_header("empty_header", gettext_noop("The signature header is empty.")),
    of_header("several_headers", gettext_noop("The request has several different signature headers.")),
)
FINDINGS: Mapping[str, Finding] = {finding.code: finding for finding in (VALID, UNKNOWN, *_ALL)}
"""Every finding by its code."""
