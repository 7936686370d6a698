"""Writes and reads contacts as CSV: UTF-8 with a byte order mark, so that spreadsheets decode every name."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from modules.contacts.models import Contact
from webhooks.errors import InvalidInput

COLUMNS = (
    "line_uid", "line_display_name", "display_name", "customer_id", "mobile", "email", "gender", "birthday", "tags",
    "status",
)  # fmt: skip
ROW_LIMIT = 10_000
SIZE_LIMIT = 4 * 1024 * 1024
TAG_SEPARATOR = "|"
TAG = re.compile(r"((?:\\[\\|]|[^|])*)(?:\||$)")
"""A tag up to the next separator; separators and backslashes within a tag are escaped with a backslash."""
GUARD = "'"
GUARDED = ("=", "+", "-", "@", "\t", "\r", GUARD)
"""First characters of cells that a spreadsheet would evaluate, and the guard itself."""


def written(contacts: Iterable[Contact]) -> Iterator[str]:
    """The lines of the file, the header first."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield "\ufeff"
    for row in _rows(contacts):
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _rows(contacts: Iterable[Contact]) -> Iterator[list[str]]:
    yield list(COLUMNS)
    for contact in contacts:
        yield [_cell(name, getattr(contact, name)) for name in COLUMNS]


def _cell(name: str, value: Any) -> str:
    if name == "tags":
        value = TAG_SEPARATOR.join(re.sub(r"([\\|])", r"\\\1", tag) for tag in value)
    text = "" if value is None else str(value)
    # A mobile number is digits after its plus.
    return f"{GUARD}{text}" if name != "mobile" and text.startswith(GUARDED) else text


def decoded(content: bytes) -> str:
    """The text of an uploaded file."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(_("The file is not UTF-8. Save it as CSV UTF-8.")) from error


def rows_of(text: str) -> list[dict[str, str]]:
    """The cells of each line by column. InvalidInput if the text is not a table of contacts."""
    if len(text.encode()) > SIZE_LIMIT:
        raise InvalidInput(_("The file is larger than %(limit)s MiB.") % {"limit": SIZE_LIMIT // 1024 // 1024})
    try:
        reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
        columns = reader.fieldnames or []
        rows = list(islice((row for row in reader if any(row.values())), ROW_LIMIT + 1))
    except csv.Error as error:
        raise InvalidInput(_("The file is not CSV: %(fault)s.") % {"fault": error}) from error
    unknown = [str(name) for name in columns if name not in COLUMNS]
    if "line_uid" not in columns or unknown:
        known = ", ".join(COLUMNS)
        raise InvalidInput(_("The first line must name the columns: line_uid and any of %(known)s.") % {"known": known})
    if len(rows) > ROW_LIMIT:
        raise InvalidInput(_("The file has more than %(limit)s rows.") % {"limit": ROW_LIMIT})
    return rows


def details_of(row: Mapping[str, str]) -> dict[str, Any]:
    """The details of a line. Empty cells are omitted; a line without LINE UID is refused."""
    if None in row or None in row.values():
        raise InvalidInput(_("The line has not as many cells as the first line."))
    cells = {name: _unguarded(cell.strip()) for name, cell in row.items() if cell.strip()}
    if "line_uid" not in cells:
        raise InvalidInput(_("The line has no line_uid."))
    details: dict[str, Any] = dict(cells)
    if "tags" in cells:
        details["tags"] = [re.sub(r"\\([\\|])", r"\1", tag) for tag in TAG.findall(cells["tags"])]
    if "birthday" in cells:
        try:
            details["birthday"] = date.fromisoformat(cells["birthday"])
        except ValueError:
            raise InvalidInput(_("birthday: write a day such as 1990-04-12.")) from None
    return details


def _unguarded(cell: str) -> str:
    bare = cell.removeprefix(GUARD)
    return bare if bare.startswith(GUARDED) else cell
