"""Other bytes that a receiver may have signed instead of the body, each with the mistake that causes them."""

import base64
import codecs
import html
import json
import urllib.parse
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from receiver_check import json_forms
from receiver_check.findings import FINDINGS, Finding
from receiver_check.json_forms import KNOWN, Form

Variation = tuple[bytes, Finding]
LARGE = 32 * 1024
"""Bodies from this size are serialised only in the formats of known programs, not in all combinations."""
WESTERN = ("latin-1", "cp1252")
CHARSETS = (*WESTERN, "shift_jis", "cp932", "euc_jp", "big5", "cp950", "gbk", "gb18030")
WIDE = ("utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be")
MOST_USUAL = (Form(characters="raw"), json_forms.RAW, json_forms.JAVASCRIPT)
OBJECT_TEXTS = (b"[object Object]", b"Array", b"undefined", b"null", b"None", b"{}", b"[object Promise]", b'""')


def variations(body: bytes, idempotency_key: str | None = None) -> Iterator[Variation]:
    """All candidates, likely ones first."""
    yield from _around(body)
    yield from _as_text(body)
    value = _parsed(body)
    if value is not None:
        yield from reserialised(value, forms_for(body))
        yield from _of_parsed(body, value)
    # Often the same bytes as JSON written anew, which is by far the likelier mistake.
    yield from ((undone, FINDINGS["escapes_undone"]) for undone in _escapes_undone(body))
    yield from _as_form(body, value)
    yield from _with_something_in_front(body, value, idempotency_key)
    yield b"", FINDINGS["empty_body"]
    yield from ((text, FINDINGS["object_text"]) for text in OBJECT_TEXTS)


def forms_for(body: bytes) -> tuple[Form, ...]:
    """The formats to try for a body of this size."""
    return json_forms.every_form() if len(body) < LARGE else tuple(dict.fromkeys(KNOWN.values()))


def reserialised(value: Any, forms: tuple[Form, ...]) -> Iterator[Variation]:
    """The parsed body serialised again, with the differences and the programs that do so."""
    for writing in json_forms.other_writings(value, forms):
        details = writing.form.differences()
        finding = replace(FINDINGS["reserialised_json"], details=details, seen_in=writing.programs)
        yield writing.text.encode(errors="replace"), finding
        if writing.form in MOST_USUAL and not writing.text.isascii():
            finding = replace(FINDINGS["other_encoding"], details=details)
            yield from ((other, finding) for other in _in_other_charsets(writing.text))


def _parsed(body: bytes) -> Any:
    try:
        return json_forms.parse(body)
    except ValueError:
        return None


def _around(body: bytes) -> Iterator[Variation]:
    for end in (b"\n", b"\r\n", b"\r", b" ", b"\x00"):
        yield body + end, FINDINGS["line_end_added"]
    yield codecs.BOM_UTF8 + body, FINDINGS["byte_order_mark"]
    yield body.removeprefix(codecs.BOM_UTF8), FINDINGS["byte_order_mark"]
    for trimmed in (body.strip(), body.rstrip(), body.lstrip()):
        yield trimmed, FINDINGS["body_trimmed"]


def _as_text(body: bytes) -> Iterator[Variation]:
    text = body.decode(errors="replace")
    for encoding in WIDE:
        yield text.encode(encoding, errors="replace"), FINDINGS["other_encoding"]
    yield from ((other, FINDINGS["other_encoding"]) for other in _decoded_and_encoded(body))
    yield str(body).encode(), FINDINGS["python_bytes_text"]
    for ascii_only in (True, False):
        yield json.dumps(text, ensure_ascii=ascii_only).encode(errors="replace"), FINDINGS["json_of_text"]
    for encoded in (base64.b64encode(body), base64.urlsafe_b64encode(body), base64.b64encode(body).rstrip(b"=")):
        yield encoded, FINDINGS["base64_body"]
    yield base64.encodebytes(body), FINDINGS["base64_body"]
    yield body.hex().encode(), FINDINGS["hex_body"]
    for escaped in (html.escape(text), html.escape(text, quote=False), html.escape(text).replace("&#x27;", "&#039;")):
        yield escaped.encode(errors="replace"), FINDINGS["html_escaped_body"]
    yield html.unescape(text).encode(errors="replace"), FINDINGS["html_escaped_body"]


def _decoded_and_encoded(body: bytes) -> Iterator[bytes]:
    """Encoding mistakes; ASCII bodies, as MAAC's are, are not affected."""
    for charset in CHARSETS:
        yield body.decode(charset, errors="replace").encode()
    yield from _in_other_charsets(body.decode(errors="replace"))
    yield body.decode("ascii", errors="replace").encode()
    yield body.decode(errors="replace").encode()
    yield body.decode(errors="ignore").encode()


def _in_other_charsets(text: str) -> Iterator[bytes]:
    for charset in CHARSETS:
        yield text.encode(charset, errors="replace")
        yield text.encode(charset, errors="ignore")


def _escapes_undone(body: bytes) -> Iterator[bytes]:
    """Unescaped as by Python's unicode_escape, PHP's stripslashes, or a regular expression for \\u."""
    try:
        undone = body.decode("unicode_escape")
        yield undone.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode(errors="replace")
        yield undone.encode("latin-1", errors="replace")
    except UnicodeDecodeError:
        pass
    yield body.replace(b"\\\\", b"\x00").replace(b"\\", b"").replace(b"\x00", b"\\")


def _of_parsed(body: bytes, value: Any) -> Iterator[Variation]:
    plain = json.loads(body)
    yield str(plain).encode(errors="replace"), FINDINGS["python_dict_text"]
    if not isinstance(value, dict) or "data" not in value:
        return
    data, found = value["data"], FINDINGS["data_only"]
    yield json_forms.write(data, Form()).encode(errors="replace"), found
    for writing in json_forms.other_writings(data, KNOWN.values() if len(body) < LARGE else MOST_USUAL):
        yield writing.text.encode(errors="replace"), found
    yield str(plain["data"]).encode(errors="replace"), found


def _as_form(body: bytes, value: Any) -> Iterator[Variation]:
    text = body.decode(errors="replace")
    for quoted in (urllib.parse.quote(text, safe=""), urllib.parse.quote(text), urllib.parse.quote_plus(text)):
        yield quoted.encode(), FINDINGS["percent_encoded_body"]
    for unquoted in (urllib.parse.unquote(text), urllib.parse.unquote_plus(text)):
        yield unquoted.encode(errors="replace"), FINDINGS["percent_encoded_body"]
    for written in (*_form_of_text(text), *(_form_of_value(value) if isinstance(value, dict) else ())):
        yield written.encode(errors="replace"), FINDINGS["form_parsed_body"]


def _form_of_text(text: str) -> Iterator[str]:
    """The whole body parsed as form fields, and serialised as a form or as JSON."""
    try:
        pairs = urllib.parse.parse_qsl(text, keep_blank_values=True)
    except ValueError:  # more fields than it takes
        return
    yield urllib.parse.urlencode(pairs)
    for form in (json_forms.RAW, json_forms.COMPACT, json_forms.PHP, Form()):
        yield json_forms.write(dict(pairs), form)


def _form_of_value(value: dict[str, Any]) -> Iterator[str]:
    """The parsed body as form fields: nested as in PHP, or with each value as JSON."""
    for numbers in ("kept", "shortest"):
        pairs = [*_bracketed("", value, numbers)]
        yield urllib.parse.urlencode(pairs)
        yield "&".join(f"{name}={text}" for name, text in pairs)
    for form in (Form(), json_forms.JAVASCRIPT, json_forms.RAW):
        fields = [(name, v if isinstance(v, str) else json_forms.write(v, form)) for name, v in value.items()]
        yield urllib.parse.urlencode(fields)
        yield "&".join(f"{name}={text}" for name, text in fields)
    yield urllib.parse.urlencode({name: v if isinstance(v, str) else "[object Object]" for name, v in value.items()})


def _bracketed(name: str, value: Any, numbers: str) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            inside: list[tuple[str, Any]] = list(value.items())
        case list():
            inside = [(str(index), item) for index, item in enumerate(value)]
        case None:  # http_build_query leaves null out
            return
        case bool():
            yield name, str(int(value))
            return
        case str():
            yield name, value
            return
        case _:
            yield name, json_forms.write(value, Form(numbers=numbers))
            return
    for key, item in inside:
        yield from _bracketed(f"{name}[{key}]" if name else key, item, numbers)


def _with_something_in_front(body: bytes, value: Any, idempotency_key: str | None) -> Iterator[Variation]:
    stamps = _stamps(value)
    for stamp in stamps:
        for front in (f"{stamp}.", f"v0:{stamp}:", stamp, f"{stamp}:", f"{stamp}\n", f"t={stamp}."):
            yield front.encode(errors="replace") + body, FINDINGS["timestamp_in_front"]
        yield body + stamp.encode(errors="replace"), FINDINGS["timestamp_in_front"]
    for key in (idempotency_key,) if idempotency_key else ():
        for front in (f"{key}.", key, f"{key}:", *(f"{key}.{stamp}." for stamp in stamps)):
            yield front.encode(errors="replace") + body, FINDINGS["key_in_front"]


def _stamps(value: Any) -> tuple[str, ...]:
    """The body's timestamp unchanged, in seconds and in milliseconds."""
    stamp = value.get("timestamp") if isinstance(value, dict) else None
    if not isinstance(stamp, str):
        return ()
    try:
        seconds = datetime.fromisoformat(stamp).timestamp()
    except (ValueError, OverflowError):
        return (stamp,)
    return (stamp, str(int(seconds)), str(int(seconds * 1000)))
