"""/livez and /readyz: whether the process lives, and whether it can work."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from webhooks.models import Worker
from webhooks.services import workers


def test_livez_answers_without_a_token_and_without_the_database(client: Client) -> None:
    answer = client.get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readyz_is_503_and_no_error_of_the_log_while_no_worker_was_ever_heard_from(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/readyz")
    assert caplog.records == []
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    assert [part["ok"] for part in (answer.json()[name] for name in ("database", "broker", "worker"))] == [
        True,
        True,
        False,
    ]
    assert "maac-sim worker" in answer.json()["worker"]["detail"]


def test_readyz_is_200_once_a_worker_was_heard_from(client: Client, db: None) -> None:
    workers.note(name="one", now=datetime.now(UTC))
    answer = client.get("/readyz")
    body = answer.json()
    assert (answer.status_code, body["status"]) == (200, "ok")
    assert body["database"] == {"ok": True, "detail": connection.vendor}
    assert body["broker"] == {"ok": True, "detail": "memory"}
    assert body["worker"]["detail"].startswith("last heartbeat ")


@pytest.mark.parametrize(("seconds", "status"), [(8, 200), (12, 503), (3600, 503)])
def test_readyz_is_503_once_the_last_worker_has_been_silent_for_ten_seconds(
    seconds: int, status: int, client: Client, db: None
) -> None:
    workers.note(name="one", now=datetime.now(UTC) - timedelta(seconds=seconds))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["worker"]["ok"]) == (status, status == 200)


def test_one_worker_that_lives_is_enough(client: Client, db: None) -> None:
    workers.note(name="dead", now=datetime.now(UTC) - timedelta(hours=1))
    workers.note(name="alive", now=datetime.now(UTC))
    assert client.get("/readyz").status_code == 200


def test_a_worker_is_noted_once_and_forgotten_a_day_after_it_was_last_heard(db: None) -> None:
    now = datetime.now(UTC)
    workers.note(name="old", now=now - timedelta(days=2))
    workers.note(name="one", now=now - timedelta(seconds=2))
    workers.note(name="one", now=now)
    (worker,) = Worker.objects.all()
    assert (worker.name, worker.seen_at - worker.started_at) == ("one", timedelta(seconds=2))


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_they_can_only_be_read(path: str, client: Client) -> None:
    assert client.post(path).status_code == 405
