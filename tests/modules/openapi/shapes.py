"""How the body of an answer is described, and where a value differs from a description.

{"id": NUM, "name": STR}   an object with just these keys, in this order
[shape]                    a list with at least one entry, each of this shape
[]                         an empty list
NUM, or_null(STR), …       a Kind: any value that it accepts
"done", 1, None, True      just this value
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Kind:
    """A description of values, for failures, and whether a value is one of them."""

    name: str
    accepts: Callable[[Any], bool]

    def __repr__(self) -> str:
        return self.name


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_day(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None and bool(_day(value))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def matching(pattern: str) -> Kind:
    """Text that matches as a whole."""
    compiled = re.compile(pattern, re.DOTALL)
    return Kind(
        f"text matching {pattern}", lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None
    )


def one_of(*values: Any) -> Kind:
    return Kind(f"one of {values}", lambda value: any(value == each and type(value) is type(each) for each in values))


def or_null(kind: Kind) -> Kind:
    return Kind(f"{kind} or null", lambda value: value is None or kind.accepts(value))


def list_of(shape: Any) -> Kind:
    """A list that may be empty."""
    return Kind(f"list of {shape}", lambda value: isinstance(value, list) and not any(faults(e, shape) for e in value))


def either(*shapes: Any) -> Kind:
    """A value of one of the shapes."""
    return Kind(f"either of {shapes}", lambda value: any(not faults(value, shape) for shape in shapes))


NUM = Kind("number", _is_number)
STR = Kind("text", lambda value: isinstance(value, str))
BOOL = Kind("true or false", lambda value: isinstance(value, bool))
DAY = Kind("a day YYYY-MM-DD", _is_day)
MICROSECONDS = matching(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?[+-]\d\d:\d\d")
SECONDS = matching(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
HOURS_OFFSET = matching(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d")
"""The offset in hours alone, as in taggings and segments."""
ANYTHING = Kind("anything", lambda _value: True)


def faults(value: Any, shape: Any, where: str = "body") -> list[str]:
    """Where a value differs from its shape."""
    if isinstance(shape, Kind):
        return [] if shape.accepts(value) else [f"{where}: {value!r} is not {shape}"]
    if isinstance(shape, dict):
        if not isinstance(value, dict) or list(value) != list(shape):
            return [f"{where}: {value!r} has not just the keys {list(shape)} in this order"]
        return [fault for name, inner in shape.items() for fault in faults(value[name], inner, f"{where}.{name}")]
    if isinstance(shape, list):
        if not isinstance(value, list) or bool(value) is not bool(shape):
            return [f"{where}: {value!r} is not a list like {shape}"]
        return [fault for number, each in enumerate(value) for fault in faults(each, shape[0], f"{where}[{number}]")]
    return [] if value == shape and type(value) is type(shape) else [f"{where}: {value!r} is not {shape!r}"]
