"""Retention: what is old goes, in small steps, and what is still on its way stays."""

import itertools
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts import audit
from accounts.models import Account, AuditEntry
from events.models import Event
from tests.brands import NOW
from tests.many import refresh_plans
from tests.receiver import Receiver
from tests.webhooks.jobs import answered
from tests.webhooks.test_outbox import claim, happen, settle
from webhooks import outbox
from webhooks.models import AcceptedRequest, Attempt, Delivery, Endpoint, InjectedFault, Notice, QueueEntry, Worker
from webhooks.services import deliver, delivery_run, faults, retention, workers
from webhooks.services.redeliver import redeliver
from webhooks.services.retention import prune

pytestmark = pytest.mark.both_databases

MakeEndpoint = Callable[..., Endpoint]
LATER = NOW + timedelta(days=31)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def deliver_all(count: int) -> None:
    assert settle(claim(total=count, each=count).jobs, answered(200)) == count


def at_once(_seconds: float) -> None:
    """Takes no pause."""


def rows() -> tuple[int, int, int, int]:
    return Event.objects.count(), Delivery.objects.count(), Attempt.objects.count(), QueueEntry.objects.count()


@pytest.mark.django_db
def test_events_past_the_retention_time_go_with_their_deliveries_and_attempts(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    happen(alice, 3)
    deliver_all(3)
    happen(alice, 2, now=NOW + 2 * DAY)
    assert prune(now=NOW + timedelta(days=30)) == 0
    assert prune(now=LATER) == 3
    assert rows() == (2, 2, 0, 2)


@pytest.mark.django_db
def test_of_too_many_events_the_oldest_go(alice: Account, make_endpoint: MakeEndpoint, settings: Settings) -> None:
    settings.WEBHOOK_RETENTION_EVENTS = 4
    make_endpoint()
    happen(alice, 10)
    newest = list(Event.objects.order_by("-id").values_list("id", flat=True)[:4])
    deliver_all(10)
    assert prune(now=NOW) == 6
    assert list(Event.objects.order_by("-id").values_list("id", flat=True)) == newest


@pytest.mark.django_db
def test_zero_keeps_for_ever(alice: Account, make_endpoint: MakeEndpoint, settings: Settings) -> None:
    settings.WEBHOOK_RETENTION_DAYS = settings.WEBHOOK_RETENTION_EVENTS = 0
    make_endpoint()
    happen(alice)
    deliver_all(1)
    assert prune(now=NOW + timedelta(days=10_000)) == 0


@pytest.mark.django_db
def test_an_event_still_on_its_way_to_one_endpoint_stays_whole_however_old(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    make_endpoint()
    happen(alice, 2)
    done, kept = Event.objects.order_by("id")
    jobs = claim().jobs
    kept_ids = set(kept.deliveries.values_list("id", flat=True))
    settle([job for job in jobs if job.delivery_id != max(kept_ids)], answered(200))
    assert prune(now=LATER) == 1
    assert list(Event.objects.all()) == [kept]
    assert set(Delivery.objects.values_list("id", flat=True)) == kept_ids
    assert not Delivery.objects.filter(event_id=done.pk).exists()
    assert Attempt.objects.get().delivery_id == min(kept_ids)


@pytest.mark.django_db
def test_an_event_that_was_redelivered_under_a_new_key_goes_with_the_copy(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    happen(alice)
    deliver_all(1)
    copy = redeliver(delivery=Delivery.objects.get(), new_key=True, now=NOW)
    assert prune(now=LATER) == 0
    deliver_all(1)
    assert copy.redelivery_of_id is not None
    assert prune(now=LATER) == 1
    connection.check_constraints()
    assert rows() == (0, 0, 0, 0)


@pytest.mark.django_db
def test_an_event_that_reached_nobody_goes_as_well(alice: Account) -> None:
    happen(alice)
    assert prune(now=LATER) == 1


@pytest.mark.django_db
def test_old_answers_notices_and_silent_workers_go(alice: Account, make_endpoint: MakeEndpoint) -> None:
    for age in (30, 12):
        AcceptedRequest.objects.create(account=alice, key=str(age), created_at=NOW - timedelta(hours=age))
    for days in (31, 1):
        Notice.objects.create(account=alice, endpoint=make_endpoint(), message=str(days), created_at=NOW - days * DAY)
    workers.note(name="silent", now=NOW - 2 * DAY)
    Worker.objects.create(name="alive", started_at=NOW, seen_at=NOW)
    prune(now=NOW)
    assert AcceptedRequest.objects.get().key == "12"
    assert Notice.objects.get().message == "1"
    assert Worker.objects.get().name == "alive"


@pytest.mark.django_db
def test_the_audit_log_is_kept_for_as_long_as_the_setting_says(alice: Account, settings: Settings) -> None:
    for days in (366, 364):
        audit.record(account=alice, actor="a", action="token.issued", target=str(days), now=NOW - days * DAY)
    prune(now=NOW)
    assert list(AuditEntry.objects.filter(action="token.issued").values_list("target", flat=True)) == ["364"]
    settings.AUDIT_RETENTION_DAYS = 0
    prune(now=NOW + 10_000 * DAY)
    assert AuditEntry.objects.filter(action="token.issued").exists()


@pytest.mark.django_db
def test_of_the_faults_that_are_over_an_endpoint_keeps_the_newest(
    make_endpoint: MakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "ENDED_KEPT", 3)
    endpoint = make_endpoint()
    made = [faults.add(endpoint=endpoint, kind="lost_answer", expires_in=60, now=NOW + n * HOUR) for n in range(6)]
    assert list(InjectedFault.objects.order_by("id")) == made[2:]


@pytest.mark.django_db
def test_thousands_go_in_steps_of_a_bounded_number_of_statements(
    alice: Account, make_endpoint: MakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_endpoint()
    make_endpoint()
    for _ in range(4):
        happen(alice, 1000)
    deliver_all(8000)
    refresh_plans()
    monkeypatch.setattr(retention, "RUN_SECONDS", 60.0)
    with CaptureQueriesContext(connection) as statements:
        assert prune(now=LATER, sleep=at_once) == 4000
    assert rows() == (0, 0, 0, 0)
    assert len(statements) <= 12 * (4000 / retention.EVENTS_AT_A_TIME + 1)


@pytest.mark.django_db
def test_a_step_takes_fewer_events_when_each_has_many_deliveries(
    alice: Account, make_endpoint: MakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "DELIVERIES_AT_A_TIME", 7)
    for _ in range(3):
        make_endpoint()
    happen(alice, 5)
    deliver_all(15)
    ids = list(Event.objects.order_by("id").values_list("id", flat=True))
    assert retention._as_many_as_fit(ids).events == ids[:2]
    assert prune(now=LATER) == 5


@pytest.mark.django_db
def test_a_run_ends_when_its_time_is_up_and_the_next_goes_on(
    alice: Account, make_endpoint: MakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "EVENTS_AT_A_TIME", 10)
    make_endpoint()
    happen(alice, 60)
    deliver_all(60)
    ticks = itertools.count()
    first = prune(now=LATER, clock=lambda: next(ticks) / 4, sleep=at_once)
    assert 0 < first < 60
    assert prune(now=LATER) == 60 - first


@pytest.mark.django_db
def test_it_reads_by_primary_key_and_sorts_nothing(alice: Account, make_endpoint: MakeEndpoint) -> None:
    happen(alice, 3)
    oldest = Event.objects.filter(id__gt=0).order_by("id").values_list("id", "created_at")[:500]
    if connection.vendor == "sqlite":
        assert "USING INTEGER PRIMARY KEY" in oldest.explain()
        assert "TEMP B-TREE" not in oldest.explain()
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        assert "events_event_pkey" in oldest.explain()


@pytest.mark.django_db(transaction=True)
def test_deliveries_go_on_meanwhile(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "EVENTS_AT_A_TIME", 50)
    make_endpoint(url=receiver.url("/hook"))
    happen(alice, 2000)
    deliver_all(2000)
    happen(alice, 200, now=LATER)
    outbox.release_all(now=LATER)
    pruned: list[int] = []

    def prune_aside() -> None:
        try:
            pruned.append(prune(now=LATER))
        finally:
            connections.close_all()

    aside = threading.Thread(target=prune_aside)
    aside.start()
    network = deliver.new_network()
    try:
        delivery_run.Run(
            network,
            wake_event=threading.Event(),
            stopping=delivery_run.Stopping(),
            clock=lambda: LATER.timestamp() + time.monotonic(),
            idle_after=0.02,
        ).until_quiet()
    finally:
        network.close()
        aside.join(30)
    assert pruned == [2000]
    assert len({got.key for got in receiver.requests}) == 200
    assert Delivery.objects.filter(status="delivered").count() == 200
