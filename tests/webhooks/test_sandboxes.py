"""Sandboxes: POST and DELETE /api/v1/accounts/, what one holds, and that nothing of it is left."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Account
from events.models import Event
from maac_contract.contract import TOPICS
from tests.brands import NOW, anyone, browser, client_of, error_of, race, refusal
from tests.webhooks.test_notices import BAD, end
from webhooks import outbox
from webhooks.engine.concurrency_limiter import Capacity
from webhooks.engine.job import Answered, Timings
from webhooks.engine.lifecycle import judge
from webhooks.models import Attempt, Delivery, DeliveryStats, Endpoint
from webhooks.outbox import Settlement
from webhooks.services import sandboxes
from webhooks.services.notices import give_notices

pytestmark = pytest.mark.both_databases

ACCOUNTS = "/api/v1/accounts/"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def allowed(settings: Settings) -> None:
    settings.SANDBOXES = True


def made(api: APIClient, **fields: Any) -> tuple[int, APIClient]:
    """A new sandbox: its id and a client with its token."""
    answer = api.post(ACCOUNTS, fields)
    assert answer.status_code == 201, answer.content
    client = anyone()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['token']}")
    return answer.json()["id"], client


def furnish(client: APIClient) -> None:
    """Something in every table that a receiver's test fills: events, deliveries with attempts, tests, contacts."""
    body = {"name": "CRM", "url": "http://127.0.0.1:9/", "event_types": list(TOPICS)}
    endpoint = client.post("/api/v1/endpoints/", body).json()["id"]
    for topic in TOPICS:
        assert client.post("/api/v1/events/", {"topic": topic}, HTTP_IDEMPOTENCY_KEY=topic).status_code == 201
    settle_all(datetime.now(UTC))
    newest = Delivery.objects.filter(endpoint=endpoint).order_by("-id").values_list("id", flat=True)[0]
    assert client.post(f"/api/v1/deliveries/{newest}/redeliver/", {"new_key": True}).status_code == 202
    assert client.post("/api/v1/modules/contacts/demo/").status_code in (200, 201)


def settle_all(now: datetime) -> None:
    claim = outbox.claim(capacity=Capacity(total=100, each=100, busy={}), after=0, now=now, lease=HOUR)
    for job in claim.jobs:
        outcome = Answered(now.timestamp(), Timings(1.0), "127.0.0.1:9", (), 200, (), b"", False)
        verdict = judge(outcome, tries=job.tries, waits=job.retry_waits)
        assert outbox.settle([Settlement(job, outcome, verdict, now)]) == 1


def rows() -> dict[str, int]:
    """How many rows every table has."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


def test_a_sandbox_is_an_account_licensed_for_everything_with_a_token_of_its_own(api: APIClient) -> None:
    number, sandbox = made(api, name="test_points", endpoint_limit=7, retry_waits=[0.01, 0])
    account = sandbox.get("/api/v1/account/").json()
    assert (account["id"], account["name"], account["time_zone"]) == (number, "test_points", "Asia/Taipei")
    assert (account["endpoint_limit"], account["retry_waits"]) == (7, [0.01, 0])
    assert [(row["zone"], row["valid"]) for row in account["licences"]] == [(1, True), (2, True)]
    assert all(row["licensed"] for row in sandbox.get("/api/v1/event-types/").json())


def test_without_a_wish_it_is_as_maac_has_it(api: APIClient) -> None:
    answer = api.post(ACCOUNTS)
    assert answer.status_code == 201
    sandbox = Account.objects.get(pk=answer.json()["id"])
    assert (sandbox.name, sandbox.endpoint_limit, sandbox.time_zone) == ("Sandbox", 3, "Asia/Taipei")
    lifetime = datetime.fromisoformat(answer.json()["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < lifetime <= HOUR


def test_sandboxes_know_nothing_of_each_other_nor_of_the_account_that_made_them(api: APIClient) -> None:
    (_, first), (_, second) = made(api), made(api)
    furnish(first)
    for other in (second, api):
        assert other.get("/api/v1/endpoints/").json()["results"] == []
        assert other.get("/api/v1/deliveries/").json()["results"] == []


def test_of_a_removed_sandbox_nothing_is_left(api: APIClient, alice: Account) -> None:
    _, other = made(api)
    furnish(other)
    settle_all(datetime.now(UTC))
    before = rows()
    number, sandbox = made(api)
    furnish(sandbox)
    assert rows()["webhooks.Attempt"] > before["webhooks.Attempt"]
    assert rows()["webhooks.DeliveryStats"] > before["webhooks.DeliveryStats"]
    assert rows()["webhooks.AcceptedRequest"] > before["webhooks.AcceptedRequest"]
    assert api.delete(f"{ACCOUNTS}{number}/").status_code == 204
    assert sandboxes.remove_expired(now=datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert rows() == before
    assert client_of(alice).get("/api/v1/account/").status_code == 200
    connection.check_constraints()


def test_a_removed_sandbox_is_closed_at_once(api: APIClient) -> None:
    number, sandbox = made(api)
    furnish(sandbox)
    sandbox.post("/api/v1/events/", {"topic": "prize.points_added"})
    assert sandbox.delete(f"{ACCOUNTS}{number}/").status_code == 204
    assert refusal(sandbox.get("/api/v1/account/")) == (401, "authentication_failed")
    claim = outbox.claim(
        capacity=Capacity(total=100, each=100, busy={}), after=0, now=datetime.now(UTC) + HOUR, lease=HOUR
    )
    assert claim.jobs == []
    assert set(Delivery.objects.filter(account=number, status="skipped").values_list("reason", flat=True)) == {
        "endpoint_deleted"
    }
    assert refusal(api.delete(f"{ACCOUNTS}{number}/")) == (404, "not_found")


def test_rows_stay_for_calls_that_are_just_being_answered(api: APIClient) -> None:
    number, _ = made(api)
    api.delete(f"{ACCOUNTS}{number}/")
    assert sandboxes.remove_expired(now=datetime.now(UTC) + timedelta(seconds=5)) == 0
    assert Account.objects.filter(pk=number).exists()


def test_an_expired_sandbox_is_closed_and_then_erased(api: APIClient) -> None:
    number, sandbox = made(api, expires_in=60)
    now = datetime.now(UTC)
    assert sandboxes.remove_expired(now=now + timedelta(seconds=50)) == 0
    assert sandbox.get("/api/v1/account/").status_code == 200
    assert sandboxes.remove_expired(now=now + timedelta(seconds=62)) == 0
    assert sandbox.get("/api/v1/account/").status_code == 401
    assert sandboxes.remove_expired(now=now + timedelta(seconds=90)) == 1
    assert not Account.objects.filter(pk=number).exists()


def test_an_expired_sandbox_is_refused_before_anything_has_closed_it(api: APIClient) -> None:
    number, sandbox = made(api)
    event = {"topic": "prize.points_added"}
    assert sandbox.post("/api/v1/events/", event).status_code == 201
    Account.objects.filter(pk=number).update(expires_at=datetime.now(UTC))
    by_the_framework = sandbox.get("/api/v1/account/")
    assert (
        refusal(by_the_framework) == refusal(sandbox.post("/api/v1/events/", event)) == (401, "authentication_failed")
    )
    assert Event.objects.filter(account=number).count() == 1


def test_nobody_removes_what_is_not_theirs(api: APIClient, alice: Account, bob: Account) -> None:
    number, sandbox = made(api)
    neighbour, _ = made(api)
    for client, target in ((client_of(bob), number), (sandbox, neighbour), (sandbox, alice.pk), (api, alice.pk)):
        assert refusal(client.delete(f"{ACCOUNTS}{target}/")) == (404, "not_found")
    assert Account.objects.filter(pk__in=[number, neighbour, alice.pk]).count() == 3
    assert anyone().post(ACCOUNTS).status_code == 401


def test_a_sandbox_makes_no_sandboxes(api: APIClient) -> None:
    _, sandbox = made(api)
    assert refusal(sandbox.post(ACCOUNTS)) == (403, "sandbox_in_sandbox")


def test_where_they_are_not_allowed_none_is_made(api: APIClient, settings: Settings) -> None:
    settings.SANDBOXES = False
    answer = api.post(ACCOUNTS)
    assert refusal(answer) == (403, "sandboxes_are_off")
    assert "MAAC_SIM_SANDBOXES" in error_of(answer)["message"]


def test_an_account_has_so_many_at_a_time(api: APIClient, alice: Account) -> None:
    number, _ = made(api)
    now = datetime.now(UTC)
    others = (
        Account(name=str(n), parent=alice, expires_at=now + HOUR, created_at=now) for n in range(sandboxes.MOST - 1)
    )
    Account.objects.bulk_create(others)
    assert refusal(api.post(ACCOUNTS)) == (409, "sandbox_limit")
    api.delete(f"{ACCOUNTS}{number}/")
    made(api)


@pytest.mark.django_db(transaction=True)
def test_ten_who_make_the_last_one_at_once_make_one(alice: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxes, "MOST", 2)
    clients = iter([client_of(alice) for _ in range(10)])
    made(client_of(alice))
    answers = race(10, lambda: next(clients).post(ACCOUNTS))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert alice.sandboxes.count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", 3), ("name", "x" * 101), ("name", "\0"), ("time_zone", "Mars/Olympus"),
        ("endpoint_limit", 0), ("endpoint_limit", 1001), ("endpoint_limit", "many"), ("expires_in", 0),
        ("expires_in", 86_401), ("expires_in", 10**30), ("expires_in", "soon"), ("parent", 1),
        ("retry_waits", [-1]), ("retry_waits", [1] * 11), ("retry_waits", "short"),
    ],
)  # fmt: skip
def test_a_wrong_wish_is_reported_and_makes_nothing(api: APIClient, field: str, value: object) -> None:
    before = rows()
    answer = api.post(ACCOUNTS, {field: value})
    assert answer.status_code in (400, 409), answer.content
    assert field in error_of(answer)["fields"]
    assert rows() == before


def test_making_and_removing_one_takes_few_statements(api: APIClient) -> None:
    with CaptureQueriesContext(connection) as queries:
        number, _ = made(api)
        api.delete(f"{ACCOUNTS}{number}/")
    assert len(queries) < 50


def test_the_console_lists_no_sandboxes_but_customer_support_finds_them(
    api: APIClient, alice: Account, operator: Client
) -> None:
    number, _ = made(api, name="test of the till")
    other = browser("bob", alice)
    for client in (operator, other):
        assert "test of the till" not in client.get("/console/").content.decode()
    assert "test of the till" in operator.get("/console/accounts/").content.decode()
    operator.post("/console/account/", {"account": number})
    assert other.get(f"/console/accounts/{number}/").status_code == 404


@pytest.fixture
def many_rows(api: APIClient) -> Iterator[int]:
    number, sandbox = made(api)
    furnish(sandbox)
    yield number
    assert not Endpoint.objects.filter(account=number).exists()
    assert not DeliveryStats.objects.filter(account=number).exists()
    assert Attempt.objects.count() == 0


def test_erasing_takes_a_statement_a_table_however_many_rows_there_are(many_rows: int) -> None:
    Account.objects.filter(pk=many_rows).update(expires_at=datetime.now(UTC) - HOUR)
    with CaptureQueriesContext(connection) as queries:
        sandboxes.remove_expired(now=datetime.now(UTC))
    assert len(queries) < len(apps.get_models()) + 10


def test_a_sandbox_gets_its_notices_and_mails_nobody(
    alice: Account, make_endpoint: Callable[..., Endpoint], settings: Settings
) -> None:
    settings.WEBHOOK_NOTICE_EMAIL = ["support@example.com"]
    sandbox = sandboxes.make(parent=alice, now=NOW).account
    for account in (sandbox, alice):
        make_endpoint(account=account)
        end(account, *[BAD] * 5)
    notices = give_notices(now=NOW + timedelta(seconds=30))
    assert {notice.account_id for notice in notices} == {sandbox.pk, alice.pk}
    assert len(mail.outbox) == 1
    assert "Alice's brand" in mail.outbox[0].body
