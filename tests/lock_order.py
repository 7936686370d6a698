"""Watches in which order transactions lock rows, and finds two that could wait for each other: a deadlock.

An order that was seen in one test counts in all that follow: tables that one transaction locks after others must be
locked after them by every transaction. Accounts come first, then endpoints, then everything else. Besides, a row that
others point to is locked without its key (`FOR NO KEY UPDATE`), unless it is to be deleted: see accounts.locks.

It reads the statements of tests that run in a transaction of their own, of which PostgreSQL's say what they lock. Two
things are left out: the queue, whose rows nobody waits for (a claim skips those that are locked, and only its holder
changes one that is claimed), and the erasing of an account, which was closed before and which nobody can use any more.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection

_CHANGE = re.compile(r'(?:UPDATE|DELETE FROM) "(\w+)"|INSERT INTO "(\w+)".* ON CONFLICT.* DO UPDATE', re.DOTALL)
_READ = re.compile(r'SELECT .* FOR (NO KEY )?UPDATE(?: OF ([\w", ]+?))?( SKIP LOCKED)?$', re.DOTALL)
_TABLE = re.compile(r'(?:FROM|JOIN) "(\w+)"')
_QUEUE = "webhooks_queueentry"
_ACCOUNT = "accounts_account"
_LIBRARIES = ("axes_", "django_")
"""Their statements are not ours, and nothing of ours is locked with them."""
_NAME = re.compile(r'"(\w+)"')


class LockOrder:
    """Which table's rows are locked after which other's, and where that was seen first."""

    def __init__(self) -> None:
        tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
        first = _ACCOUNT, "webhooks_endpoint"
        self._after: dict[str, dict[str, str]] = {table: {} for table in tables}
        for place, table in enumerate(first):
            self._after[table] = dict.fromkeys(tables - set(first[: place + 1]), "the design")
        self._pointed_to = {
            str(field.related_model._meta.db_table)
            for model in apps.get_models(include_auto_created=True)
            for field in model._meta.concrete_fields
            if field.related_model and getattr(field, "db_constraint", False)
            if not str(field.related_model._meta.db_table).startswith(_LIBRARIES)
        }
        self._held: list[str] = []
        self._with_key: set[str] = set()
        self.faults: list[str] = []

    @contextmanager
    def watching(self, where: str) -> Iterator[None]:
        def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            self._read(sql, where)
            return execute(sql, params, many, context)

        self._held, self._with_key, self.faults = [], set(), []
        with connection.execute_wrapper(watch):
            yield
        self._end(where)

    def _read(self, sql: str, where: str) -> None:
        blocks: list[Any] = connection.atomic_blocks
        if not (blocks and blocks[0]._from_testcase):
            return
        if all(block._from_testcase for block in blocks):
            self._end(where)
        elif change := _CHANGE.match(sql):
            table = change[1] or change[2]
            self._lock(table, where)
            if sql.startswith("DELETE"):
                self._with_key.discard(table)
        elif read := _READ.match(sql):
            for table in _NAME.findall(read[2]) if read[2] else _TABLE.findall(sql):
                self._lock(table, where, waits=not read[3])
                if not read[1]:
                    self._with_key.add(table)

    def _lock(self, table: str, where: str, *, waits: bool = True) -> None:
        if table in self._held or table == _QUEUE or table.startswith(_LIBRARIES) or _ACCOUNT in self._with_key:
            return
        for earlier in self._held if waits else ():
            if turned := self._path(table, earlier):
                self.faults.append(f"{table} is locked after {earlier}; the other way round: {turned}")
            else:
                self._after[earlier].setdefault(table, where)
        self._held.append(table)

    def _path(self, start: str, end: str) -> str:
        """How rows of `end` come to be locked after rows of `start`, if they do."""
        seen, ahead = {start}, [(start, "")]
        while ahead:
            table, path = ahead.pop()
            for later, where in self._after.get(table, {}).items():
                step = f"{path} {table} before {later} in {where};"
                if later == end:
                    return step.strip()
                if later not in seen:
                    seen.add(later)
                    ahead.append((later, step))
        return ""

    def _end(self, where: str) -> None:
        """The outermost transaction of the program is over."""
        for table in self._with_key & self._pointed_to:
            self.faults.append(f"{table} is locked FOR UPDATE and not deleted, in {where}")
        self._held, self._with_key = [], set()
