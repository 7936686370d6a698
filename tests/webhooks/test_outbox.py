"""The outbox's promises, held to by both databases: the same tests run on SQLite and on PostgreSQL."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, Licence
from maac_contract.contract import TOPICS
from tests.brands import NOW
from tests.webhooks.jobs import answered, unanswered
from webhooks import outbox
from webhooks.engine.concurrency_limiter import Capacity
from webhooks.engine.job import Job, Outcome
from webhooks.engine.lifecycle import judge
from webhooks.models import Attempt, Delivery, Endpoint, QueueEntry
from webhooks.outbox import Claim, Settlement
from webhooks.services import endpoints
from webhooks.services.publish import EventRequest, publish
from webhooks.services.send_test import send_test

LEASE = timedelta(seconds=15)
TOPIC = "receipt.receipt_validated"

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MakeEndpoint = Callable[..., Endpoint]


def happen(account: Account, count: int = 1, now: datetime = NOW) -> None:
    publish(account=account, event_requests=[EventRequest(TOPIC, seed=number) for number in range(count)], now=now)


def claim(
    total: int = 100, each: int = 100, after: int = 0, now: datetime = NOW, busy: Mapping[int, int] | None = None
) -> Claim:
    room = Capacity(total, each, busy or {})
    return outbox.claim(capacity=room, after=after, now=now, lease=LEASE)


def settle(jobs: Iterable[Job], outcome: Outcome, now: datetime = NOW) -> int:
    def verdict(job: Job) -> Any:
        return judge(outcome, tries=job.tries, waits=job.retry_waits)

    return outbox.settle([Settlement(job, outcome, verdict(job), now) for job in jobs])


def test_a_claim_takes_what_is_due_with_all_that_sending_needs(alice: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    happen(alice)
    (job,) = claim().jobs
    delivery = Delivery.objects.get()
    assert (job.delivery_id, job.endpoint_id, job.url) == (delivery.pk, endpoint.pk, endpoint.url)
    assert (job.secret, job.body) == (endpoint.share_secret, delivery.event.body.encode())
    assert (job.idempotency_key, job.number, job.tries) == (delivery.idempotency_key, 1, 1)
    assert job.retry_waits == (1.0, 2.0, 4.0)
    assert (delivery.queue_entry.due_at, delivery.queue_entry.claim_token) == (NOW + LEASE, job.claim_token)


def test_what_is_claimed_cannot_be_claimed_again_until_its_lease_runs_out(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    happen(alice)
    first = claim().jobs
    assert claim(now=NOW + LEASE - timedelta(seconds=1)).jobs == []
    (again,) = claim(now=NOW + LEASE).jobs
    assert again.delivery_id == first[0].delivery_id
    assert again.claim_token != first[0].claim_token


def test_what_is_not_due_yet_waits_and_the_claim_says_when(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    happen(alice)
    settle(claim().jobs, answered(500))
    early = claim(now=NOW + timedelta(seconds=0.9))
    assert (early.jobs, early.next_due) == ([], NOW + timedelta(seconds=1))
    (retry,) = claim(now=NOW + timedelta(seconds=1)).jobs
    assert (retry.number, retry.tries) == (2, 2)


def test_each_endpoint_gives_no_more_than_the_room_for_it(alice: Account, make_endpoint: MakeEndpoint) -> None:
    one, two, three = make_endpoint(), make_endpoint(), make_endpoint()
    happen(alice, 5)
    claimed = claim(each=3, busy={one.pk: 0, two.pk: 1})
    assert Counter(job.endpoint_id for job in claimed.jobs) == {two.pk: 1, three.pk: 3}
    assert claimed.is_full
    assert len(claim(total=2).jobs) == 2


def test_a_claim_wins_no_more_than_its_room_when_the_database_takes_the_queue_for_empty(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    make_endpoint()
    happen(alice, 100)
    QueueEntry.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE webhooks_queueentry")
    happen(alice, 5)
    assert len(claim(total=3).jobs) == 3
    assert QueueEntry.objects.exclude(claim_token="").count() == 3


def test_the_oldest_of_an_endpoint_goes_first(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    for minute in (3, 1, 2):
        happen(alice, now=NOW + timedelta(minutes=minute))
    later = NOW + timedelta(minutes=9)
    assert [job.delivery_id for job in claim(total=1, now=later).jobs] == [
        Delivery.objects.order_by("created_at").values_list("pk", flat=True)[0]
    ]


def test_with_more_endpoints_than_a_claim_visits_the_next_goes_on_behind_them(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    Account.objects.filter(pk=alice.pk).update(endpoint_limit=300)
    many = [make_endpoint().pk for _ in range(outbox.ENDPOINTS_VISITED + 20)]
    happen(alice)
    first = claim(total=1000)
    assert (len(first.jobs), first.visited) == (outbox.ENDPOINTS_VISITED, sorted(many)[outbox.ENDPOINTS_VISITED - 1])
    second = claim(total=1000, after=first.visited)
    assert (len(second.jobs), second.visited) == (20, 0)


def test_a_claim_asks_as_many_queries_however_many_rows_wait(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    happen(alice, 3)
    with CaptureQueriesContext(connection) as few:
        claim(total=1)
    happen(alice, 300)
    with CaptureQueriesContext(connection) as many:
        claim(total=100)
    assert len(few) == len(many)


def test_an_endpoint_that_was_deleted_or_paused_since_is_skipped_and_says_why(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    paused, deleted = make_endpoint(), make_endpoint()
    happen(alice)
    endpoints.pause(endpoint=paused, now=NOW)
    endpoints.delete(endpoint=deleted, now=NOW)
    assert claim().jobs == []
    reasons = dict(Delivery.objects.values_list("endpoint_id", "reason"))
    assert reasons == {paused.pk: "endpoint_paused", deleted.pk: "endpoint_deleted"}
    assert set(Delivery.objects.values_list("status", "finished_at")) == {("skipped", NOW)}
    assert not QueueEntry.objects.exists()


def test_a_licence_that_ran_out_between_two_attempts_ends_the_delivery(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    happen(alice)
    settle(claim().jobs, answered(500))
    Licence.objects.filter(account=alice, zone=1).update(valid_until=NOW)
    assert claim(now=NOW + timedelta(seconds=1)).jobs == []
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.reason, delivery.attempt_count) == ("skipped", "zone_not_licensed", 1)


def test_a_test_event_goes_to_a_paused_endpoint_and_has_one_attempt(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    endpoint = endpoints.pause(endpoint=make_endpoint(), now=NOW)
    send_test(endpoint=endpoint, event_type=TOPIC, now=NOW)
    (job,) = claim().jobs
    assert job.retry_waits == ()
    settle([job], unanswered())
    assert Delivery.objects.get().status == "failed"


def test_every_attempt_is_signed_with_the_secret_of_its_moment(alice: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    happen(alice)
    settle(claim().jobs, answered(500))
    fresh = endpoints.rotate_secret(endpoint=endpoint, now=NOW).share_secret
    (retry,) = claim(now=NOW + timedelta(seconds=1)).jobs
    assert retry.secret == fresh != endpoint.share_secret


def test_a_delivered_one_is_done_with_its_attempt_in_the_log(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    happen(alice)
    later = NOW + timedelta(seconds=2)
    assert settle(claim().jobs, answered(200, headers=(("X-A", "1"),), body=b"ok"), later) == 1
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.reason, delivery.status_code) == ("delivered", "OK", 200)
    assert delivery.finished_at == later
    assert not QueueEntry.objects.exists()
    attempt = delivery.attempts.get()
    assert (attempt.number, attempt.status_code, bytes(attempt.response_body)) == (1, 200, b"ok")
    assert attempt.response_headers == [["X-A", "1"]]


def test_four_failures_end_the_delivery_and_all_four_are_in_the_log(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    happen(alice)
    moments = [NOW + timedelta(seconds=second) for second in (0, 1, 3, 7)]
    for moment in moments:
        settle(claim(now=moment).jobs, answered(503), moment)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempt_count, delivery.reason) == ("failed", 4, "ERROR_STATUS_CODE")
    assert list(delivery.attempts.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4]


def test_a_worker_that_comes_back_too_late_changes_nothing(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    happen(alice)
    late = claim().jobs
    current = claim(now=NOW + LEASE).jobs
    assert settle(late, answered(400)) == 0
    assert Delivery.objects.get().status == "pending"
    assert QueueEntry.objects.get().claim_token == current[0].claim_token
    assert not Attempt.objects.exists()
    assert settle(current, answered(200)) == 1
    assert settle(late, answered(400)) == 0
    assert Delivery.objects.get().status == "delivered"


def test_what_was_not_sent_goes_back_and_can_be_taken_at_once(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    happen(alice, 2)
    kept, returned = claim().jobs
    outbox.give_back([returned], now=NOW)
    assert [job.delivery_id for job in claim().jobs] == [returned.delivery_id]
    assert settle([kept], answered(200)) == 1
    assert settle([returned], answered(200)) == 0


def test_at_a_start_every_claim_of_a_dead_process_is_released(alice: Account, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    happen(alice, 3)
    claim(total=2)
    assert outbox.release_all(now=NOW) == 2
    assert len(claim().jobs) == 3


def test_accounts_without_the_zone_are_reported_apart_in_one_claim(
    alice: Account, bob: Account, make_endpoint: MakeEndpoint
) -> None:
    open_types = [topic for topic in TOPICS if TOPICS[topic].zone == 1]
    make_endpoint()
    make_endpoint(account=bob, event_types=open_types)
    happen(alice)
    happen(bob)
    Licence.objects.filter(account=bob).delete()
    assert [Delivery.objects.get(pk=job.delivery_id).account_id for job in claim().jobs] == [alice.pk]


@pytest.mark.django_db(transaction=True)
def test_ten_workers_that_claim_at_once_share_the_rows_without_overlap(
    alice: Account, make_endpoint: MakeEndpoint
) -> None:
    for _ in range(3):
        make_endpoint()
    happen(alice, 40)
    won: list[int] = []
    start = threading.Barrier(10)

    def work() -> None:
        start.wait()
        for _ in range(10):
            jobs = claim(total=7).jobs
            won.extend(job.delivery_id for job in jobs)
            settle(jobs, answered(200))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == sorted(Delivery.objects.values_list("pk", flat=True))
    assert set(Delivery.objects.values_list("status", "attempt_count")) == {("delivered", 1)}


HEADER = st.text(st.characters(max_codepoint=255), max_size=30)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=100), name=HEADER, value=HEADER, address=st.just("[::1]:443"))
def test_whatever_a_receiver_answers_can_be_stored(
    alice: Account, make_endpoint: MakeEndpoint, body: bytes, name: str, value: str, address: str
) -> None:
    if not alice.endpoints.exists():
        make_endpoint()
    happen(alice)
    outcome = answered(200, headers=((name, value),), body=body, address=address)
    assert settle(claim().jobs, outcome) == 1
    assert bytes(Attempt.objects.latest("id").response_body) == body
