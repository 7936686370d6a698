"""The words of a page, and a language that shows which of them no translation gave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import django
import polib

ROOT = Path(__file__).resolve().parent.parent
MARKED = ("⟦", "⟧")
"""What stands around every translated string in the language that only tests speak."""
SAID = ("title", "aria-label", "aria-description", "aria-valuetext", "placeholder", "alt")
"""Attributes that are shown or spoken; with them goes every data attribute, which scripts take words from."""
CODE = ("script", "style", "pre", "code", "kbd", "samp", "textarea")
VOID = ("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr")


def marked_catalogue() -> polib.POFile:
    """A translation of our strings and of Django's into a language in which each is the English one between marks."""
    made = polib.POFile()
    made.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    known = set()
    ours = polib.pofile(str(ROOT / "locale" / "ja" / "LC_MESSAGES" / "django.po"))
    for entry in [*ours, *_djangos()]:
        if (entry.msgctxt, entry.msgid) not in known:
            known.add((entry.msgctxt, entry.msgid))
            made.append(_marked(entry))
    return made


def _djangos() -> Iterator[polib.POEntry]:
    for path in Path(django.__file__).parent.glob("**/locale/en/LC_MESSAGES/django.po"):
        yield from polib.pofile(str(path))


def _marked(entry: polib.POEntry) -> polib.POEntry:
    def mark(text: str) -> str:
        return f"{MARKED[0]}{text}{MARKED[1]}"

    if entry.msgid_plural:
        forms = {0: mark(entry.msgid), 1: mark(entry.msgid_plural)}
        return polib.POEntry(
            msgctxt=entry.msgctxt, msgid=entry.msgid, msgid_plural=entry.msgid_plural, msgstr_plural=forms
        )
    return polib.POEntry(msgctxt=entry.msgctxt, msgid=entry.msgid, msgstr=mark(entry.msgid))


def unmarked(html: str) -> list[str]:
    """The words of a page that no translation gave, wherever they are shown or spoken; code is left out."""
    reader = _Reader()
    reader.feed(html)
    return [text for shown in reader.shown for text in _outside(shown) if any(letter.isalpha() for letter in text)]


def _outside(pieces: Iterable[str]) -> Iterator[str]:
    """What stands between no marks; a translated sentence may run over several pieces."""
    depth, found = 0, ""
    for piece in pieces:
        for letter in piece:
            if letter == MARKED[0]:
                depth += 1
            elif letter == MARKED[1]:
                depth -= 1
                assert depth >= 0, piece
            elif not depth:
                found += letter
        yield " ".join(found.split())
        found = ""
    assert depth == 0, "a translated string is cut off: " + " ".join("".join(pieces).split())[-300:]


class _Reader(HTMLParser):
    """Collects the pieces of text of a page, and each attribute that is shown."""

    def __init__(self) -> None:
        super().__init__()
        self._text: list[str] = []
        self._attributes: list[list[str]] = []
        self._skipping: list[str] = []

    @property
    def shown(self) -> list[list[str]]:
        return [self._text, *self._attributes]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag not in VOID and (self._skipping or tag in CODE or (tag != "html" and "lang" in names)):
            self._skipping.append(tag)
        if not self._skipping:
            self._attributes += [[text] for name, text in attrs if text and self._is_said(tag, name, names)]

    def handle_endtag(self, tag: str) -> None:
        if self._skipping and tag == self._skipping[-1]:
            self._skipping.pop()

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._text.append(data)

    @staticmethod
    def _is_said(tag: str, name: str, all_names: dict[str, str | None]) -> bool:
        if tag == "input" and name == "value":
            return all_names.get("type") in ("submit", "button")
        return name in SAID or (
            name.startswith("data-") and re.fullmatch(r"[\w#.,:/?=&%-]*", all_names[name] or "") is None
        )
