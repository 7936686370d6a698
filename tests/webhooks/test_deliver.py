"""A delivery run, from rows to a real receiver and back."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from pytest_django import Settings

from accounts.models import Account
from maac_contract.contract import TOPICS
from tests.receiver import Hang, Receiver, Reset
from webhooks.models import Delivery, Endpoint, QueueEntry
from webhooks.services import deliver, delivery_run, endpoints
from webhooks.services.publish import EventRequest, publish
from webhooks.services.redeliver import redeliver
from webhooks.services.send_test import send_test

TOPIC = "prize.points_added"

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MakeEndpoint = Callable[..., Endpoint]


def now() -> datetime:
    return datetime.now(UTC)


def run_until_quiet(stopping: delivery_run.Stopping | None = None) -> None:
    network = deliver.new_network()
    try:
        delivery_run.Run(
            network, wake_event=threading.Event(), stopping=stopping or delivery_run.Stopping(), idle_after=0.02
        ).until_quiet()
    finally:
        network.close()


def happen(account: Account, count: int = 1, topic: str = TOPIC) -> None:
    publish(account=account, event_requests=[EventRequest(topic, seed=number) for number in range(count)], now=now())


@pytest.mark.parametrize("topic", TOPICS)
def test_an_event_of_every_topic_arrives_signed(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver, topic: str
) -> None:
    endpoint = make_endpoint(url=receiver.url("/hook"))
    happen(alice, topic=topic)
    run_until_quiet()
    (got,) = receiver.requests
    delivery = Delivery.objects.get()
    assert got.verifies(endpoint.share_secret)
    assert (got.body, got.key) == (delivery.event.body.encode(), delivery.idempotency_key)
    assert delivery.status == "delivered"


def test_500_500_500_200_takes_four_attempts_with_the_waits_between_them(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_RETRY_WAITS = (0.1, 0.2, 0.4)
    make_endpoint(url=receiver.url("/hook"))
    receiver.script("/hook", 500, 500, 500, 200)
    happen(alice)
    run_until_quiet()
    times = [got.at for got in receiver.requests]
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert all(wait <= got < wait + 0.3 for wait, got in zip((0.1, 0.2, 0.4), waits, strict=True)), waits
    assert len({got.key for got in receiver.requests}) == 1
    assert Delivery.objects.get().status == "delivered"


def test_an_endpoint_that_hangs_holds_up_no_other(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_ATTEMPT_TIMEOUT = 1.0
    settings.WEBHOOK_IN_FLIGHT_PER_ENDPOINT = 5
    settings.WEBHOOK_RETRY_WAITS = ()
    receiver.always("/hang", Hang())
    make_endpoint(url=receiver.url("/hang"))
    make_endpoint(url=receiver.url("/quick"))
    happen(alice, 10)
    started = time.monotonic()
    runner = threading.Thread(target=lambda: receiver.wait_for(10, path="/quick", timeout=5))
    runner.start()
    run_until_quiet()
    runner.join()
    quick = [got.at - started for got in receiver.requests if got.path == "/quick"]
    assert len(quick) == 10
    assert max(quick) < 0.9
    assert set(Delivery.objects.filter(endpoint__url__endswith="/hang").values_list("reason", flat=True)) == {
        "REQUEST_TIMEOUT"
    }


def test_a_secret_that_is_rotated_between_two_attempts_signs_the_second(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_RETRY_WAITS = (0.0,)
    endpoint = make_endpoint(url=receiver.url("/hook"))
    old = endpoint.share_secret
    receiver.script("/hook", Reset())
    happen(alice)
    settings.WEBHOOK_RETRY_WAITS = (30.0,)
    run_until_quiet()
    new = endpoints.rotate_secret(endpoint=endpoint, now=now()).share_secret
    QueueEntry.objects.update(due_at=now())
    run_until_quiet()
    first, second = receiver.requests
    assert first.verifies(old)
    assert second.verifies(new)
    assert not second.verifies(old)


def test_a_redelivery_sends_the_same_bytes_and_key_in_a_new_series(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_RETRY_WAITS = (0.0,)
    make_endpoint(url=receiver.url("/hook"))
    receiver.script("/hook", 500, 500, 500, 200)
    happen(alice)
    run_until_quiet()
    redeliver(delivery=Delivery.objects.get(), now=now())
    run_until_quiet()
    assert len({(got.key, got.body) for got in receiver.requests}) == 1
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempt_count) == ("delivered", 4)
    assert list(delivery.attempts.order_by("number").values_list("status_code", flat=True)) == [500, 500, 500, 200]


def test_a_redelivery_under_a_new_key_is_a_delivery_of_its_own(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    make_endpoint(url=receiver.url("/hook"))
    happen(alice)
    run_until_quiet()
    first = Delivery.objects.get()
    again = redeliver(delivery=first, new_key=True, now=now())
    run_until_quiet()
    assert [got.key for got in receiver.requests] == [first.idempotency_key, again.idempotency_key]
    assert len({got.body for got in receiver.requests}) == 1
    assert again.redelivery_of == first


def test_a_test_event_that_fails_is_not_tried_again(make_endpoint: MakeEndpoint, receiver: Receiver) -> None:
    receiver.always("/hook", 500)
    send_test(endpoint=make_endpoint(url=receiver.url("/hook")), event_type=TOPIC, now=now())
    run_until_quiet()
    assert len(receiver.requests) == 1
    assert Delivery.objects.get().status == "failed"


def test_an_answer_past_200_can_be_made_a_failure(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_ACCEPT_ANY_2XX = False
    make_endpoint(url=receiver.url("/hook"))
    receiver.script("/hook", 201)
    happen(alice)
    run_until_quiet()
    assert Delivery.objects.get().status == "failed"


def test_a_run_that_is_reported_to_stop_settles_what_flies_and_claims_no_more(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    make_endpoint(url=receiver.url("/hook"))
    happen(alice)
    stopping = delivery_run.Stopping()
    stopping.set(time.time() + 1)
    run_until_quiet(stopping)
    assert receiver.requests == []
    assert Delivery.objects.get().status == "pending"


def test_five_hundred_arrive_once_each(alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver) -> None:
    endpoint = make_endpoint(url=receiver.url("/hook"))
    happen(alice, 500)
    run_until_quiet()
    assert len(receiver.requests) == len({got.key for got in receiver.requests}) == 500
    assert all(got.verifies(endpoint.share_secret) for got in receiver.requests)
    assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}
