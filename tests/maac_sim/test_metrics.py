"""/metrics, a worker's own port, and the line that each attempt leaves in the log."""

import json
import logging
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from django.db import DatabaseError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import Account
from maac_sim.metrics import Database, serve_worker_metrics
from tests.brands import NOW
from tests.receiver import Receiver
from tests.servers import free_port
from tests.webhooks.jobs import answered, job, unanswered
from tests.webhooks.test_deliver import run_until_quiet
from tests.webhooks.test_outbox import TOPIC, claim, happen
from webhooks import metrics, selectors
from webhooks.attempt_log import log, note_attempts
from webhooks.engine.job import Job, Outcome, Reason, Timings
from webhooks.engine.lifecycle import judge
from webhooks.models import Endpoint
from webhooks.services import endpoints, workers
from webhooks.services.send_test import send_test

MakeEndpoint = Callable[..., Endpoint]
POINTS = "prize.points_added"


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape() -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = Client().get("/metrics")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return samples(answer.content.decode())


class Change:
    """How much a counter has grown since this was made."""

    def __init__(self) -> None:
        self._before = scrape()

    def of(self, name: str, **labels: str) -> float:
        key = (name, frozenset(labels.items()))
        return scrape().get(key, 0.0) - self._before.get(key, 0.0)


@pytest.fixture
def change(db: None) -> Change:
    return Change()


def finished(outcome: Outcome, made: Job | None = None) -> metrics.Finished:
    sent = made or job(topic=POINTS)
    return sent, outcome, judge(outcome, tries=sent.tries, waits=sent.retry_waits), NOW


# Counters


def test_attempts_are_counted_by_outcome_and_deliveries_where_they_end(change: Change) -> None:
    note_attempts([finished(answered(200))] * 3 + [finished(answered(500)), finished(answered(410))])
    note_attempts([finished(unanswered(Reason.REQUEST_TIMEOUT), job(topic=POINTS, tries=4))])
    counted = "maac_sim_attempts_total"
    assert change.of(counted, reason="OK", verdict="accept") == 3
    assert change.of(counted, reason="ERROR_STATUS_CODE", verdict="retry") == 1
    assert change.of(counted, reason="ERROR_STATUS_CODE", verdict="fail") == 1
    ended = "maac_sim_deliveries_total"
    assert change.of(ended, topic=POINTS, status="delivered", reason="OK") == 3
    assert change.of(ended, topic=POINTS, status="failed", reason="ERROR_STATUS_CODE") == 1
    assert change.of(ended, topic=POINTS, status="failed", reason="REQUEST_TIMEOUT") == 1


def test_how_long_attempts_took_is_a_histogram_in_seconds(change: Change) -> None:
    note_attempts([finished(answered(200))] * 2)
    name = "maac_sim_attempt_seconds"
    assert change.of(f"{name}_bucket", le="0.001") == 0
    assert change.of(f"{name}_bucket", le="0.0025") == 2
    assert change.of(f"{name}_bucket", le="+Inf") == change.of(f"{name}_count") == 2
    assert change.of(f"{name}_sum") == pytest.approx(0.003)


def test_from_acceptance_to_the_receivers_door_is_a_histogram_of_first_attempts(change: Change) -> None:
    made = job(topic=POINTS, accepted_at=0.97)
    connected = answered(200, started_at=1.0, timings=Timings(total=1.5, dns=1.0, connect=2.0, tls=7.0))
    note_attempts([finished(connected, made), finished(connected, made._replace(number=2, tries=2))])
    name = "maac_sim_arrival_seconds"
    assert change.of(f"{name}_count") == 1
    assert change.of(f"{name}_sum") == pytest.approx(0.04)
    assert (change.of(f"{name}_bucket", le="0.02"), change.of(f"{name}_bucket", le="0.05")) == (0, 1)


def test_accepted_events_are_counted_by_topic_when_they_are_stored(
    alice: Account, change: Change, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        happen(alice, 3)
        assert change.of("maac_sim_events_accepted_total", topic=TOPIC) == 0
    assert change.of("maac_sim_events_accepted_total", topic=TOPIC) == 3


def test_a_test_event_is_counted_as_accepted_too(
    make_endpoint: MakeEndpoint,
    change: Change,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    endpoint = make_endpoint()
    with django_capture_on_commit_callbacks(execute=True):
        send_test(endpoint=endpoint, event_type=TOPIC, now=NOW)
    assert change.of("maac_sim_events_accepted_total", topic=TOPIC) == 1


def test_skipped_deliveries_are_counted_by_topic_and_reason(
    alice: Account,
    make_endpoint: MakeEndpoint,
    change: Change,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    endpoint = make_endpoint()
    happen(alice, 2)
    endpoints.pause(endpoint=endpoint, now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        claim()
    skipped = {"topic": TOPIC, "status": "skipped", "reason": "endpoint_paused"}
    assert change.of("maac_sim_deliveries_total", **skipped) == 2


def test_a_delivery_run_counts_what_it_delivers(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver, change: Change
) -> None:
    make_endpoint(url=receiver.url("/hook"))
    happen(alice, 20)
    run_until_quiet()
    assert change.of("maac_sim_deliveries_total", topic=TOPIC, status="delivered", reason="OK") == 20
    assert change.of("maac_sim_attempt_seconds_count") == change.of("maac_sim_arrival_seconds_count") == 20


# What the database knows


def test_the_queue_tells_what_is_due_overdue_and_in_flight(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    make_endpoint()
    nothing = selectors.Queue(due=0, overdue=0, oldest_due_age=0.0, in_flight=0, claimed_again=0)
    assert selectors.queue(now=NOW) == nothing
    happen(alice, 5)
    claim(total=3)
    happen(alice, 1, now=NOW + timedelta(seconds=6))
    queue = selectors.queue(now=NOW + timedelta(seconds=8))
    assert queue == selectors.Queue(due=9, overdue=7, oldest_due_age=8.0, in_flight=3, claimed_again=0)


def test_counting_stops_at_a_bound(
    alice: Account, make_endpoint: MakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "COUNTED_AT_MOST", 4)
    make_endpoint()
    happen(alice, 6)
    assert selectors.queue(now=NOW).due == 4


def test_metrics_tell_of_queue_and_workers_without_a_token(
    alice: Account, make_endpoint: MakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maac_sim.metrics.FRESH_SECONDS", 0.0)
    workers.note(name="one@host", now=datetime.now(UTC) - timedelta(seconds=3))
    make_endpoint()
    happen(alice, 2)
    output = scrape()
    nothing: frozenset[tuple[str, str]] = frozenset()
    assert output["maac_sim_database_up", nothing] == 1
    assert output["maac_sim_deliveries_due", nothing] == output["maac_sim_deliveries_overdue", nothing] == 2
    assert output["maac_sim_oldest_due_age_seconds", nothing] > 60
    assert output["maac_sim_deliveries_in_flight", nothing] == 0
    assert 3 <= output["maac_sim_worker_heartbeat_age_seconds", frozenset({("worker", "one@host")})] < 10


def test_the_database_is_read_once_a_second_however_many_ask(
    db: None, django_assert_num_queries: Callable[[int], Any]
) -> None:
    times = iter([10.0, 10.0, 10.9, 11.0, 11.0])
    database = Database(clock=lambda: next(times))
    with django_assert_num_queries(4):
        list(database.collect())
        list(database.collect())
    with django_assert_num_queries(4):
        list(database.collect())


def test_a_database_that_is_away_is_reported_and_costs_nothing_else(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_arguments: object) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(selectors, "queue", fail)
    caplog.set_level("WARNING")
    (is_up,) = Database().collect()
    assert [sample.value for sample in is_up.samples] == [0]
    assert "gone" in caplog.text


def test_no_secret_is_in_the_metrics(alice: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(url="http://127.0.0.1:9/a-secret-path")
    happen(alice)
    text = Client().get("/metrics").content.decode()
    for secret in (endpoint.share_secret, "a-secret-path", alice.name):
        assert secret not in text


def test_metrics_can_only_be_read(client: Client) -> None:
    assert client.post("/metrics").status_code == 405


# A worker's own port


def test_a_worker_serves_what_it_counted_where_a_port_is_set(settings: Settings) -> None:
    settings.METRICS_HOST, settings.METRICS_PORT = "127.0.0.1", free_port()
    note_attempts([finished(answered(200))])
    serve_worker_metrics()
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"http://127.0.0.1:{settings.METRICS_PORT}/metrics", timeout=5)
    assert samples(answer.text)["maac_sim_attempt_seconds_count", frozenset()] >= 1


def test_a_port_that_is_taken_costs_the_metrics_and_not_the_worker(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.METRICS_PORT = taken.getsockname()[1]
        serve_worker_metrics()
    assert "Give each worker of a host a port of its own" in caplog.text


# The log


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What the attempts' log says while it is on."""
    written: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(record.getMessage())

    handler, level = Handler(), log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield written
    log.removeHandler(handler)
    log.setLevel(level)


def test_an_attempt_is_one_line_of_json(lines: list[str]) -> None:
    note_attempts([finished(answered(503), job(7, topic=POINTS, event_id=5)._replace(number=2, tries=2))])
    (line,) = lines
    assert json.loads(line) == {
        "at": "2026-03-05T01:00:00.000+00:00",
        "delivery": 7,
        "event": 5,
        "endpoint": 1,
        "topic": POINTS,
        "key": f"{7:032x}",
        "number": 2,
        "verdict": "retry",
        "reason": "ERROR_STATUS_CODE",
        "status": 503,
        "duration_ms": 1.5,
        "retry_in": 2.0,
        "address": "127.0.0.1:9",
    }


def test_a_line_holds_no_secret_no_body_and_no_line_break(lines: list[str]) -> None:
    secret = "the-share-secret"
    outcome = answered(200, body=b"an-answer", headers=(("Set-Cookie", "a-cookie"),), address="a\nb")
    note_attempts([finished(outcome, job(body=b'{"timestamp": 1}', secret=secret))])
    (line,) = lines
    for kept_out in (secret, "timestamp", "an-answer", "a-cookie", "\n"):
        assert kept_out not in line


def test_nothing_is_written_while_the_log_is_off(lines: list[str]) -> None:
    log.setLevel(logging.WARNING)
    note_attempts([finished(answered(200))])
    assert lines == []
