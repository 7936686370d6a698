"""The words a payload is described in: shapes that read a JSON value strictly and state themselves as JSON Schema."""

import difflib
import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple, TypedDict

FAULT_LIMIT = 50
SHOWN_LENGTH = 60
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**63 - 1

# PostgreSQL stores no NUL in text, and a lone surrogate has no UTF-8 form.
UNSENDABLE = re.compile("[\0\ud800-\udfff]")

Path = tuple[str | int, ...]
Schema = dict[str, Any]


class Source(StrEnum):
    """Where a fact comes from: MAAC's public documents, or a choice made where they are silent."""

    DOCUMENTED = "documented"
    CHOSEN = "chosen"


class Fault(NamedTuple):
    """One thing wrong with a payload: where it is, and what was expected against what came."""

    path: str
    reason: str


class Row(TypedDict):
    """One line of a documentation table."""

    path: str
    type: str
    nullable: bool
    source: str
    description: str


class Faults:
    """Collects faults in the order they are met, up to the limit."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    @property
    def full(self) -> bool:
        return len(self.found) >= FAULT_LIMIT

    def add(self, path: Path, reason: str) -> None:
        if not self.full:
            self.found.append(Fault(spell(path), reason))


class Shape(ABC):
    """What a value must look like. A new shape says what it accepts, how it is named in a fault, and its schema."""

    @abstractmethod
    def accepts(self, value: Any) -> bool:
        """Whether the value itself fits; what is inside it is judged by `take`."""

    @abstractmethod
    def wanted(self) -> str:
        """The shape in words, to follow "Expected"."""

    @abstractmethod
    def schema(self) -> Schema:
        """The shape as JSON Schema, as far as JSON Schema can say it."""

    def kind(self) -> str:
        """The type's name in documentation tables."""
        return str(self.schema()["type"])

    def take(self, value: Any, path: Path, faults: Faults) -> object:  # noqa: ARG002
        """The normalised form of an accepted value; containers report here what is wrong inside."""
        return value

    def rows(self, path: str) -> Iterator[Row]:  # noqa: ARG002
        """The documentation rows of the fields below this shape."""
        return iter(())

    def read(self, value: object, path: Path, faults: Faults, *, nullable: bool = False) -> object:
        """The normalised value; what does not fit is reported and comes back as it was."""
        if value is None and nullable:
            return None
        if self.accepts(value):
            return self.take(value, path, faults)
        faults.add(path, f"Expected {or_null(self.wanted(), nullable)}, got {describe(value)}.")
        return value


@dataclass(frozen=True)
class Text(Shape):
    """Text, free or held to a pattern (of the whole text), to a list of choices, or to what `parse` can read."""

    pattern: str = ""
    choices: tuple[str, ...] = ()
    like: str = "text"
    parse: Callable[[str], object] | None = None

    def accepts(self, value: Any) -> bool:
        return (
            isinstance(value, str)
            and not UNSENDABLE.search(value)
            and (not self.pattern or re.fullmatch(self.pattern, value) is not None)
            and (not self.choices or value in self.choices)
            and (self.parse is None or parses(self.parse, value))
        )

    def wanted(self) -> str:
        return "one of " + ", ".join(map(quote, self.choices)) if self.choices else self.like

    def schema(self) -> Schema:
        schema: Schema = {"type": "string"}
        if self.pattern:
            schema["pattern"] = f"^(?:{self.pattern})$"
        if self.choices:
            schema["enum"] = list(self.choices)
        return schema


@dataclass(frozen=True)
class Integer(Shape):
    """A whole number that fits 64 bits; `true` and `1.0` are none."""

    def accepts(self, value: Any) -> bool:
        return is_integer(value) and fits_64_bits(value)

    def wanted(self) -> str:
        return "a whole number"

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": SMALLEST_INTEGER, "maximum": LARGEST_INTEGER}


@dataclass(frozen=True)
class Float(Shape):
    """A finite number, sent with a decimal point; a whole number is taken where a float holds it exactly."""

    def accepts(self, value: Any) -> bool:
        if is_integer(value):
            return fits_64_bits(value) and float(value) == value
        return isinstance(value, float) and math.isfinite(value)

    def wanted(self) -> str:
        return "a finite number that a 64-bit float holds exactly"

    def schema(self) -> Schema:
        return {"type": "number"}

    def kind(self) -> str:
        return "float"

    def take(self, value: Any, path: Path, faults: Faults) -> float:  # noqa: ARG002
        return float(value)


@dataclass(frozen=True)
class Boolean(Shape):
    """`true` or `false`."""

    def accepts(self, value: Any) -> bool:
        return isinstance(value, bool)

    def wanted(self) -> str:
        return "true or false"

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Null(Shape):
    """A field that is always `null`."""

    def accepts(self, value: Any) -> bool:
        return value is None

    def wanted(self) -> str:
        return "null"

    def schema(self) -> Schema:
        return {"type": "null"}


@dataclass(frozen=True)
class ListOf(Shape):
    """A list, empty or not, of one shape."""

    item: Shape

    def accepts(self, value: Any) -> bool:
        return isinstance(value, list)

    def wanted(self) -> str:
        return "a list"

    def schema(self) -> Schema:
        return {"type": "array", "items": self.item.schema()}

    def kind(self) -> str:
        return f"list of {self.item.kind()}"

    def take(self, value: Any, path: Path, faults: Faults) -> list[object]:
        return [self.item.read(item, (*path, index), faults) for index, item in enumerate(value)]

    def rows(self, path: str) -> Iterator[Row]:
        return self.item.rows(f"{path}[]")


@dataclass(frozen=True)
class MapOf(Shape):
    """An object whose keys are free text and whose values have one shape; it keeps the order it came in."""

    value: Shape

    def accepts(self, value: Any) -> bool:
        return isinstance(value, dict)

    def wanted(self) -> str:
        return "an object"

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": self.value.schema()}

    def kind(self) -> str:
        return f"map of {self.value.kind()}"

    def take(self, value: Any, path: Path, faults: Faults) -> dict[str, object]:
        for key in filter(UNSENDABLE.search, value):
            faults.add((*path, key), f"Expected a key of plain text, got {describe(key)}.")
        return {key: self.value.read(item, (*path, key), faults) for key, item in value.items()}


@dataclass(frozen=True)
class Field:
    """A named place in a record, with what it means and where we know it from."""

    name: str
    shape: Shape
    nullable: bool = False
    source: Source = Source.DOCUMENTED
    description: str = ""

    def schema(self) -> Schema:
        schema = self.shape.schema()
        if self.nullable:
            schema["type"] = [schema["type"], "null"]
        if self.nullable and "enum" in schema:
            schema["enum"].append(None)
        return {**schema, "description": self.description, "x-source": self.source.value}

    def row(self, path: str) -> Row:
        return Row(
            path=path,
            type=self.shape.kind(),
            nullable=self.nullable,
            source=self.source.value,
            description=self.description,
        )


@dataclass(frozen=True)
class Record(Shape):
    """An object with exactly these fields, sent in this order."""

    fields: tuple[Field, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def accepts(self, value: Any) -> bool:
        return isinstance(value, dict)

    def wanted(self) -> str:
        return "an object"

    def schema(self) -> Schema:
        return {
            "type": "object",
            "properties": {field.name: field.schema() for field in self.fields},
            "required": list(self.names),
            "additionalProperties": False,
        }

    def take(self, value: Any, path: Path, faults: Faults) -> dict[str, object]:
        taken = {}
        for field in self.fields:
            here = (*path, field.name)
            if field.name in value:
                taken[field.name] = field.shape.read(value[field.name], here, faults, nullable=field.nullable)
            else:
                faults.add(
                    here, f"Expected {or_null(field.shape.wanted(), field.nullable)}, got nothing: it is missing."
                )
        for name in value:
            # Seeking the nearest name is slow: stop before a payload of a million unknown fields makes it matter.
            if name not in self.names and not faults.full:
                faults.add((*path, name), self.unknown(name))
        return taken

    def unknown(self, name: str) -> str:
        # A name far longer than any of ours is not a slip, and comparing it would take long.
        near = difflib.get_close_matches(name[:SHOWN_LENGTH], self.names, n=1)
        return f"Expected no such field{f'; did you mean {quote(near[0])}?' if near else '.'}"

    def rows(self, path: str) -> Iterator[Row]:
        for field in self.fields:
            here = f"{path}.{field.name}" if path else field.name
            yield field.row(here)
            yield from field.shape.rows(here)


def is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def fits_64_bits(value: int) -> bool:
    return SMALLEST_INTEGER <= value <= LARGEST_INTEGER


def parses(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except ValueError:
        return False
    return True


def or_null(wanted: str, nullable: bool) -> str:
    return f"{wanted} or null" if nullable else wanted


def spell(path: Path) -> str:
    """The path as people write it: `data.items[0].amount`; a name that is no plain word stands quoted in brackets."""
    return "data" + "".join(spell_step(step) for step in path)


def spell_step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if step.isidentifier() and len(step) <= SHOWN_LENGTH else f"[{quote(step)}]"


def quote(text: str) -> str:
    """The text in JSON's quotes, shortened, readable unless it holds what cannot be shown."""
    shown = text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"
    return json.dumps(shown, ensure_ascii=UNSENDABLE.search(shown) is not None)


def describe(value: object) -> str:
    """A value in few words, to follow "got"; never looks inside a list or an object, however deep they are."""
    if isinstance(value, str):
        return describe_text(value)
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, int) and not fits_64_bits(value):
        return "a whole number beyond 64 bits"
    return json.dumps(value) if value is None or isinstance(value, bool) else f"the number {value}"


def describe_text(value: str) -> str:
    if bad := UNSENDABLE.search(value):
        name = "a NUL character" if bad[0] == "\0" else "a lone surrogate"
        return f"text with {name} at position {bad.start()}"
    return f"the text {quote(value)}"
