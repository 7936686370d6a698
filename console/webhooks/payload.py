"""Strict parsing of the JSON of a test event, with the position of each error."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from console.templatetags.console import translated
from maac_contract import contract


class Unreadable(ValueError):
    """Not JSON; `place` is the line and column of the error, if known."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(reason)
        self.reason, self.place = reason, place


@dataclass(frozen=True, slots=True)
class PayloadProblem:
    """What is wrong and where: a path such as `data.items[0].amount`, or a line and column."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The payload as MAAC would send it; not to be sent if there are faults. `size` is the body's size in bytes."""

    data: dict[str, Any]
    faults: list[PayloadProblem]
    size: int = 0


def check(topic: str, text: str) -> Checked:
    try:
        typed = read(text)
    except Unreadable as error:
        return Checked({}, [PayloadProblem(error.place, error.reason)])
    data, faults = contract.check(topic, typed)
    if faults:
        return Checked(data, [PayloadProblem(fault.path, translated(fault.reason)) for fault in faults])
    return Checked(data, [], size(topic, data))


def size(topic: str, data: dict[str, Any]) -> int:
    """Bytes of the whole body; a timestamp always has the same length."""
    return len(contract.serialise(timestamp="2026-03-04T18:22:09.004200+08:00", topic=topic, data=data))


def pretty(data: object) -> str:
    """Indented JSON; parsing it gives the same data."""
    return json.dumps(data, indent=2, ensure_ascii=False)


def read(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        place = _("line %(line)s, column %(column)s") % {"line": error.lineno, "column": error.colno}
        raise Unreadable(_syntax(error), place) from error
    except RecursionError as error:
        raise Unreadable(_("It is nested too deeply.")) from error
    except Unreadable:
        raise
    except ValueError as error:
        raise Unreadable(_("A number is too long.")) from error


def _no_number(name: str) -> NoReturn:
    raise Unreadable(_("%(name)s is no number in JSON.") % {"name": name})


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        ((twice, _times),) = Counter(name for name, _value in pairs).most_common(1)
        raise Unreadable(_("The key %(name)s is there twice in one object.") % {"name": json.dumps(twice)})
    return made


def _syntax(error: json.JSONDecodeError) -> str:
    """A translated message for Python's English one."""
    sentences = {
        "Expecting value": _("A value is missing or is not valid JSON. Strings need double quotes."),
        "Expecting property name": _("A key in double quotes is missing; there must be no comma before it closes."),
        "Expecting ',' delimiter": _("A comma or a closing bracket is missing."),
        "Expecting ':' delimiter": _("A colon is missing after the key."),
        "Illegal trailing comma": _("There is a comma before the closing bracket."),
        "Extra data": _("There is more text after the end of the JSON value."),
        "Unterminated string": _("The string that begins here is not closed."),
        "Invalid control character": _(
            "There is a line break or another control character in a text; write \\n for it."
        ),
        "Invalid \\": _("There is no such escape; write \\\\ for a backslash."),
    }
    known = (sentence for start, sentence in sentences.items() if error.msg.startswith(start))
    return next(known, _("This is not JSON."))
