"""What a mutant is: a good program, its bug in a sentence, and the lines that are changed."""

from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Mutant:
    """A receiver with one bug. `changes` are pairs of text in the program and what stands there instead."""

    name: str
    bug: str
    program: str
    changes: tuple[tuple[str, str], ...] = ()

    def source(self) -> str:
        """The program with the bug in it. ValueError if it has no such lines, or has them twice."""
        text = (PROGRAMS / f"{self.program}.py").read_text()
        for old, new in self.changes:
            if text.count(old) != 1:
                raise ValueError(f"{self.name}: the program has {text.count(old)} times: {old}")
            text = text.replace(old, new)
        return text


def planted(program: str, name: str, bug: str, *lines: str) -> Mutant:
    """A mutant whose lines alternate: the old text, the new one."""
    return Mutant(name, bug, program, tuple(zip(lines[::2], lines[1::2], strict=True)))
