"""The binding callback: unsigned, with preset headers, delivered by the engine of the webhooks."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection
from rest_framework.test import APIClient

from accounts.models import Account, Licence
from maac_contract.binding_callback import CALLBACK, callback_body, callback_sample, national
from tests.brands import NOW, client_of, error_of
from tests.receiver import Receiver
from tests.webhooks.test_deliver import run_until_quiet
from webhooks import selectors
from webhooks.engine.extra_headers import MASK
from webhooks.errors import InvalidInput, InvalidUrl, NoCallback
from webhooks.models import Attempt, Delivery, Endpoint, QueueEntry
from webhooks.services import callback, checks
from webhooks.services.publish import EventRequest, publish
from webhooks.services.redeliver import redeliver
from webhooks.services.redeliver_many import redeliver_many
from webhooks.services.reencrypt import reencrypt

KEY = "the-agreed-value"
PATH = "/api/v1/callback/"
DATA = callback_sample(1)

pytestmark = pytest.mark.django_db
MakeEndpoint = Callable[..., Endpoint]


def now() -> datetime:
    return datetime.now(UTC)


def set_callback(account: Account, url: str = "http://127.0.0.1:9/binding", **headers: str) -> Endpoint:
    given = headers or {"x-api-key": KEY}
    return callback.set_callback(account=account, url=url, headers=given, now=NOW)


def send(account: Account, **changes: Any) -> Delivery:
    delivery = callback.send_callback(account=account, data=DATA, now=now(), **changes)
    assert delivery is not None
    return delivery


@pytest.mark.both_databases
def test_it_arrives_unsigned_with_its_preset_header_and_the_body_that_maac_documents(
    alice: Account, receiver: Receiver
) -> None:
    set_callback(alice, receiver.url("/binding"))
    delivery = send(alice)
    run_until_quiet()
    (got,) = receiver.requests
    names = [name for name, _ in got.headers]
    assert names == ["Host", "User-Agent", "Content-Type", "x-api-key", "Content-Length"]
    assert (got.method, got.header("Content-Type"), got.header("x-api-key")) == ("POST", "application/json", KEY)
    assert list(got.json()) == ["line_uid", "customer_id", "email", "mobile", "status"]
    assert got.body == callback_body(DATA).encode()
    delivery.refresh_from_db()
    assert delivery.status == "delivered"


@pytest.mark.both_databases
def test_two_500s_are_retried_by_the_rule_of_webhooks(alice: Account, receiver: Receiver) -> None:
    alice.retry_waits = [0.01, 0.01, 0.01]
    alice.save()
    set_callback(alice, receiver.url("/binding"))
    receiver.script("/binding", 500, 500, 200)
    delivery = send(alice)
    run_until_quiet()
    assert [got.body for got in receiver.requests] == [callback_body(DATA).encode()] * 3
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt_count) == ("delivered", 3)


def test_no_preset_value_stands_in_the_database_or_in_the_log(alice: Account, receiver: Receiver) -> None:
    made = set_callback(alice, receiver.url("/binding"))
    send(alice)
    run_until_quiet()
    with connection.cursor() as cursor:
        cursor.execute("SELECT preset_headers FROM webhooks_endpoint WHERE id = %s", [made.pk])
        assert KEY not in cursor.fetchone()[0]
    attempt = Attempt.objects.get()
    assert dict(attempt.request_headers)["x-api-key"] == MASK
    assert KEY not in json.dumps(attempt.request_headers)


def test_it_is_no_webhook_endpoint(alice: Account, make_endpoint: MakeEndpoint) -> None:
    set_callback(alice)
    endpoint = make_endpoint()
    assert [each.pk for each in selectors.endpoints(account=alice)] == [endpoint.pk]
    assert selectors.running_endpoints(account=alice) == 1
    (published,) = publish(account=alice, event_requests=[EventRequest("prize.points_added", seed=1)], now=NOW)
    assert [each.endpoint_id for each in published.deliveries] == [endpoint.pk]
    assert published.event.not_reached == []


def test_it_needs_no_licence(alice: Account, receiver: Receiver) -> None:
    Licence.objects.filter(account=alice).delete()
    set_callback(alice, receiver.url("/binding"))
    delivery = send(alice)
    run_until_quiet()
    delivery.refresh_from_db()
    assert delivery.status == "delivered"


def test_without_an_address_nothing_is_sent(alice: Account) -> None:
    assert callback.send_callback(account=alice, data=DATA, now=NOW) is None
    with pytest.raises(NoCallback):
        callback.send_test_callback(account=alice, now=NOW)
    assert not Delivery.objects.exists()


def test_what_is_pending_when_the_address_is_removed_is_skipped(alice: Account, receiver: Receiver) -> None:
    set_callback(alice, receiver.url("/binding"))
    delivery = send(alice)
    callback.remove_callback(account=alice, now=NOW)
    callback.remove_callback(account=alice, now=NOW)
    run_until_quiet()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason, receiver.requests) == ("skipped", "endpoint_deleted", [])


def test_one_account_has_one_callback(alice: Account) -> None:
    first, second = set_callback(alice), set_callback(alice, "http://127.0.0.1:9/other")
    assert (first.pk, callback.callback_of(alice)) == (second.pk, second)
    with pytest.raises(IntegrityError):
        Endpoint.of_any_kind.create(
            account=alice, kind="callback", name="x", url="http://127.0.0.1:9/", share_secret="", created_at=NOW,
            updated_at=NOW,
        )  # fmt: skip


def test_a_masked_value_stays_as_it_is(alice: Account) -> None:
    set_callback(alice, **{"x-api-key": KEY, "x-shop": "tokyo"})
    changed = set_callback(alice, **{"X-Api-Key": MASK, "x-shop": "osaka"})
    assert callback.preset_headers(changed) == {"X-Api-Key": KEY, "x-shop": "osaka"}
    with pytest.raises(InvalidInput):
        set_callback(alice, **{"x-new": MASK})


@pytest.mark.parametrize(
    "headers", [{"x y": "1"}, {"x": "ü"}, {"x": ""}, {"CrescLab-Signature": "1"}, {"Content-Type": "text/plain"}]
)
def test_a_bad_header_is_refused_and_changes_nothing(alice: Account, headers: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        set_callback(alice, **headers)
    assert callback.callback_of(alice) is None


def test_a_bad_address_is_refused(alice: Account) -> None:
    with pytest.raises(InvalidUrl):
        set_callback(alice, "ftp://127.0.0.1/")


def test_a_refused_address_is_refused_at_the_socket(alice: Account, receiver: Receiver, settings: Any) -> None:
    set_callback(alice, receiver.url("/binding"))
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = False
    delivery = send(alice)
    run_until_quiet()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason, receiver.requests) == ("failed", "REFUSED_ADDRESS", [])


def test_headers_that_no_key_decrypts_fail_only_the_callback(
    alice: Account, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    made = set_callback(alice, receiver.url("/binding"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE webhooks_endpoint SET preset_headers = 'lost' WHERE id = %s", [made.pk])
    make_endpoint(url=receiver.url("/hook"))
    alice.retry_waits = []
    alice.save()
    broken = send(alice)
    publish(account=alice, event_requests=[EventRequest("prize.points_added", seed=1)], now=now())
    run_until_quiet()
    broken.refresh_from_db()
    assert broken.status == "failed"
    assert "preset headers" in Attempt.objects.get(delivery=broken).detail
    assert [got.path for got in receiver.requests] == ["/hook"]
    assert callback.masked_headers(Endpoint.of_any_kind.get(pk=made.pk)) == {}


def test_preset_headers_are_re_encrypted_with_the_first_key(alice: Account, settings: Any) -> None:
    made = set_callback(alice)
    settings.ENCRYPTION_KEYS = ["a new key of thirty characters", *settings.ENCRYPTION_KEYS]
    assert [progress.rewritten for progress in reencrypt()] == [1]
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert callback.preset_headers(Endpoint.of_any_kind.get(pk=made.pk)) == {"x-api-key": KEY}


def test_a_delivery_is_sent_again_alone_and_among_many(alice: Account, receiver: Receiver) -> None:
    set_callback(alice, receiver.url("/binding"))
    receiver.script("/binding", 400, 400, 200)
    delivery = send(alice)
    run_until_quiet()
    redeliver(delivery=delivery, now=now())
    run_until_quiet()
    many = redeliver_many(account=alice, delivery_ids=[delivery.pk], new_key=False, asked_at=now(), now=now())
    run_until_quiet()
    delivery.refresh_from_db()
    assert (many.count, delivery.status, len(receiver.requests)) == (1, "delivered", 3)


def test_a_test_is_sent_once_and_marked(alice: Account, receiver: Receiver) -> None:
    set_callback(alice, receiver.url("/binding"))
    receiver.script("/binding", 500)
    delivery = callback.send_test_callback(account=alice, seed=1, now=now())
    run_until_quiet()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt_count, delivery.is_test, delivery.topic) == ("failed", 1, True, CALLBACK)
    assert not QueueEntry.objects.exists()


@pytest.mark.parametrize(
    ("mobile", "shown"),
    [("+886900111222", "0900111222"), ("+819012345678", "09012345678"), ("+4479", "+4479"), ("", "")],
)
def test_a_mobile_number_is_sent_in_national_form(mobile: str, shown: str) -> None:
    assert national(mobile) == shown


# REST


def test_it_is_set_shown_and_removed_by_rest(api: APIClient) -> None:
    assert error_of(api.get(PATH))["code"] == "not_found"
    made = api.put(PATH, {"url": "http://127.0.0.1:9/b", "headers": {"x-api-key": KEY}})
    assert (made.status_code, made.json()["headers"]) == (200, {"x-api-key": MASK})
    again = api.put(PATH, {"url": "http://127.0.0.1:9/c", "headers": made.json()["headers"]})
    assert again.json()["id"] == made.json()["id"]
    assert api.get(PATH).json()["url"] == "http://127.0.0.1:9/c"
    log = api.get("/api/v1/deliveries/", {"topic": CALLBACK, "endpoint": made.json()["id"]})
    assert (log.status_code, log.json()["results"]) == (200, [])
    assert api.delete(PATH).status_code == 204
    assert api.get(PATH).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": "nonsense"}, "url"),
        ({"url": "http://127.0.0.1:9/", "headers": []}, "headers"),
        ({"url": "http://127.0.0.1:9/", "headers": {"x": 1}}, "headers"),
        ({"url": "http://127.0.0.1:9/", "headers": {"Host": "x"}}, "headers"),
        ({"url": "http://127.0.0.1:9/", "secret": "x"}, "secret"),
    ],
)
def test_a_bad_body_is_refused_with_its_field(api: APIClient, body: dict[str, Any], field: str) -> None:
    refused = api.put(PATH, body)
    assert refused.status_code == 400
    assert field in error_of(refused)["fields"]


def test_another_accounts_callback_is_out_of_reach(alice: Account, bob: Account) -> None:
    made = set_callback(alice)
    assert client_of(bob).get(PATH).status_code == 404
    assert client_of(bob).get("/api/v1/deliveries/", {"endpoint": made.pk}).json()["results"] == []
    assert client_of(alice).get(f"/api/v1/endpoints/{made.pk}/").status_code == 404


def test_the_check_finds_what_is_wrong_and_stores_no_preset_value(
    alice: Account, api: APIClient, receiver: Receiver
) -> None:
    set_callback(alice, receiver.url("/binding"))
    begun = api.post(f"{PATH}check/")
    assert begun.status_code == 202
    checks.run_waiting()
    check = api.get(f"/api/v1/checks/{begun.json()['id']}/").json()
    verdicts = {probe["id"]: probe["verdict"] for probe in check["report"]["probes"]}
    assert verdicts["callback-accepted"] == verdicts["callback-duplicate"] == "passed"
    assert verdicts["callback-answer"] == "warning"
    assert verdicts["callback-without-header"] == verdicts["callback-wrong-header"] == "failed"
    assert KEY in {got.header("x-api-key") for got in receiver.requests}
    assert KEY not in json.dumps(check)
