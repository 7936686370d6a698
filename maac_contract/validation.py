"""What is wrong with a payload, in words: where it is, what was expected, what came. Also what no payload may hold."""

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

# The way to a value from the inside out; a step costs one small tuple, and only a fault spells it.
Path: TypeAlias = "tuple[Path, str | int] | None"


class PayloadError(NamedTuple):
    """One thing wrong with a payload: where it is, and what was expected against what came."""

    path: str
    reason: str


class PayloadErrors:
    """Collects faults in the order they are met, up to the limit."""

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
    """The path as people write it: `data.items[0].amount`; a name that is no plain word stands quoted in brackets."""
    return "data" if path is None else spell(path[0]) + spell_step(path[1])


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
