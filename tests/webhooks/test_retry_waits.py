"""Retry waits of an account, an endpoint, an event: the most specific counts, and short ones are kept to the point."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Account, AuditEntry
from events.models import Event
from tests.brands import NOW, error_of, refusal
from tests.receiver import Delay, Receiver
from tests.webhooks.test_deliver import happen, run_until_quiet
from webhooks import outbox
from webhooks.engine.concurrency_limiter import Capacity
from webhooks.models import Delivery, Endpoint, QueueEntry
from webhooks.outbox import Claim
from webhooks.retry_waits import waits_of
from webhooks.services import endpoints
from webhooks.services.publish import EventRequest, publish
from webhooks.services.send_test import send_test

pytestmark = pytest.mark.django_db
MakeEndpoint = Callable[..., Endpoint]

V1 = "/api/v1"
TOPIC = "prize.points_added"
QUICK = [0.01, 0.02, 0.04]


def claimed() -> Claim:
    room = Capacity(total=10, each=10, busy={})
    return outbox.claim(capacity=room, after=0, now=datetime.now(UTC), lease=timedelta(seconds=15))


@pytest.mark.parametrize(
    ("account", "endpoint", "event", "expected"),
    [
        (None, None, None, (1.0, 2.0, 4.0)),
        ([5], None, None, (5.0,)),
        ([5], [6, 7], None, (6.0, 7.0)),
        ([5], [6, 7], [0.5], (0.5,)),
        ([5], [], None, ()),
        ([5], [6], [], ()),
        (None, None, [0], (0.0,)),
    ],
)
def test_the_most_specific_counts(
    account: Any, endpoint: Any, event: Any, expected: tuple[float, ...], alice: Account, make_endpoint: MakeEndpoint
) -> None:
    endpoints.set_retry_waits(account=alice, retry_waits=account, now=NOW)
    make_endpoint(retry_waits=endpoint)
    publish(account=alice, event_requests=[EventRequest(TOPIC, retry_waits=event)], now=datetime.now(UTC))
    (job,) = claimed().jobs
    assert job.retry_waits == expected == waits_of(Delivery.objects.get())


@pytest.mark.parametrize(
    ("retry_tests", "event", "expected"), [(False, None, ()), (True, None, (6.0,)), (False, [3], (3.0,))]
)
def test_a_test_event_is_tried_again_only_with_waits_of_its_own_or_where_tests_are(
    retry_tests: bool, event: Any, expected: tuple[float, ...], make_endpoint: MakeEndpoint, settings: Settings
) -> None:
    settings.WEBHOOK_RETRY_TESTS = retry_tests
    endpoint = make_endpoint(retry_waits=[6])
    send_test(endpoint=endpoint, event_type=TOPIC, retry_waits=event, now=datetime.now(UTC))
    (job,) = claimed().jobs
    assert job.retry_waits == expected == waits_of(Delivery.objects.get())


def test_all_attempts_are_used_up_within_milliseconds(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    receiver.always("/hook", 503)
    make_endpoint(url=receiver.url("/hook"), retry_waits=QUICK)
    happen(alice)
    run_until_quiet()
    times = [got.at for got in receiver.requests]
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert all(wait <= got for wait, got in zip(QUICK, waits, strict=True)), waits
    assert times[-1] - times[0] < 0.5
    assert Delivery.objects.values_list("status", "attempt_count").get() == ("failed", 4)


def test_a_retry_that_is_due_soon_does_not_wait_for_a_slow_neighbour(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    receiver.always("/slow", Delay(1.0))
    receiver.always("/quick", 503)
    for path in ("/slow", "/quick"):
        make_endpoint(url=receiver.url(path), retry_waits=QUICK)
    happen(alice)
    started = time.monotonic()
    run_until_quiet()
    assert receiver.wait_for(4, path="/quick")[-1].at - started < 0.8


# By REST


def test_an_account_says_and_changes_its_waits(api: APIClient) -> None:
    path = f"{V1}/account/"
    assert api.get(path).json()["retry_waits"] is None
    answer = api.patch(path, {"retry_waits": QUICK})
    assert (answer.status_code, answer.json()["retry_waits"]) == (200, QUICK)
    assert api.get(path).json() == answer.json()
    assert api.patch(path, {"retry_waits": []}).json()["retry_waits"] == []
    assert api.patch(path, {"retry_waits": None}).json()["retry_waits"] is None
    output = AuditEntry.objects.filter(action="retry_waits.changed").order_by("id").values_list("target", flat=True)
    assert list(output) == ["0.01, 0.02, 0.04", "none", "the simulator's"]


def test_the_same_waits_again_are_no_change(alice: Account) -> None:
    for _ in range(2):
        endpoints.set_retry_waits(account=alice, retry_waits=[1], now=NOW)
    assert AuditEntry.objects.filter(action="retry_waits.changed").count() == 1


def test_nothing_else_of_an_account_can_be_changed_by_its_token(api: APIClient, alice: Account) -> None:
    assert list(error_of(api.patch(f"{V1}/account/", {"retry_waits": [], "name": "x"}))["fields"]) == ["name"]
    assert Account.objects.get(pk=alice.pk).retry_waits is None


def test_an_endpoint_takes_waits_keeps_them_and_gives_them_up(api: APIClient) -> None:
    wanted = {"name": "CRM", "url": "https://crm.example/", "event_types": [TOPIC], "retry_waits": QUICK}
    made = api.post(f"{V1}/endpoints/", wanted).json()
    path = f"{V1}/endpoints/{made['id']}/"
    assert made["retry_waits"] == QUICK
    assert api.patch(path, {"name": "POS"}).json()["retry_waits"] == QUICK
    assert api.patch(path, {"retry_waits": None}).json()["retry_waits"] is None
    assert api.get(path).json()["retry_waits"] is None


@pytest.mark.parametrize("merge", [False, True], ids=["quick way", "framework's way"])
def test_an_event_and_each_of_a_batch_has_its_own(merge: bool, api: APIClient, make_endpoint: MakeEndpoint) -> None:
    make_endpoint()
    more = {"timestamp": "2026-03-05T10:00:00"} if merge else {}
    assert api.post(f"{V1}/events/", {"topic": TOPIC, "retry_waits": QUICK, **more}).json()["retry_waits"] == QUICK
    batch = [{"topic": TOPIC, "retry_waits": [1], **more}, {"topic": TOPIC, **more}]
    assert [each["retry_waits"] for each in api.post(f"{V1}/events/batch/", batch, format="json").json()] == [
        [1.0],
        None,
    ]
    assert list(Event.objects.order_by("id").values_list("retry_waits", flat=True)) == [QUICK, [1.0], None]
    assert QueueEntry.objects.count() == 3


def test_a_test_event_takes_them_too(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    path = f"{V1}/endpoints/{make_endpoint().pk}/test/"
    answer = api.post(path, {"event_type": TOPIC, "retry_waits": ["x"]})
    assert list(error_of(answer)["fields"]) == ["retry_waits"]


WRONG = ["1,2", [1] * 11, [-1], [3601], ["1"], [True], [None], {"a": 1}, 5, [[1]]]


@pytest.mark.parametrize("waits", WRONG, ids=map(str, WRONG))
def test_what_are_no_waits_is_refused_everywhere(waits: Any, api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    given = {"retry_waits": waits}
    answers = [
        api.patch(f"{V1}/account/", given),
        api.patch(f"{V1}/endpoints/{endpoint.pk}/", given),
        api.post(f"{V1}/events/", {"topic": TOPIC, **given}),
        api.post(f"{V1}/events/batch/", [{"topic": TOPIC, **given}]),
    ]
    assert {refusal(answer) for answer in answers} == {(400, "invalid_request")}
    assert not Event.objects.exists()


def test_services_refuse_them_as_well(make_endpoint: MakeEndpoint) -> None:
    with pytest.raises(Exception, match="at most 10 numbers of seconds, each from 0 to 3600"):
        make_endpoint(retry_waits=[-1])
