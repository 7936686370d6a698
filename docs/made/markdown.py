"""Markdown for sentences, tables and code that were not written as Markdown."""

import re
from collections.abc import Iterable, Sequence

CODE_SPAN = re.compile(r"(`[^`]*`)")
SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "*": "\\*", "[": "\\[", "]": "\\]", "|": "&#124;"})
ANCHOR = re.compile(r"[^a-z0-9]+")


def prose(text: str) -> str:
    """A plain sentence; what stands in backticks stays code."""
    parts = CODE_SPAN.split(" ".join(text.split()))
    return "".join(code(part[1:-1]) if part.startswith("`") else part.translate(SPECIAL) for part in parts)


def code(text: object) -> str:
    """Short code in a line, also in the cell of a table."""
    return f"`{text}`".replace("|", "\\|") if f"{text}" else ""


def block(text: str, language: str = "") -> str:
    """Code of its own, whatever fences it has inside."""
    return f"````{language}\n{text.rstrip()}\n````"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown; a line break in one becomes a space."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(' '.join(cell.split()) for cell in line)} |" for line in lines)


def heading(level: int, title: str, anchor: str, short: str = "") -> str:
    """A heading with a place of its own, and what the table of contents calls it, if something shorter."""
    label = f' data-toc-label="{short}"' if short else ""
    return f"{'#' * level} {title} {{ #{slug(anchor)}{label} }}"


def slug(text: str) -> str:
    """A text as the name of a place in a page."""
    return ANCHOR.sub("-", text.lower()).strip("-")


def page(parts: Iterable[str]) -> str:
    """Blocks below each other; empty ones are left out."""
    return "\n\n".join(part for part in parts if part)
