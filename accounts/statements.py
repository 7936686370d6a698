"""Statements of the calls that have to be quick, past the ORM: building a query takes it ten times as long as asking.

They are the same on both databases: `%s` stands for a value, JSON columns come as text.
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
    """The rows of a SELECT. A connection that the database has closed meanwhile is opened again."""
    try:
        return run(statement, values)
    except OperationalError:
        if connection.in_atomic_block:
            raise
        connection.close()
        return run(statement, values)


def run(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows that any statement gives back."""
    database = connections[DEFAULT_DB_ALIAS]  # Looked up once: `connection` looks it up at each mention.
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
    """PostgreSQL plans it once a connection: that takes longer than the statement itself.

    psycopg's cursors take as long again to say so, and are asked only where a transaction has to begin.
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
    """Its name, and the statement with `$1` for the first `%s`."""
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
