"""The worker's tasks: none takes another's thread, and each outlives a restart of the database."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections

from accounts.models import Account
from maac_sim.celery import app
from maac_sim.tasks import BoundedTask
from tests.receiver import Receiver
from tests.rest.test_publish import close_from_outside
from tests.webhooks.test_outbox import happen
from webhooks.models import Endpoint

pytestmark = pytest.mark.both_databases

app.loader.import_default_modules()
TASKS = {name: task for name, task in app.tasks.items() if isinstance(task, BoundedTask) and "celery." not in name}
Run = Callable[[str], Future[None]]
LONG = {
    "modules.traffic.tasks.play": "modules.traffic.tasks.play_while_due",
    "webhooks.tasks.check": "webhooks.tasks.run_waiting",
}
"""Tasks that may take minutes, and what they do."""


@pytest.fixture
def run() -> Iterator[Run]:
    """Runs a task by its name as a worker does: in one of as many threads as it has."""
    pool = ThreadPoolExecutor(settings.CELERY_WORKER_CONCURRENCY)

    def in_thread(name: str) -> None:
        try:
            TASKS[name]()
        finally:
            connections.close_all()

    yield lambda name: pool.submit(in_thread, name)
    pool.shutdown()


@pytest.fixture
def long_runs(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Plays and checks that do not end before the test does: the names of those that have begun."""
    begun: list[str] = []
    end = threading.Event()

    def run_of(name: str) -> Callable[..., None]:
        def run(**_options: Any) -> None:
            begun.append(name)
            end.wait(60)

        return run

    for task, function in LONG.items():
        monkeypatch.setattr(function, run_of(task))
    yield begun
    end.set()


def test_a_worker_has_a_thread_for_each_run_that_its_tasks_may_have() -> None:
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} == set(TASKS)
    assert sum(task.at_once for task in TASKS.values()) == settings.CELERY_WORKER_CONCURRENCY


@pytest.mark.django_db(transaction=True)
def test_as_many_plays_and_checks_as_can_be_started_leave_room_for_every_other_task(
    alice: Account,
    make_endpoint: Callable[..., Endpoint],
    receiver: Receiver,
    long_runs: list[str],
    run: Run,
) -> None:
    make_endpoint(url=receiver.url("/hook"))
    for name in [*LONG] * 3 * settings.CELERY_WORKER_CONCURRENCY:
        run(name)
    happen(alice)
    others = [run(name) for name in TASKS if name not in LONG]
    for other in others:
        other.result(20)
    assert len(receiver.requests) == 1
    assert sorted(long_runs) == sorted(name for name in LONG for _ in range(TASKS[name].at_once))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server that could restart")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", TASKS)
def test_a_task_works_at_its_first_run_after_the_database_has_restarted(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    close_from_outside()
    TASKS[name]()
    assert not caplog.records
    assert connection.is_usable()
