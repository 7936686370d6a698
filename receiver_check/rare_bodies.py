"""Further bytes that a receiver may have signed instead of the body; they are tried with the right key only."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Any
from urllib.parse import urlsplit

from maac_contract.sentences import gettext_noop
from receiver_check import json_forms
from receiver_check.findings import FINDINGS, Finding
from receiver_check.json_forms import KNOWN, Form

Variation = tuple[bytes, Finding]
LARGE = 32 * 1024
"""Bodies from this size are not written again in all of these ways."""
MOST_FIELDS = 4
"""Top-level fields whose order is permuted."""
SEPARATORS = (".", "", ":", "\n", "|", "-", "_", ",", " ", "&")
UNSET = ("undefined", "null", "None", "nil", "NaN")
"""A timestamp that the receiver reads from a header that MAAC does not send."""
USUAL_PATHS = ("/", "/webhook", "/webhook/", "/webhooks", "/webhooks/", "/hook", "/hooks", "/maac", "/api/webhook",
               "/api/webhooks", "/webhook/maac", "/webhooks/maac", "/callback")  # fmt: skip
CHARSETS = ("latin-1", "cp1252", "shift_jis", "cp932", "euc_jp", "big5", "cp950", "gbk", "gb18030")

REORDERED = gettext_noop("The fields were put in another order, as a struct or class declares them.")
NO_NULLS = gettext_noop("Fields that are null were left out, as with omitempty.")
LINE_ENDED = gettext_noop("A line break was added, as Go's json.Encoder does.")
GO_ENCODER = "Go: json.NewEncoder(w).Encode(value)"
GO_STRUCT = "Go: json.Marshal of a struct"


def variations(body: bytes, idempotency_key: str | None = None, url: str = "") -> Iterator[Variation]:
    """All candidates, likely ones first. `url` is the address that the request was sent to, if it is known."""
    value = _parsed(body)
    yield from _with_key(body, value, idempotency_key)
    yield from _with_timestamp(body, value)
    yield from _with_url(body, url)
    if value is None or len(body) >= LARGE:
        return
    yield from _as_structs_write(value)
    yield from _mojibake(value)


def _parsed(body: bytes) -> Any:
    try:
        return json_forms.parse(body)
    except ValueError:
        return None


# --- Something beside the body ---------------------------------------------------------------------------------------


def _beside(body: bytes, text: str, finding: Finding) -> Iterator[Variation]:
    """The text before and after the body, with each separator."""
    written = text.encode(errors="replace")
    for separator in SEPARATORS:
        yield written + separator.encode() + body, finding
        yield body + separator.encode() + written, finding


def _with_key(body: bytes, value: Any, key: str | None) -> Iterator[Variation]:
    if not key:
        return
    yield from _beside(body, key, FINDINGS["key_in_front"])
    for stamp in _stamps(value):
        for separator in SEPARATORS[:3]:
            for first, second in ((key, stamp), (stamp, key)):
                front = f"{first}{separator}{second}{separator}".encode(errors="replace")
                yield front + body, FINDINGS["key_in_front"]


def _with_timestamp(body: bytes, value: Any) -> Iterator[Variation]:
    for stamp in _stamps(value):
        yield from _beside(body, stamp, FINDINGS["timestamp_in_front"])
    for unset in UNSET:
        for separator in (".", ":"):
            yield f"{unset}{separator}".encode() + body, FINDINGS["timestamp_in_front"]
    yield b"." + body, FINDINGS["timestamp_in_front"]
    yield b":" + body, FINDINGS["timestamp_in_front"]


def _stamps(value: Any) -> tuple[str, ...]:
    """The body's timestamp in the notations of other programs."""
    stamp = value.get("timestamp") if isinstance(value, dict) else None
    if not isinstance(stamp, str):
        return ()
    try:
        moment = datetime.fromisoformat(stamp)
        seconds, utc = moment.timestamp(), moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return (stamp,)
    numbers = (str(int(seconds)), str(int(seconds * 1000)), str(round(seconds * 1_000_000)), str(seconds))
    in_utc = (f"{utc.isoformat(timespec=part)}Z" for part in ("auto", "milliseconds", "seconds"))
    times = (*in_utc, moment.isoformat(timespec="seconds"), f"{utc.isoformat()}+00:00", moment.isoformat(sep=" "))
    return tuple(dict.fromkeys((stamp, *numbers, *times)))


def _with_url(body: bytes, url: str) -> Iterator[Variation]:
    """The request's URL, or its parts, with the body. Without a URL, the paths that receivers usually have."""
    finding = FINDINGS["url_in_front"]
    for place in _places(url):
        yield from _beside(body, place, finding)
        for separator in ("\n", " ", "", ".", ":"):
            front = f"POST{separator}{place}{separator}"
            yield front.encode(errors="replace") + body, finding


def _places(url: str) -> Iterable[str]:
    parts = urlsplit(url)
    given = (url, url.rstrip("/"), parts.path, f"{parts.path}?{parts.query}", parts.netloc, parts.netloc + parts.path)
    return dict.fromkeys(place for place in (*given, *USUAL_PATHS) if place.strip("?"))


# --- JSON written again ----------------------------------------------------------------------------------------------


def _as_structs_write(value: Any) -> Iterator[Variation]:
    """In another order of fields, without null fields, and with the line break of Go's encoder."""
    forms = tuple(dict.fromkeys(KNOWN.values()))
    for changed, reasons in _changed(value):
        for form in (Form(), *forms):
            text = json_forms.write(changed, form)
            details = (*reasons, *form.differences())
            programs = (GO_STRUCT,) if reasons and form == json_forms.GO_STRUCT else ()
            if reasons:
                yield _written(text, details, programs)
            if form != Form():
                yield _written(f"{text}\n", (*details, LINE_ENDED), (GO_ENCODER,))


def _written(text: str, details: tuple[str, ...], programs: tuple[str, ...]) -> Variation:
    finding = replace(FINDINGS["reserialised_json"], details=details, seen_in=programs)
    return text.encode(errors="replace"), finding


def _changed(value: Any) -> Iterator[tuple[Any, tuple[str, ...]]]:
    yield value, ()
    without = _without_nulls(value)
    yield without, (NO_NULLS,)
    if not isinstance(value, dict) or not 1 < len(value) <= MOST_FIELDS:
        return
    for names in permutations(value):
        for inner, reasons in ((_kept, ()), (_sorted, ()), (_without_nulls, (NO_NULLS,))):
            yield {name: inner(value[name]) for name in names}, (REORDERED, *reasons)


def _kept(value: Any) -> Any:
    return value


def _sorted(value: Any) -> Any:
    """As a map is written inside a struct: its keys in alphabetical order."""
    match value:
        case dict():
            return {name: _sorted(value[name]) for name in sorted(value)}
        case list():
            return [_sorted(item) for item in value]
    return value


def _without_nulls(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_nulls(item) for name, item in value.items() if item is not None}
        case list():
            return [_without_nulls(item) for item in value]
    return value


# --- Text in two encodings -------------------------------------------------------------------------------------------


def _mojibake(value: Any) -> Iterator[Variation]:
    """Written as UTF-8, then read in another encoding and written as UTF-8; or characters beyond 16 bits damaged."""
    finding = FINDINGS["mojibake"]
    for form in (Form(characters="raw"), json_forms.RAW, json_forms.JAVASCRIPT, json_forms.GO_STRUCT):
        text = json_forms.write(value, form)
        if text.isascii():
            continue
        made = [
            *(text.encode(errors="replace").decode(charset, errors="replace").encode() for charset in CHARSETS),
            _as_browsers_read(text).encode(),
            *(text.encode(charset, errors="replace").decode(errors="replace").encode() for charset in CHARSETS),
            text.encode("utf-16", "surrogatepass").decode("utf-16-le", "replace").encode(errors="replace"),
            *(_beyond_16_bits(text, by) for by in ("?", "??", "????", "\ufffd", "\ufffd\ufffd", "")),
            _as_surrogates(text),
        ]
        yield from ((each, replace(finding, details=form.differences())) for each in dict.fromkeys(made))


def _as_browsers_read(text: str) -> str:
    """Windows-1252 as the web reads it, in which every byte has a character."""
    characters = []
    for byte in text.encode(errors="replace"):
        try:
            characters.append(bytes([byte]).decode("cp1252"))
        except UnicodeDecodeError:
            characters.append(chr(byte))
    return "".join(characters)


def _beyond_16_bits(text: str, by: str) -> bytes:
    return "".join(by if ord(char) > 0xFFFF else char for char in text).encode(errors="replace")


def _as_surrogates(text: str) -> bytes:
    """CESU-8: each half of a surrogate pair encoded by itself."""
    pairs = text.encode("utf-16-le", "surrogatepass")
    units = (int.from_bytes(pairs[at : at + 2], "little") for at in range(0, len(pairs), 2))
    return "".join(map(chr, units)).encode(errors="surrogatepass")
