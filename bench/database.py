"""Plain reads from either database, past the ORM, so that what is measured is not what checks."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg


class Database:
    """`url` is PostgreSQL's, or the path of the SQLite file."""

    def __init__(self, url: str | Path) -> None:
        self._url = url

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._connected() as connection:
            return list(connection.execute(query).fetchall())

    def number(self, query: str) -> int:
        """The single number that a query gives."""
        return int(self.rows(query)[0][0] or 0)

    def open_deliveries(self, after_id: int = 0, but_endpoint: int = 0) -> int:
        """Deliveries that are neither delivered nor failed nor skipped, leaving out one endpoint."""
        return self.number(
            f"SELECT count(*) FROM webhooks_delivery WHERE id > {after_id}"  # noqa: S608 - two numbers of ours
            f" AND endpoint_id <> {but_endpoint} AND status NOT IN ('delivered', 'failed', 'skipped')"
        )

    def last_delivery(self) -> int:
        return self.number("SELECT max(id) FROM webhooks_delivery")

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Any]:
        if isinstance(self._url, Path):
            with contextlib.closing(sqlite3.connect(self._url, timeout=20)) as connection:
                yield connection
        else:
            with psycopg.connect(self._url, autocommit=True) as postgres:
                yield postgres
