"""Statements of the calls that have to be quick, past the ORM: building a query takes it ten times as long as asking.

They are the same on both databases: `%s` stands for a value, JSON columns come as text.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection
from psycopg import Cursor


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
    if connection.vendor == "postgresql":
        return _run_prepared(statement, values)
    as_stored = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(statement, [as_stored(each) if isinstance(each, datetime) else each for each in values])
        return list(cursor.fetchall())


def _run_prepared(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """PostgreSQL plans it once a connection: that takes longer than the statement itself."""
    connection.ensure_connection()
    driver: Any = connection.connection
    driver.prepare_threshold = 0
    with connection.wrap_database_errors:
        return Cursor(driver).execute(statement, values).fetchall()
