"""Lists of LINE UIDs as CSV files, and as they are stored until a worker reads them.

Chosen: a header line `line_uid` may stand first, further columns are passed over, a LINE UID counts once.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from modules.contacts.rules import LINE_UID

HEADER = "line_uid"
SIZE_LIMIT = 25 * 1024 * 1024
UID_LIMIT = 300_000
UID_BYTES = 16


class NotAList(ValueError):
    """The file is no list of LINE UIDs; the text says why."""


def packed(content: bytes) -> bytes:
    """The LINE UIDs of a CSV file as 16 bytes each, without repetition. NotAList names the first line at fault."""
    if len(content) > SIZE_LIMIT:
        raise NotAList(_("The file is larger than %(limit)s MiB.") % {"limit": SIZE_LIMIT // 1024 // 1024})
    uids: dict[str, None] = {}
    try:
        # Line by line, since as a list of lists 25 MiB of empty lines take more than a gigabyte.
        for uid in _uids(csv.reader(io.StringIO(content.decode("utf-8-sig")), strict=True)):
            uids[uid] = None
            if len(uids) > UID_LIMIT:
                raise NotAList(_("The file has more than %(limit)s LINE UIDs.") % {"limit": UID_LIMIT})
    except UnicodeDecodeError as error:
        raise NotAList(_("The file is not UTF-8. Save it as CSV UTF-8.")) from error
    except csv.Error as error:
        raise NotAList(_("The file is not CSV: %(fault)s.") % {"fault": error}) from error
    if not uids:
        raise NotAList(_("The file has no LINE UID."))
    return b"".join(bytes.fromhex(uid[1:]) for uid in uids)


def _uids(lines: Iterable[Sequence[str]]) -> Iterable[str]:
    for number, line in enumerate(lines, start=1):
        uid = line[0].strip() if line else ""
        if not uid or (number == 1 and uid == HEADER):
            continue
        if not LINE_UID.fullmatch(uid):
            raise NotAList(_("Line %(number)s has no LINE UID, which is U and 32 hex digits.") % {"number": number})
        yield uid


def unpacked(stored: bytes) -> list[str]:
    return [f"U{stored[at : at + UID_BYTES].hex()}" for at in range(0, len(stored), UID_BYTES)]


def written(uids: Iterable[str]) -> str:
    """A CSV file of one column, with its header line."""
    return "".join(f"{each}\r\n" for each in (HEADER, *uids))
