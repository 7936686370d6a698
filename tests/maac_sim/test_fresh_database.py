"""A database made at once from the models is the same as one that ran every migration."""

import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.processes import environment

WORDS = re.compile(r"\s+")
PERMISSIONS = """
SELECT permission.codename, type.app_label, type.model
FROM auth_permission permission JOIN django_content_type type ON type.id = permission.content_type_id
"""


def made_by(folder: Path, *command: str) -> Path:
    """The database file that `maac-sim COMMAND` made in an empty data folder."""
    done = subprocess.run(
        ["maac-sim", *command], env=environment(MAAC_SIM_DATA=folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = folder.glob("*.sqlite3")
    return found


def described(file: Path) -> dict[str, Any]:
    """Tables with their columns, constraints, keys and indexes, without the order of columns."""
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT name, type, tbl_name, sql FROM sqlite_master").fetchall()
        tables = sorted(name for name, kind, _, _ in rows if kind == "table" and name != "sqlite_sequence")
        indexes = sorted((table, WORDS.sub(" ", sql)) for _, kind, table, sql in rows if kind == "index" and sql)
        return {
            "indexes": indexes,
            "applied": sorted(database.execute("SELECT app, name FROM django_migrations")),
            "permissions": sorted(database.execute(PERMISSIONS)),
            "tables": {table: parts(next(sql for name, _, _, sql in rows if name == table)) for table in tables},
            "columns": {table: sorted(row[1:] for row in database.execute(f"PRAGMA table_info({table})"))
                        for table in tables},
            "keys": {table: sorted(row[2:] for row in database.execute(f"PRAGMA foreign_key_list({table})"))
                     for table in tables},
        }  # fmt: skip


def parts(sql: str) -> list[str]:
    """The columns and constraints of CREATE TABLE, sorted."""
    inside = WORDS.sub(" ", sql)[sql.index("(") + 1 : -1]
    found, depth, text = [], 0, ""
    for char in inside:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and not depth:
            found.append(text.strip())
            text = ""
        else:
            text += char
    return sorted([*found, text.strip()])


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_by(tmp_path_factory.mktemp("migrated"), "manage", "migrate", "--verbosity", "0")


def test_a_database_made_at_once_has_what_the_migrations_make(migrated: Path, tmp_path: Path) -> None:
    at_once, step_by_step = described(made_by(tmp_path, "setup")), described(migrated)
    for what, expected in step_by_step.items():
        assert at_once[what] == expected, what


def test_migrations_leave_no_rows_that_a_database_made_at_once_would_lack(migrated: Path) -> None:
    filled = {"django_migrations", "django_content_type", "auth_permission"}
    with closing(sqlite3.connect(migrated)) as database:
        for table in described(migrated)["tables"].keys() - filled:
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


@pytest.mark.slow
def test_one_that_was_made_at_once_takes_further_migrations(tmp_path: Path) -> None:
    made_by(tmp_path, "setup")
    made_by(tmp_path, "manage", "migrate", "--check")
    made_by(tmp_path, "setup")
