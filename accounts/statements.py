"""Runs SQL without the ORM for the most frequent API requests: the ORM takes ten times as long to build such a query
as the database to run it.

Statements work on both databases: `%s` is a parameter, JSON columns are returned as text.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from psycopg import errors, pq
from psycopg.adapt import PyFormat, Transformer

_prepared: WeakKeyDictionary[Any, set[bytes]] = WeakKeyDictionary()
"""The names of the statements that PostgreSQL has prepared, by connection."""


def read(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a SELECT; retried once on a new connection if the database has closed the current one."""
    try:
        return run(statement, values)
    except OperationalError:
        if connection.in_atomic_block:
            raise
        connection.close()
        return run(statement, values)


def run(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows that a statement returns. Not retried, since it may have changed data."""
    database = connections[DEFAULT_DB_ALIAS]  # The proxy `connection` would look it up at each access.
    database.ensure_connection()
    with database.wrap_database_errors:
        if database.vendor == "postgresql":
            return _run_prepared(database.connection, statement, values)
        as_stored = database.ops.adapt_datetimefield_value
        stored = [as_stored(each) if isinstance(each, datetime) else each for each in values]
        with database.cursor() as cursor:
            cursor.execute(statement, stored)
            return list(cursor.fetchall())


def _run_prepared(driver: Any, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a prepared statement, so that PostgreSQL plans it once a connection: planning takes longer than running it.

    It uses libpq directly, since a psycopg cursor doubles the time; inside a transaction the cursor is used, because
    it begins the transaction when needed.
    """
    if not driver.autocommit:
        return list(psycopg.Cursor(driver).execute(statement, values, prepare=True))
    adapted = Transformer(driver)
    parameters = adapted.dump_sequence(values, [PyFormat.TEXT] * len(values))
    name = _prepare(driver, statement, adapted.types or ())
    result = _checked(driver, driver.pgconn.exec_prepared(name, parameters, adapted.formats))
    adapted.set_pgresult(result)
    return adapted.load_rows(0, result.ntuples, tuple)


def _prepare(driver: Any, statement: str, types: tuple[int, ...]) -> bytes:
    name, numbered = _named(statement, types)
    known = _prepared.setdefault(driver, set())
    if name not in known:
        _checked(driver, driver.pgconn.prepare(name, numbered, types))
        known.add(name)
    return name


@lru_cache(maxsize=128)
def _named(statement: str, types: tuple[int, ...]) -> tuple[bytes, bytes]:
    """The name of the prepared statement, and its text with `$1`, `$2`, … in place of `%s`."""
    first, *others = statement.split("%s")
    numbered = first + "".join(f"${number}{text}" for number, text in enumerate(others, 1))
    digest = hashlib.sha256(f"{types}{numbered}".encode()).hexdigest()
    return f"maac_sim_{digest[:32]}".encode(), numbered.encode()


def _checked(driver: Any, result: Any) -> Any:
    if result.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        return result
    if driver.pgconn.status == pq.ConnStatus.BAD:
        raise psycopg.OperationalError(result.error_message.decode(errors="replace"))
    raise errors.error_from_result(result)
