"""Errors that keep a process from starting, as one sentence with the path or setting instead of a traceback.

Other errors keep their traceback, since they are bugs.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.database_faults import DatabaseFault

EXIT_CODE = 2
DATABASE_ADVICE = {
    "disk_full": "Free some space there, or name another folder with MAAC_SIM_DATA.",
    "database_read_only": "Let this user write to the file and its folder, or name another folder with MAAC_SIM_DATA.",
    "database_locked": "End that process, or wait until it is done, and start again.",
    "database_damaged": "Restore the file from a backup, or move it away to start with an empty database.",
    "database_unavailable": "See that it is a file which this user may read and write.",
}


class StartFault(Exception):
    """The process cannot start; the message says which path or setting is wrong and what to do."""


@contextmanager
def explained() -> Iterator[None]:
    """Exit with one sentence if the start fails for a known reason."""
    try:
        yield
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        print(f"maac-sim cannot start. {_without_passwords(sentence)}", file=sys.stderr)
        raise SystemExit(EXIT_CODE) from None


def read_settings() -> None:
    """Load the settings first, so that an invalid one is reported here."""
    with explained():
        import_module(os.environ["DJANGO_SETTINGS_MODULE"])


def _sentence(error: Exception) -> str | None:
    if isinstance(error, StartFault):
        return str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return f"{error.filename or 'A file'} cannot be written: {error.strerror}."
    return _database_sentence(error)


def _database_sentence(error: Exception) -> str | None:
    from accounts.database_faults import fault_of

    fault = fault_of(error)
    if fault is None:
        return None
    from django.conf import settings

    if settings.EMBEDDED:
        return sqlite_sentence(settings.DATABASES["default"]["NAME"], error, fault)
    said = str(error).strip().splitlines() or [""]
    return f"{fault.message} Check {_database_place()} and DATABASE_URL. PostgreSQL: {said[0]}"


def sqlite_sentence(path: object, error: Exception, fault: "DatabaseFault") -> str:
    return f"{path}: {fault.message} {DATABASE_ADVICE[fault.code]} SQLite: {error}"


def _database_place() -> str:
    from django.conf import settings

    place = settings.DATABASES["default"]
    host = f"{place['HOST'] or 'the local socket'}:{place['PORT'] or 5432}"
    return f'the server at {host} with its database "{place["NAME"]}" and user "{place["USER"]}"'


def _without_passwords(sentence: str) -> str:
    from urllib.parse import unquote, urlsplit

    for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL"):
        try:
            password = urlsplit(os.environ.get(name, "")).password
        except ValueError:
            continue
        for text in filter(None, (password, unquote(password or ""))):
            sentence = sentence.replace(text, "***")
    return sentence
