"""The embedded simulator's data folder: private files, its secrets, and a lock held by one simulator at a time."""

import errno
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from accounts.database_faults import fault_of
from maac_sim.own_secrets import FILE_NAME, KEYS, fresh_secrets, lost, read_secrets, write_secrets
from maac_sim.start_faults import StartFault, sqlite_sentence

DATABASE = "maac-sim.sqlite3"
LOCK = "maac-sim.lock"
PRIVATE = 0o600
LOCK_PATIENCE = 3.0
"""Seconds to wait for the database's write lock at the start; others hold it only briefly."""
WRITE_PROBE = "PRAGMA user_version = 0"
"""Changes nothing, but is written and committed like any change."""


def prepare_folder(folder: Path) -> dict[str, str]:
    """Create what is missing and return the secrets. Raises StartFault."""
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        known = _secrets(folder)
        _make_private(folder)
    return known


def hold_lock(folder: Path, *, holder: str) -> None:
    """Lock the folder until this process exits. Raises StartFault if another process holds the lock."""
    path = folder / LOCK
    with _explained(folder):
        # Never closed: the kernel releases the lock when the process exits.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = path.read_text(errors="replace").strip() or "another process"
            raise StartFault(
                f"Another simulator runs on {folder}: {other}. Use that one, or stop it, or name another folder with "
                "MAAC_SIM_DATA and another port with MAAC_SIM_PORT."
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, holder.encode())


def try_to_write(folder: Path) -> None:
    """Raise SQLite's error if the database cannot be written to."""
    with closing(sqlite3.connect(folder / DATABASE, timeout=LOCK_PATIENCE, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute(WRITE_PROBE)


def _secrets(folder: Path) -> dict[str, str]:
    path = folder / FILE_NAME
    if path.exists():
        return read_secrets(path)
    with _alone(folder):
        if path.exists():
            return read_secrets(path)
        made = fresh_secrets()
        if os.environ.get(KEYS):
            del made[KEYS]
        elif _has_share_secrets(folder / DATABASE):
            raise lost(path)
        write_secrets(path, made)
        return made


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Of two concurrent first starts, the later one uses the secrets that the earlier one stores."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _has_share_secrets(database: Path) -> bool:
    if not database.exists():
        return False
    try:
        with closing(sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT 1 FROM webhooks_endpoint LIMIT 1").fetchone() is not None
    except sqlite3.Error as error:
        fault = fault_of(error)
        if fault:
            raise StartFault(sqlite_sentence(database, error, fault)) from error
        if error.sqlite_errorname == "SQLITE_ERROR":  # There is no such table yet.
            return False
        raise


def _make_private(folder: Path) -> None:
    """SQLite gives its -wal and -shm files the mode of the database file."""
    with suppress(FileExistsError):
        os.close(os.open(folder / DATABASE, os.O_CREAT | os.O_EXCL, PRIVATE))
    for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", FILE_NAME):
        path = folder / name
        # A file of another owner may still be writable.
        with suppress(FileNotFoundError, PermissionError):
            if path.is_file() and path.stat().st_mode & 0o077:
                path.chmod(PRIVATE)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StartFault(_sentence(folder, error)) from error


def _sentence(folder: Path, error: OSError) -> str:
    path, reason = error.filename or folder, error.strerror or str(error)
    other = "name another folder with MAAC_SIM_DATA"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{path} cannot be written, as the disk is full ({reason}). Free some space, or {other}."
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return f"The data folder {folder} is a file, or leads through one. Move the file away, or {other}."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"{path} cannot be used by this user ({reason}). Let user id {os.getuid()} read and write it, or {other}."
        )
    return f"{path} cannot be used ({reason}). Fix that, or {other}."
