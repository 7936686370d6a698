"""Texts that are written elsewhere in the project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def text(path: str) -> str:
    """A Markdown file without its first heading."""
    return (ROOT / path).read_text().split("\n", 1)[1].strip()
