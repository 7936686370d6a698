"""Contacts as CSV, out and in: UTF-8 with a mark, so that spreadsheets read every name."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import Refusal
from accounts.models import Account
from modules.contacts import services
from modules.contacts.models import Contact
from webhooks.errors import InvalidInput

COLUMNS = (
    "line_uid", "line_display_name", "display_name", "customer_id", "mobile", "email", "gender", "birthday", "tags",
    "status",
)  # fmt: skip
ROW_LIMIT = 10_000
SIZE_LIMIT = 4 * 1024 * 1024
FAULT_LIMIT = 20
TAG_SEPARATOR = "|"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass
class Imported:
    """What came of an import. With any fault nothing was stored."""

    created: int = 0
    updated: int = 0
    faults: list[str] = field(default_factory=list)


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
        value = TAG_SEPARATOR.join(value)
    text = "" if value is None else str(value)
    # A spreadsheet would compute a cell that begins like a formula. A mobile number is digits after its plus.
    return f"'{text}" if name != "mobile" and text.startswith(FORMULA_STARTS) else text


def read(*, account: Account, content: bytes, now: datetime) -> Imported:
    """Create and update contacts, found by their LINE UID; all of them, or none when one cannot be read."""
    result = Imported()
    rows = _parsed(content)
    with transaction.atomic():
        for number, row in enumerate(rows, start=2):
            _take(account, row, now, number, result)
        if result.faults:
            transaction.set_rollback(True)
            return Imported(faults=result.faults)
    return result


def _parsed(content: bytes) -> list[dict[str, str]]:
    if len(content) > SIZE_LIMIT:
        raise InvalidInput(_("The file is larger than %(limit)s MiB.") % {"limit": SIZE_LIMIT // 1024 // 1024})
    try:
        text = content.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text), strict=True)
        columns = reader.fieldnames or []
        rows = [row for row in reader if any(row.values())]
    except UnicodeDecodeError as error:
        raise InvalidInput(_("The file is not UTF-8. Save it as CSV UTF-8.")) from error
    except csv.Error as error:
        raise InvalidInput(_("The file is not CSV: %(fault)s.") % {"fault": error}) from error
    unknown = [str(name) for name in columns if name not in COLUMNS]
    if "line_uid" not in columns or unknown:
        known = ", ".join(COLUMNS)
        raise InvalidInput(_("The first line must name the columns: line_uid and any of %(known)s.") % {"known": known})
    if len(rows) > ROW_LIMIT:
        raise InvalidInput(_("The file has more than %(limit)s rows.") % {"limit": ROW_LIMIT})
    return rows


def _take(account: Account, row: dict[str, str], now: datetime, number: int, result: Imported) -> None:
    if len(result.faults) >= FAULT_LIMIT:
        return
    try:
        details = _details(row)
        line_uid = details.pop("line_uid")
        known = Contact.objects.filter(account=account, line_uid=line_uid).first()
        if known:
            services.edit(contact=known, now=now, **details)
            result.updated += 1
        else:
            services.create(account=account, now=now, line_uid=line_uid, **details)
            result.created += 1
    except Refusal as refusal:
        result.faults.append(_("Line %(number)s: %(fault)s") % {"number": number, "fault": refusal.message})


def _details(row: dict[str, str]) -> dict[str, Any]:
    """An empty cell leaves the field as it is, or at its default; a line without LINE UID is refused."""
    if None in row or None in row.values():
        raise InvalidInput(_("The line has not as many cells as the first line."))
    cells = {name: cell.strip().removeprefix("'") for name, cell in row.items() if cell.strip()}
    if "line_uid" not in cells:
        raise InvalidInput(_("The line has no line_uid."))
    details: dict[str, Any] = dict(cells)
    if "tags" in cells:
        details["tags"] = cells["tags"].split(TAG_SEPARATOR)
    if "birthday" in cells:
        try:
            details["birthday"] = date.fromisoformat(cells["birthday"])
        except ValueError:
            raise InvalidInput(_("birthday: write a day such as 1990-04-12.")) from None
    return details
