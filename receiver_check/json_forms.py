"""JSON as other programs serialise a parsed body: the same value in other bytes."""

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import product
from typing import Any

from maac_contract.sentences import gettext_noop

ESCAPES = re.compile(r"\\(u[0-9a-f]{4}|.)")
BRACKETS = re.compile(rb"[\[\]{}]")
DEEPEST = 100
"""Most levels of nesting, since serialisation is recursive."""
LONGEST_NUMBER = 1000
"""Most digits of an integer: Python refuses longer ones, and other languages parse them as infinity."""
UNESCAPED = json.JSONEncoder(ensure_ascii=False)
MARKUP = {"go": "<>&\u2028\u2029", "gson": "<>&='", "dotnet": "<>&'+`"}
SEPARATORS = {"spaced": (", ", ": "), "compact": (",", ":")}
INDENTS = {"indented by 2": "  ", "indented by 4": "    ", "indented by tabs": "\t"}


@dataclass(frozen=True)
class Form:
    """A JSON serialisation format. The defaults are MAAC's."""

    spacing: str = "spaced"
    characters: str = "escaped"
    slashes: str = "plain"
    markup: str = "plain"
    order: str = "kept"
    numbers: str = "kept"
    empty_objects: str = "kept"

    def differences(self) -> tuple[str, ...]:
        """The differences from MAAC's format, as sentences."""
        values = ((field.name, getattr(self, field.name), field.default) for field in fields(self))
        return tuple(DIFFERENCES[name, value] for name, value, usual in values if value != usual)


COMPACT = Form(spacing="compact")
RAW = replace(COMPACT, characters="raw")
JAVASCRIPT = replace(RAW, numbers="shortest")
GO_STRUCT = replace(JAVASCRIPT, markup="go")
PHP = replace(COMPACT, slashes="escaped", numbers="shortest")
PHP_PRETTY = replace(PHP, spacing="indented by 4")

KNOWN: dict[str, Form] = {
    "JavaScript: JSON.stringify(JSON.parse(body))": JAVASCRIPT,
    "JavaScript: JSON.stringify(value, null, 2)": replace(JAVASCRIPT, spacing="indented by 2"),
    "JavaScript: JSON.stringify(value, null, 4)": replace(JAVASCRIPT, spacing="indented by 4"),
    "Python: json.dumps(value, separators=(',', ':'))": COMPACT,
    "Python: json.dumps(value, ensure_ascii=False)": Form(characters="raw"),
    "Python: compact and ensure_ascii=False, as orjson, Starlette and FastAPI write": RAW,
    "Python: json.dumps(value, sort_keys=True)": Form(order="sorted"),
    "Python: Flask's jsonify": replace(COMPACT, order="sorted"),
    "Python: json.dumps(value, indent=2)": Form(spacing="indented by 2"),
    "Python: json.dumps(value, indent=4)": Form(spacing="indented by 4"),
    "Go: json.Marshal of a map": replace(GO_STRUCT, order="sorted"),
    "Go: json.Marshal of a struct": GO_STRUCT,
    "PHP: json_encode(json_decode($body))": PHP,
    "PHP: json_encode(json_decode($body, true))": replace(PHP, empty_objects="lists"),
    "PHP: json_encode with JSON_UNESCAPED_UNICODE": replace(PHP, characters="raw"),
    "PHP: json_encode with JSON_UNESCAPED_SLASHES": replace(PHP, slashes="plain"),
    "PHP: json_encode with JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES": JAVASCRIPT,
    "PHP: json_encode with JSON_PRESERVE_ZERO_FRACTION": replace(PHP, numbers="kept"),
    "PHP: json_encode with JSON_PRETTY_PRINT": PHP_PRETTY,
    "PHP: json_encode with JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE": replace(PHP_PRETTY, characters="raw"),
    "Ruby: JSON.generate(JSON.parse(body))": RAW,
    "Ruby on Rails: to_json": replace(RAW, markup="go"),
    "Java: Jackson's ObjectMapper": RAW,
    "Java: Gson": replace(RAW, markup="gson"),
    "Java: Gson, read as a Map": replace(RAW, markup="gson", numbers="floats"),
    "C#: Newtonsoft.Json": RAW,
    "C#: System.Text.Json": replace(COMPACT, characters="escaped in capitals", markup="dotnet"),
}
"""The programs that use each format."""

DIFFERENCES = {
    ("spacing", "compact"): gettext_noop("The spaces after commas and colons are gone."),
    ("spacing", "indented by 2"): gettext_noop("Line breaks and indentation of 2 were added."),
    ("spacing", "indented by 4"): gettext_noop("Line breaks and indentation of 4 were added."),
    ("spacing", "indented by tabs"): gettext_noop("Line breaks and tabs were added."),
    ("characters", "raw"): gettext_noop("Escapes such as \\u6625 were written out as characters."),
    ("characters", "escaped in capitals"): gettext_noop("Escapes such as \\u9ede became \\u9EDE."),
    ("slashes", "escaped"): gettext_noop("Slashes became \\/."),
    ("markup", "go"): gettext_noop("<, > and & became escapes such as \\u003c."),
    ("markup", "gson"): gettext_noop("<, >, &, = and ' became escapes such as \\u003d."),
    ("markup", "dotnet"): gettext_noop("Quotation marks, <, >, &, ', + and ` became escapes such as \\u0022."),
    ("order", "sorted"): gettext_noop("The keys were put in alphabetical order."),
    ("numbers", "shortest"): gettext_noop("Numbers such as 65.0 became 65."),
    ("numbers", "floats"): gettext_noop("Numbers such as 5 became 5.0."),
    ("empty_objects", "lists"): gettext_noop("Empty objects {} became lists []."),
}


@dataclass(frozen=True)
class Number:
    """A number with its original spelling."""

    text: str


def parse(body: bytes) -> Any:
    """The value of a JSON body with its numbers as written; ValueError for anything else."""
    if _depth(body) > DEEPEST:
        raise ValueError("nested too deeply")
    try:
        return json.loads(body, parse_int=_as_written, parse_float=_as_written)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _as_written(text: str) -> Number:
    if len(text) > LONGEST_NUMBER:
        raise ValueError("a number too long")
    return Number(text)


def _depth(body: bytes) -> int:
    """An upper bound of the nesting depth, since brackets in strings are counted as well."""
    depth = deepest = 0
    for found in BRACKETS.finditer(body):
        depth += 1 if found[0] in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


@cache
def every_form() -> tuple[Form, ...]:
    """All formats except MAAC's, those with the fewest differences first."""
    combinations = product(
        (*SEPARATORS, *INDENTS),
        ("escaped", "raw", "escaped in capitals"),
        ("plain", "escaped"),
        ("plain", *MARKUP),
        ("kept", "sorted"),
        ("kept", "shortest", "floats"),
    )
    forms = {*KNOWN.values(), *(Form(*values) for values in combinations)} - {Form()}
    return tuple(sorted(forms, key=lambda form: (len(form.differences()), form not in KNOWN.values(), str(form))))


@dataclass(frozen=True)
class Writing:
    """A serialised text that differs from MAAC's, its format, and programs that use it."""

    text: str
    form: Form
    programs: tuple[str, ...]


def other_writings(value: Any, forms: Iterable[Form]) -> Iterator[Writing]:
    """The value in each format that yields a different text."""
    strings: Strings = {}
    texts = {form: Writer(form, strings).write(value) for form in forms}
    seen = {Writer(Form(), strings).write(value)}
    for form, text in texts.items():
        if text not in seen:
            seen.add(text)
            yield Writing(text, form, tuple(name for name, known in KNOWN.items() if texts.get(known) == text))


def write(value: Any, form: Form) -> str:
    """Serialise a value from `parse` in this format."""
    return Writer(form, {}).write(value)


Strings = dict[tuple[str, str, str], dict[str, str]]
"""A cache of serialised strings for each string format, since most strings recur."""


class Writer:
    """Serialises values in one format. Writers can share the cache of strings."""

    def __init__(self, form: Form, strings: Strings) -> None:
        self._form = form
        self._indent = INDENTS.get(form.spacing)
        self._comma, self._colon = SEPARATORS.get(form.spacing, (",", ": "))
        self._strings = strings.setdefault((form.characters, form.slashes, form.markup), {})

    def write(self, value: Any, line: str = "\n") -> str:
        match value:
            case str():
                return self._string(value)
            case Number():
                return _number(value.text, self._form.numbers)
            case dict() if value or self._form.empty_objects == "kept":
                pairs = sorted(value.items()) if self._form.order == "sorted" else value.items()
                inner = self._deeper(line)
                return self._wrap(
                    "{}", (f"{self._string(k)}{self._colon}{self.write(v, inner)}" for k, v in pairs), line
                )
            case dict() | list():
                return self._wrap("[]", (self.write(item, self._deeper(line)) for item in value), line)
        return json.dumps(value)

    def _deeper(self, line: str) -> str:
        return line if self._indent is None else line + self._indent

    def _wrap(self, brackets: str, parts: Iterable[str], line: str) -> str:
        if self._indent is None:
            return f"{brackets[0]}{self._comma.join(parts)}{brackets[1]}"
        inner = self._deeper(line)
        content = f"{self._comma}{inner}".join(parts)
        return f"{brackets[0]}{inner}{content}{line}{brackets[1]}" if content else brackets

    def _string(self, text: str) -> str:
        if (known := self._strings.get(text)) is None:
            known = self._strings[text] = _string(text, self._form)
        return known


def _string(text: str, form: Form) -> str:
    written = json.dumps(text) if form.characters != "raw" else UNESCAPED.encode(text)
    if form.characters == "escaped in capitals":
        written = ESCAPES.sub(lambda found: found[0][:2] + found[0][2:].upper(), written)
    if form.markup == "dotnet":
        written = '"' + ESCAPES.sub(lambda found: "\\u0022" if found[0] == '\\"' else found[0], written[1:-1]) + '"'
    for char in MARKUP.get(form.markup, ""):
        code = f"\\u{ord(char):04x}"
        written = written.replace(char, code.upper().replace("U", "u") if form.markup == "dotnet" else code)
    return written.replace("/", "\\/") if form.slashes == "escaped" else written


def _number(text: str, numbers: str) -> str:
    if numbers == "kept":
        return text
    is_integer = text.lstrip("-").isdigit()
    if numbers == "shortest":
        return _shortest(text, is_integer)
    return f"{text}.0" if is_integer else text


def _shortest(text: str, is_integer: bool) -> str:
    """A double as ECMAScript and most other languages format it."""
    value = float(text)
    if not math.isfinite(value) or (is_integer and abs(value) < 2**53):
        return text
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    if 1e-6 <= abs(value) < 1e-4:
        return _plain(value)
    mantissa, letter, exponent = repr(value).partition("e")
    return f"{mantissa}{letter}{exponent[:1]}{exponent[1:].lstrip('0')}"


def _plain(value: float) -> str:
    """The shortest digits of a small number, without an exponent."""
    mantissa, _, exponent = repr(value).partition("e")
    sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    return f"{sign}0.{'0' * (-int(exponent) - 1)}{digits.replace('.', '')}"
