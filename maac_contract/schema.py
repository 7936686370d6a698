"""Classes that describe a payload: they validate a JSON value strictly, normalise it, and export JSON Schema."""

import difflib
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, TypedDict

from maac_contract.sentences import Sentence
from maac_contract.sentences import gettext_noop as _
from maac_contract.validation import (
    LARGEST_INTEGER,
    SHOWN_LENGTH,
    SMALLEST_INTEGER,
    UNSENDABLE,
    Path,
    PayloadErrors,
    describe,
    fits_64_bits,
    quote,
)

Schema = dict[str, Any]


class Source(StrEnum):
    """Where a fact comes from: MAAC's public documentation, or a choice where it says nothing."""

    DOCUMENTED = "documented"
    CHOSEN = "chosen"


class Row(TypedDict):
    """One row of a documentation table."""

    path: str
    type: str
    nullable: bool
    source: str
    description: str


class Shape(ABC):
    """The type of a value. A subclass defines what it accepts, its name in error messages, and its JSON Schema."""

    @abstractmethod
    def accepts(self, value: Any) -> bool:
        """Whether the value itself is valid; the contents of containers are validated by `take`."""

    @abstractmethod
    def wanted(self) -> Sentence:
        """The name of the type, to follow "Expected" in an error message."""

    @abstractmethod
    def schema(self) -> Schema:
        """The JSON Schema, as far as it can express the type."""

    def kind(self) -> str:
        """The name of the type in documentation tables."""
        return str(self.schema()["type"])

    def rows(self, path: str) -> Iterator[Row]:  # noqa: ARG002
        """The documentation rows of the fields inside this type."""
        return iter(())

    def read(self, value: object, path: Path, faults: PayloadErrors, nullable: bool = False) -> object:
        """The value as it is to be sent. An invalid value is added to `faults` and returned unchanged."""
        if not (value is None and nullable) and not self.accepts(value):
            wanted, got = or_null(self.wanted(), nullable), describe(value)
            faults.add(path, Sentence(_("Expected %(wanted)s, got %(got)s."), wanted=wanted, got=got))
        return value


class Normalised(Shape):
    """A type that converts the values it accepts: containers, and integers that become floats."""

    @abstractmethod
    def take(self, value: Any, path: Path, faults: PayloadErrors) -> object:
        """The normalised form of an accepted value; containers add the errors of their contents to `faults`."""

    def read(self, value: object, path: Path, faults: PayloadErrors, nullable: bool = False) -> object:
        if self.accepts(value):
            return self.take(value, path, faults)
        return super().read(value, path, faults, nullable)


@dataclass(frozen=True)
class Text(Shape):
    """Text: free, or one that matches `pattern` as a whole and that `parse` accepts."""

    pattern: str = ""
    like: str = _("text")
    parse: Callable[[str], object] | None = None

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def accepts(self, value: Any) -> bool:
        return (
            isinstance(value, str)
            # `isprintable` is fast, and printable text never matches UNSENDABLE.
            and (value.isprintable() or not UNSENDABLE.search(value))
            and (not self.pattern or self.compiled.fullmatch(value) is not None)
            and (self.parse is None or parses(self.parse, value))
        )

    def wanted(self) -> Sentence:
        return Sentence(self.like)

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^(?:{self.pattern})$"} if self.pattern else {"type": "string"}


@dataclass(frozen=True)
class Word(Shape):
    """One of a few words."""

    choices: tuple[str, ...]

    def accepts(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.choices

    def wanted(self) -> Sentence:
        return Sentence(_("one of %(words)s"), words=", ".join(map(quote, self.choices)))

    def schema(self) -> Schema:
        return {"type": "string", "enum": list(self.choices)}


@dataclass(frozen=True)
class Integer(Shape):
    """An integer within 64 bits; `true` and `1.0` are not accepted."""

    def accepts(self, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and fits_64_bits(value)

    def wanted(self) -> Sentence:
        return Sentence(_("a whole number"))

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": SMALLEST_INTEGER, "maximum": LARGEST_INTEGER}


@dataclass(frozen=True)
class Float(Normalised):
    """A finite number, sent with a decimal point; an integer is accepted if a float represents it exactly."""

    def accepts(self, value: Any) -> bool:
        if isinstance(value, float):
            return math.isfinite(value)
        return isinstance(value, int) and not isinstance(value, bool) and fits_64_bits(value) and float(value) == value

    def wanted(self) -> Sentence:
        return Sentence(_("a finite number that a 64-bit float holds exactly"))

    def schema(self) -> Schema:
        return {"type": "number"}

    def kind(self) -> str:
        return "float"

    def take(self, value: Any, path: Path, faults: PayloadErrors) -> float:  # noqa: ARG002
        return float(value)


@dataclass(frozen=True)
class Boolean(Shape):
    """`true` or `false`."""

    def accepts(self, value: Any) -> bool:
        return isinstance(value, bool)

    def wanted(self) -> Sentence:
        return Sentence(_("true or false"))

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Null(Shape):
    """A field that is always `null`."""

    def accepts(self, value: Any) -> bool:
        return value is None

    def wanted(self) -> Sentence:
        return Sentence(_("null"))

    def schema(self) -> Schema:
        return {"type": "null"}


@dataclass(frozen=True)
class ListOf(Normalised):
    """A list, which may be empty, of items of one type."""

    item: Shape

    def accepts(self, value: Any) -> bool:
        return isinstance(value, list)

    def wanted(self) -> Sentence:
        return Sentence(_("a list"))

    def schema(self) -> Schema:
        return {"type": "array", "items": self.item.schema()}

    def kind(self) -> str:
        return f"list of {self.item.kind()}"

    def take(self, value: Any, path: Path, faults: PayloadErrors) -> list[object]:
        taken: list[object] = []
        for item in value:
            taken.append(self.item.read(item, (path, len(taken)), faults))
        return taken

    def rows(self, path: str) -> Iterator[Row]:
        return self.item.rows(f"{path}[]")


@dataclass(frozen=True)
class MapOf(Normalised):
    """An object with any keys and values of one type; its order is kept."""

    value: Shape

    def accepts(self, value: Any) -> bool:
        return isinstance(value, dict)

    def wanted(self) -> Sentence:
        return Sentence(_("an object"))

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": self.value.schema()}

    def kind(self) -> str:
        return f"map of {self.value.kind()}"

    def take(self, value: Any, path: Path, faults: PayloadErrors) -> dict[str, object]:
        for key in filter(UNSENDABLE.search, value):
            faults.add((path, key), Sentence(_("Expected a key of plain text, got %(got)s."), got=describe(key)))
        return {key: self.value.read(item, (path, key), faults) for key, item in value.items()}


@dataclass(frozen=True)
class Field:
    """A field of a record, with its description and the source of its definition."""

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
class Record(Normalised):
    """An object with exactly these fields, sent in this order."""

    fields: tuple[Field, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def accepts(self, value: Any) -> bool:
        return isinstance(value, dict)

    def wanted(self) -> Sentence:
        return Sentence(_("an object"))

    def schema(self) -> Schema:
        return {
            "type": "object",
            "properties": {field.name: field.schema() for field in self.fields},
            "required": list(self.names),
            "additionalProperties": False,
        }

    def take(self, value: Any, path: Path, faults: PayloadErrors) -> dict[str, object]:
        taken = {}
        for field in self.fields:
            name = field.name
            if name in value:
                taken[name] = field.shape.read(value[name], (path, name), faults, field.nullable)
            else:
                wanted = or_null(field.shape.wanted(), field.nullable)
                faults.add((path, name), Sentence(_("Expected %(wanted)s, got nothing: it is missing."), wanted=wanted))
        if len(taken) < len(value):
            self.report_unknown(value, path, faults)
        return taken

    def report_unknown(self, value: Any, path: Path, faults: PayloadErrors) -> None:
        for name in value:
            # Searching for similar names is slow, so stop at the error limit: a payload may have a million fields.
            if name not in self.names and not faults.full:
                faults.add((path, name), self.unknown(name))

    def unknown(self, name: str) -> str:
        # Shortened, since comparing very long names would take long.
        near = difflib.get_close_matches(name[:SHOWN_LENGTH], self.names, n=1)
        if not near:
            return Sentence(_("Expected no such field."))
        return Sentence(_("Expected no such field; did you mean %(name)s?"), name=quote(near[0]))

    def rows(self, path: str) -> Iterator[Row]:
        for field in self.fields:
            here = f"{path}.{field.name}" if path else field.name
            yield field.row(here)
            yield from field.shape.rows(here)


def parses(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except ValueError:
        return False
    return True


def or_null(wanted: Sentence, nullable: bool) -> Sentence:
    return Sentence(_("%(wanted)s or null"), wanted=wanted) if nullable else wanted
