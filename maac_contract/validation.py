"""Errors in a payload (path, expected and actual value) and the characters and numbers that no payload may contain."""

import json
import re
from typing import NamedTuple, TypeAlias

from maac_contract.sentences import Sentence
from maac_contract.sentences import gettext_noop as _

FAULT_LIMIT = 50
SHOWN_LENGTH = 60
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**63 - 1

# PostgreSQL stores no NUL in text, and a lone surrogate has no UTF-8 form.
UNSENDABLE = re.compile("[\0\ud800-\udfff]")

# The path to a value as nested tuples, innermost step last; formatted only for errors, so a valid payload costs little.
Path: TypeAlias = "tuple[Path, str | int] | None"


class PayloadError(NamedTuple):
    """One error in a payload: the path of the value, and a sentence with the expected and the actual value."""

    path: str
    reason: str


class PayloadErrors:
    """Collects errors in the order in which they are found, up to `FAULT_LIMIT`."""

    def __init__(self) -> None:
        self.found: list[PayloadError] = []

    @property
    def full(self) -> bool:
        return len(self.found) >= FAULT_LIMIT

    def add(self, path: Path, reason: str) -> None:
        if not self.full:
            self.found.append(PayloadError(spell(path), reason))


def fits_64_bits(value: int) -> bool:
    return SMALLEST_INTEGER <= value <= LARGEST_INTEGER


def spell(path: Path) -> str:
    """The path as text: `data.items[0].amount`; a name that is not an identifier is quoted in brackets."""
    return "data" if path is None else spell(path[0]) + spell_step(path[1])


def spell_step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if step.isidentifier() and len(step) <= SHOWN_LENGTH else f"[{quote(step)}]"


def quote(text: str) -> str:
    """The text as a JSON string, shortened to `SHOWN_LENGTH`; escaped only if it holds UNSENDABLE characters."""
    shown = text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"
    return json.dumps(shown, ensure_ascii=UNSENDABLE.search(shown) is not None)


def describe(value: object) -> str:
    """A value in a few words, to follow "got" in an error message; contents of lists and objects are not examined."""
    if isinstance(value, str):
        return describe_text(value)
    if isinstance(value, list):
        return Sentence(_("a list of %(count)s"), count=len(value))
    if isinstance(value, dict):
        return Sentence(_("an object"))
    if isinstance(value, int) and not fits_64_bits(value):
        return Sentence(_("a whole number beyond 64 bits"))
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return Sentence(_("the number %(number)s"), number=value)


def describe_text(value: str) -> str:
    bad = UNSENDABLE.search(value)
    if bad is None:
        return Sentence(_("the text %(text)s"), text=quote(value))
    if bad[0] == "\0":
        return Sentence(_("text with a NUL character at position %(position)s"), position=bad.start())
    return Sentence(_("text with a lone surrogate at position %(position)s"), position=bad.start())
