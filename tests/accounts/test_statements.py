"""Statements past the ORM: prepared ones on PostgreSQL, in a transaction and outside, and what becomes of faults."""

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, ProgrammingError, connection, transaction

from accounts import statements
from tests.brands import NOW
from webhooks.models import Worker

STORE = "INSERT INTO webhooks_worker (name, started_at, seen_at) VALUES (%s, %s, %s) RETURNING name, seen_at"
FIND = "SELECT name FROM webhooks_worker WHERE seen_at = %s OR name = %s ORDER BY name"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def store(name: str) -> list[tuple[Any, ...]]:
    return statements.run(STORE, [name, NOW - timedelta(hours=1), NOW])


def test_values_are_bound_by_their_places_again_and_again() -> None:
    for name in ("東京", 'it\'s "quoted" %s $1 \\', ""):
        ((stored, _),) = store(name)
        assert stored == name
    assert [name for (name,) in statements.run(FIND, [NOW, "nobody"])] == sorted(
        Worker.objects.values_list("name", flat=True)
    )
    assert Worker.objects.get(name="").seen_at == NOW
    assert statements.run(FIND, [None, "東京"]) == [("東京",)]


@pytest.mark.parametrize("number", [1, 70_000, 2**40, None])
def test_a_number_may_be_of_any_size(number: int | None) -> None:
    assert statements.run("SELECT id FROM events_event WHERE id = %s OR id = %s", [number, 5]) == []


def test_what_a_transaction_begins_with_is_undone_with_it() -> None:
    with transaction.atomic():
        store("w1")
        assert statements.run(FIND, [NOW, ""]) == [("w1",)]
        transaction.set_rollback(True)
    assert not Worker.objects.exists()


def test_outside_a_transaction_it_is_stored_at_once() -> None:
    store("w1")
    connection.close()
    assert Worker.objects.get().name == "w1"


@pytest.mark.parametrize("surroundings", [nullcontext, transaction.atomic])
def test_faults_come_as_djangos_and_leave_the_connection_in_order(surroundings: Any) -> None:
    store("w1")
    no_table = ProgrammingError if connection.vendor == "postgresql" else OperationalError
    for statement, fault in ((STORE, IntegrityError), ("SELECT %s, %s, %s FROM nowhere", no_table)):
        with pytest.raises(fault), surroundings():
            statements.run(statement, ["w1", NOW, NOW])
        assert statements.run(FIND, [NOW, ""]) == [("w1",)]


def test_a_connection_that_broke_is_reported_and_a_read_opens_another() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connections that could be closed")
    store("w1")
    break_connection()
    with pytest.raises(OperationalError):
        store("w2")
    break_connection()
    assert statements.read(FIND, [NOW, ""]) == [("w1",)]


def break_connection() -> None:
    connection.close_if_unusable_or_obsolete()
    connection.ensure_connection()
    driver: Any = connection.connection
    statements.run("SELECT 1", [])
    with psycopg.connect(driver.info.dsn, autocommit=True) as another:
        another.execute("SELECT pg_terminate_backend(%s, 5000)", [driver.info.backend_pid])
