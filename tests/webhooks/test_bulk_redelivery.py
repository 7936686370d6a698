"""Sending again what a filter shows: what is counted, what is sent and what is not, over REST and in steps."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Account, Licence
from maac_contract.contract import TOPICS
from tests.brands import NOW, client_of, race, refusal
from tests.many import fill
from webhooks.log import bulk_redelivery
from webhooks.log.search import Criteria
from webhooks.models import Delivery, Endpoint, QueueEntry
from webhooks.services import endpoints
from webhooks.services.redeliver_many import AT_ONCE, Redelivered, redeliver_many
from webhooks.services.retention import prune

pytestmark = pytest.mark.both_databases

FOUND = "/api/v1/deliveries/redeliver/"
HOUR = timedelta(hours=1)

MakeEndpoint = Callable[..., Endpoint]


@pytest.fixture
def endpoint(alice: Account, make_endpoint: MakeEndpoint) -> Endpoint:
    """With a log of 200: 6 failed, 2 skipped, 192 delivered."""
    endpoint = make_endpoint()
    fill(alice, endpoint, deliveries=200, now=NOW, over=HOUR)
    return endpoint


def redeliver(client: APIClient, query: str = "", **fields: Any) -> dict[str, Any]:
    answer = client.post(f"{FOUND}{query}", fields)
    assert answer.status_code == (200 if fields.get("dry_run") else 202), answer.content
    output: dict[str, Any] = answer.json()
    return output


def test_a_dry_run_counts_and_changes_nothing(api: APIClient, endpoint: Endpoint) -> None:
    before = list(Delivery.objects.order_by("id").values())
    assert redeliver(api, dry_run=True) == {
        "dry_run": True,
        "matched": 200,
        "by_status": {"delivered": 192, "failed": 6, "skipped": 2},
        "redelivered": 200,
        "not_redelivered": {},
        "more": False,
    }
    assert list(Delivery.objects.order_by("id").values()) == before
    assert QueueEntry.objects.count() == 0


def test_what_the_filter_shows_is_sent_again_under_its_keys(api: APIClient, endpoint: Endpoint) -> None:
    failed = set(Delivery.objects.filter(status="failed").values_list("id", "idempotency_key"))
    output = redeliver(api, "?status=failed")
    assert (output["matched"], output["redelivered"], output["not_redelivered"]) == (6, 6, {})
    pending = Delivery.objects.filter(status="pending")
    assert set(pending.values_list("id", "idempotency_key")) == failed
    assert set(QueueEntry.objects.values_list("delivery_id", flat=True)) == {row[0] for row in failed}
    for delivery in pending:
        assert (delivery.series_start, delivery.attempt_count, delivery.finished_at) == (4, 4, None)
    assert Delivery.objects.count() == 200


def test_under_new_keys_each_becomes_a_delivery_of_its_own(api: APIClient, endpoint: Endpoint) -> None:
    output = redeliver(api, "?status=failed", new_key=True)
    assert (output["matched"], output["redelivered"]) == (6, 6)
    copies = Delivery.objects.filter(redelivery_of__isnull=False).select_related("redelivery_of")
    assert len(copies) == QueueEntry.objects.count() == 6
    for copy in copies:
        original = copy.redelivery_of
        assert original is not None
        assert (copy.event_id, copy.topic, copy.status) == (original.event_id, original.topic, "pending")
        assert copy.idempotency_key != original.idempotency_key
        assert original.status == "failed"


def test_the_same_again_finds_them_being_sent(api: APIClient, endpoint: Endpoint) -> None:
    redeliver(api, "?since=2026-03-05T08:58:00")
    output = redeliver(api, "?since=2026-03-05T08:58:00")
    assert output["redelivered"] == 0
    assert output["not_redelivered"] == {"in_progress": output["matched"]}
    assert redeliver(api, "?since=2026-03-05T08:58:00", dry_run=True)["redelivered"] == 0
    assert redeliver(api, "?since=2026-03-05T08:58:00", new_key=True)["redelivered"] == output["matched"]


def test_what_stands_against_it_is_counted_by_reason(
    api: APIClient, alice: Account, endpoint: Endpoint, make_endpoint: MakeEndpoint
) -> None:
    zone_1, zone_2 = ([name for name, topic in TOPICS.items() if topic.zone == zone] for zone in (1, 2))
    paused, deleted = make_endpoint(event_types=zone_1), make_endpoint(event_types=zone_1)
    endpoints.edit(endpoint=endpoint, event_types=zone_1, now=NOW)
    for each in (paused, deleted):
        fill(alice, each, deliveries=100, now=NOW + HOUR, over=HOUR)
    endpoints.pause(endpoint=paused, now=NOW)
    endpoints.delete(endpoint=deleted, now=NOW)
    unlicensed = make_endpoint(event_types=zone_2)
    fill(alice, unlicensed, deliveries=100, now=NOW + 2 * HOUR, over=HOUR)
    Licence.objects.filter(account=alice, zone=2).update(valid_until=NOW)
    output = redeliver(api, "?status=failed&since=2026-03-05T09:00:01")
    assert output["not_redelivered"] == {"endpoint_paused": 3, "endpoint_deleted": 3, "zone_not_licensed": 3}
    assert (output["matched"], output["redelivered"]) == (9, 0)


def test_a_test_is_sent_again_to_a_paused_endpoint(api: APIClient, alice: Account, endpoint: Endpoint) -> None:
    fill(alice, endpoint, deliveries=10, now=NOW + HOUR, over=HOUR, is_test=True)
    endpoints.pause(endpoint=endpoint, now=NOW)
    output = redeliver(api)
    assert (output["redelivered"], output["not_redelivered"]) == (10, {"endpoint_paused": 200})


def test_others_deliveries_are_out_of_reach(bob: Account, endpoint: Endpoint) -> None:
    bobs = client_of(bob)
    output = redeliver(bobs)
    assert (output["matched"], output["by_status"], output["redelivered"]) == (0, {}, 0)
    assert redeliver(bobs, f"?endpoint={endpoint.pk}")["matched"] == 0
    ids = list(Delivery.objects.values_list("id", flat=True))
    now = datetime.now(UTC)
    done = redeliver_many(account=bob, delivery_ids=ids, new_key=True, asked_at=now, now=now)
    assert (done.count, done.obstacles) == (0, {})
    assert QueueEntry.objects.count() == 0


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("?stauts=failed", {}),
        ("?status=broken", {}),
        ("?since=yesterday", {}),
        ("?key=xyz", {}),
        ("?key=abc", {}),
        ("?limit=5", {}),
        ("", {"status": "failed"}),
        ("", {"new_key": "yes"}),
        ("", {"dry_run": 1}),
    ],
)
def test_what_cannot_be_understood_sends_nothing(
    query: str, fields: dict[str, Any], api: APIClient, endpoint: Endpoint
) -> None:
    assert refusal(api.post(f"{FOUND}{query}", fields)) == (400, "invalid_request")
    assert QueueEntry.objects.count() == 0


def test_more_than_ten_thousand_are_the_newest_ten_thousand(
    api: APIClient, alice: Account, make_endpoint: MakeEndpoint
) -> None:
    fill(alice, make_endpoint(), deliveries=bulk_redelivery.AT_MOST + 100, now=NOW, over=HOUR)
    output = redeliver(api)
    assert (output["matched"], output["redelivered"], output["more"]) == (10_000, 10_000, True)
    oldest = Delivery.objects.order_by("id")[:100]
    assert {each.status for each in oldest} <= {"delivered", "failed", "skipped"}
    assert QueueEntry.objects.count() == 10_000


# In steps


def test_steps_count_and_send_what_one_go_would(alice: Account, make_endpoint: MakeEndpoint) -> None:
    fill(alice, make_endpoint(), deliveries=3 * AT_ONCE, now=NOW, over=HOUR)
    criteria, now = Criteria(is_test=False), datetime.now(UTC)
    preview = bulk_redelivery.begin_preview()
    surveys = 0
    while preview.next is not None:
        preview = bulk_redelivery.preview_step(account=alice, criteria=criteria, preview=preview, now=now, seconds=0.0)
        surveys += 1
    assert surveys > 1
    assert preview.matched == preview.ready_under_same_key == preview.ready_under_new_key == 3 * AT_ONCE
    run = bulk_redelivery.begin_run(preview)
    sizes = []
    while run.next is not None:
        before = run.handled
        run = bulk_redelivery.run_step(
            account=alice, criteria=criteria, preview=preview, run=run, new_key=False, asked_at=now, now=now
        )
        sizes.append(run.handled - before)
    assert max(sizes) <= AT_ONCE
    assert run.redelivered == sum(sizes) == QueueEntry.objects.count() == 3 * AT_ONCE


def test_what_came_after_the_count_is_left_alone(alice: Account, endpoint: Endpoint) -> None:
    now = datetime.now(UTC)
    preview = bulk_redelivery.preview_step(
        account=alice, criteria=Criteria(), preview=bulk_redelivery.begin_preview(), now=now
    )
    fill(alice, endpoint, deliveries=50, now=NOW + HOUR, over=HOUR)
    run = bulk_redelivery.run_step(
        account=alice, criteria=Criteria(), preview=preview, run=bulk_redelivery.begin_run(preview), new_key=True,
        asked_at=now, now=now,
    )  # fmt: skip
    assert (run.handled, run.redelivered) == (200, 200)


@pytest.mark.parametrize("new_key", [False, True])
def test_a_step_that_arrives_twice_sends_once(new_key: bool, alice: Account, endpoint: Endpoint) -> None:
    ids = list(Delivery.objects.values_list("id", flat=True))
    asked_at = datetime.now(UTC)

    def send(later: timedelta = timedelta()) -> Redelivered:
        now = asked_at + later
        return redeliver_many(account=alice, delivery_ids=ids, new_key=new_key, asked_at=asked_at, now=now)

    assert send().count == 200
    _settle_all(asked_at + timedelta(seconds=1))
    again = send(timedelta(seconds=2))
    assert (again.count, again.obstacles) == (0, {"in_progress": 200})
    assert QueueEntry.objects.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("new_key", [False, True])
def test_steps_at_the_same_moment_send_once(new_key: bool, alice: Account, endpoint: Endpoint) -> None:
    ids = list(Delivery.objects.values_list("id", flat=True))
    now = datetime.now(UTC)

    def send() -> int:
        return redeliver_many(account=alice, delivery_ids=ids, new_key=new_key, asked_at=now, now=now).count

    assert sorted(race(4, send)) == [0, 0, 0, 200]
    assert QueueEntry.objects.count() == 200


@pytest.mark.any_lock_order
def test_deliveries_that_were_forgotten_meanwhile_are_passed_over(
    alice: Account, endpoint: Endpoint, settings: Any
) -> None:
    ids = list(Delivery.objects.order_by("id").values_list("id", flat=True))
    gone = Delivery.objects.filter(pk__in=ids[:20])
    settings.WEBHOOK_RETENTION_EVENTS = len(ids) - len(gone)
    assert prune(now=NOW) == len(gone)
    now = datetime.now(UTC)
    done = redeliver_many(account=alice, delivery_ids=ids, new_key=True, asked_at=now, now=now)
    assert (done.count, done.obstacles) == (180, {})


def _settle_all(moment: datetime) -> None:
    """As a worker would: everything that waits is delivered."""
    Delivery.objects.filter(status="pending").update(status="delivered", finished_at=moment)
    QueueEntry.objects.all().delete()
