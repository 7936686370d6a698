"""Classifies database errors with causes outside this program: no space, no write access, a lock, a deadlock, damage,
no connection.

For every other database error, which is a bug in this program, `fault_of` returns None.
"""

import sqlite3
from dataclasses import dataclass

import psycopg
from django.db.utils import Error as DjangoError


@dataclass(frozen=True, slots=True)
class DatabaseFault:
    """A code for programs, a sentence for people, and the HTTP status of requests that fail with it."""

    code: str
    message: str
    status: int = 503


DISK_FULL = DatabaseFault(
    "disk_full", "The database cannot grow: its disk, a quota or a limit on file size is full.", status=507
)
READ_ONLY = DatabaseFault("database_read_only", "The database can only be read, not written to.")
LOCKED = DatabaseFault("database_locked", "Another process holds the database's write lock.")
DAMAGED = DatabaseFault("database_damaged", "The database is damaged, or the file is no database.")
BUSY = DatabaseFault("database_busy", "Another request changed the same rows at the same time. Try again.")
UNAVAILABLE = DatabaseFault("database_unavailable", "The database cannot be reached or opened.")

_SQLITE: tuple[tuple[str, DatabaseFault], ...] = (
    ("SQLITE_FULL", DISK_FULL),
    # A quota or file size limit is exceeded (EDQUOT, EFBIG), or there is no space for the -shm file.
    ("SQLITE_IOERR_WRITE", DISK_FULL),
    ("SQLITE_IOERR_SHMSIZE", DISK_FULL),
    ("SQLITE_READONLY", READ_ONLY),
    ("SQLITE_PERM", READ_ONLY),
    ("SQLITE_BUSY", LOCKED),
    ("SQLITE_LOCKED", LOCKED),
    ("SQLITE_NOTADB", DAMAGED),
    ("SQLITE_CORRUPT", DAMAGED),
    ("SQLITE_CANTOPEN", UNAVAILABLE),
    ("SQLITE_IOERR", UNAVAILABLE),
    ("SQLITE_PROTOCOL", UNAVAILABLE),
)
"""Prefixes of SQLite's error names; the first match applies."""
_POSTGRESQL: tuple[tuple[str, DatabaseFault], ...] = (
    ("53100", DISK_FULL),
    ("25006", READ_ONLY),
    ("XX001", DAMAGED),
    # Deadlocks and serialization failures; a lock that was not available.
    ("40", BUSY),
    ("55P03", BUSY),
    ("XX002", DAMAGED),
    *((state, UNAVAILABLE) for state in ("08", "28", "3D", "53", "57P", "58")),
)
"""Prefixes of SQLSTATE; the first match applies."""


def fault_of(error: BaseException | None) -> DatabaseFault | None:
    """The fault that an exception of Django or of the database driver stands for, else None."""
    cause = error.__cause__ if isinstance(error, DjangoError) else error
    if isinstance(cause, sqlite3.Error):
        return _first(_SQLITE, getattr(cause, "sqlite_errorname", ""))
    if isinstance(cause, psycopg.Error):
        # A connection that failed or broke has no SQLSTATE.
        is_connection = cause.sqlstate is None and isinstance(cause, psycopg.OperationalError)
        return UNAVAILABLE if is_connection else _first(_POSTGRESQL, cause.sqlstate or "")
    return None


def _first(known: tuple[tuple[str, DatabaseFault], ...], name: str) -> DatabaseFault | None:
    return next((fault for beginning, fault in known if name.startswith(beginning)), None)
