"""What an account has not bought is refused: too many running endpoints, and zones without a licence."""

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.errors import PlanHoldsNoWebhook, PlanInUse
from accounts.models import Account, Licence
from accounts.services import change_plan, create_account, grant_endpoint_add_on, grant_zone
from tests.brands import NOW, YEAR, client_of, error_of, race, refusal
from webhooks.errors import PausedEndpointLimit
from webhooks.models import Endpoint
from webhooks.services import endpoints

pytestmark = pytest.mark.both_databases

ENDPOINTS = "/api/v1/endpoints/"
RACERS = 10

MakeEndpoint = Callable[..., Endpoint]


def create(client: APIClient, *event_types: str) -> Any:
    body = {"name": "CRM", "url": "http://127.0.0.1:9/", "event_types": event_types or ("prize.points_added",)}
    return client.post(ENDPOINTS, body)


def running(account: Account) -> int:
    return account.endpoints.filter(status="running").count()


# Running endpoints


def test_the_fourth_running_endpoint_is_refused(api: APIClient, alice: Account) -> None:
    answers = [create(api) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 409]
    assert error_of(answers[3])["code"] == "running_endpoint_limit"
    assert "3 of 3" in error_of(answers[3])["message"]
    assert "ask customer support" in error_of(answers[3])["message"]
    assert alice.endpoints.count() == 3


def test_paused_and_deleted_endpoints_do_not_count(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    endpoints.pause(endpoint=make_endpoint(), now=NOW)
    endpoints.delete(endpoint=make_endpoint(), now=NOW)
    assert [create(api).status_code for _ in range(4)] == [201, 201, 201, 409]


def test_resuming_past_the_limit_is_refused(api: APIClient, make_endpoint: MakeEndpoint, alice: Account) -> None:
    fourth = make_endpoint()
    endpoints.pause(endpoint=fourth, now=NOW)
    for _ in range(3):
        make_endpoint()
    assert refusal(api.post(f"{ENDPOINTS}{fourth.pk}/resume/")) == (409, "running_endpoint_limit")
    assert running(alice) == 3


def test_an_account_has_only_so_many_paused_endpoints(
    api: APIClient, console: Client, make_endpoint: MakeEndpoint, settings: Settings, alice: Account
) -> None:
    settings.WEBHOOK_PAUSED_ENDPOINTS = 1
    first, second = make_endpoint(), make_endpoint()
    assert api.post(f"{ENDPOINTS}{first.pk}/pause/").status_code == 200
    assert api.post(f"{ENDPOINTS}{first.pk}/pause/").status_code == 200
    assert refusal(api.post(f"{ENDPOINTS}{second.pk}/pause/")) == (409, "paused_endpoint_limit")
    answer = console.post(f"/console/webhooks/{second.pk}/pause/", follow=True)
    assert "has 1 paused endpoints and can have no more" in html.unescape(answer.content.decode())
    assert running(alice) == 1
    api.delete(f"{ENDPOINTS}{first.pk}/")
    assert api.post(f"{ENDPOINTS}{second.pk}/pause/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_limit_of_paused_endpoints_holds_when_many_are_paused_at_once(
    make_endpoint: MakeEndpoint, settings: Settings, alice: Account
) -> None:
    settings.WEBHOOK_PAUSED_ENDPOINTS = 1
    running_ones = iter([make_endpoint() for _ in range(3)])

    def pause() -> str:
        try:
            return endpoints.pause(endpoint=next(running_ones), now=NOW).status
        except PausedEndpointLimit as refused:
            return refused.code

    assert sorted(race(3, pause)) == ["paused", "paused_endpoint_limit", "paused_endpoint_limit"]
    assert running(alice) == 2


def test_resuming_what_runs_is_no_more_than_before(api: APIClient, make_endpoint: MakeEndpoint) -> None:
    third = [make_endpoint() for _ in range(3)][-1]
    assert api.post(f"{ENDPOINTS}{third.pk}/resume/").status_code == 200


def test_the_limit_of_one_account_is_not_that_of_another(make_endpoint: MakeEndpoint, bob: Account) -> None:
    for _ in range(3):
        make_endpoint()
    assert create(client_of(bob)).status_code == 201


def test_the_operator_can_raise_the_limit(api: APIClient, alice: Account) -> None:
    Account.objects.filter(pk=alice.pk).update(endpoint_limit=5)
    assert [create(api).status_code for _ in range(6)] == [201] * 5 + [409]


@pytest.mark.parametrize(
    ("begins", "ends", "allowed"),
    [(-YEAR, 5 * YEAR, 5), (-2 * YEAR, -YEAR, 3), (5 * YEAR, 6 * YEAR, 3)],
    ids=["valid", "over", "not yet begun"],
)
def test_an_add_on_raises_the_limit_for_its_period(
    begins: timedelta, ends: timedelta, allowed: int, api: APIClient, alice: Account
) -> None:
    grant_endpoint_add_on(account=alice, extra_endpoints=2, valid_from=NOW + begins, valid_until=NOW + ends)
    assert [create(api).status_code for _ in range(allowed + 1)] == [201] * allowed + [409]


def test_what_ran_under_an_add_on_runs_on_but_cannot_be_resumed_after_it(api: APIClient, alice: Account) -> None:
    add_on = grant_endpoint_add_on(account=alice, extra_endpoints=1, valid_from=NOW, valid_until=NOW + 5 * YEAR)
    fourth = [create(api).json()["id"] for _ in range(4)][-1]
    Licence.objects.filter(pk=add_on.pk).update(valid_until=NOW + timedelta(seconds=1))
    assert running(alice) == 4
    assert api.post(f"{ENDPOINTS}{fourth}/pause/").status_code == 200
    assert refusal(api.post(f"{ENDPOINTS}{fourth}/resume/")) == (409, "running_endpoint_limit")


@pytest.mark.django_db(transaction=True)
def test_ten_who_create_the_third_endpoint_at_once_make_one(make_endpoint: MakeEndpoint, alice: Account) -> None:
    for _ in range(2):
        make_endpoint()
    clients = iter([client_of(alice) for _ in range(RACERS)])
    answers = race(RACERS, lambda: create(next(clients)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (RACERS - 1)
    assert running(alice) == 3


@pytest.mark.django_db(transaction=True)
def test_ten_who_resume_at_once_never_run_more_than_three(make_endpoint: MakeEndpoint, alice: Account) -> None:
    for _ in range(RACERS):
        endpoints.pause(endpoint=make_endpoint(), now=NOW)
    turns = iter([(client_of(alice), endpoint.pk) for endpoint in alice.endpoints.all()])

    def resume() -> Any:
        client, endpoint_id = next(turns)
        return client.post(f"{ENDPOINTS}{endpoint_id}/resume/")

    answers = race(RACERS, resume)
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * (RACERS - 3)
    assert running(alice) == 3


# Zones


def test_bob_may_not_subscribe_to_a_zone_he_has_not_bought(bob: Account) -> None:
    answer = create(client_of(bob), "prize.points_added", "message.first_open")
    assert refusal(answer) == (403, "zone_not_licensed")
    assert "zone 2" in error_of(answer)["message"]
    assert "Ask customer support" in error_of(answer)["message"]
    assert list(error_of(answer)["fields"]) == ["event_types"]
    assert not bob.endpoints.exists()


def test_bob_may_subscribe_to_all_of_the_zone_he_has_bought(bob: Account) -> None:
    assert create(client_of(bob), "prize.points_added", "pnp.status_updated").status_code == 201


def test_carol_may_subscribe_to_nothing(carol: Account) -> None:
    for topic in ("receipt.receipt_validated", "message.first_open"):
        assert refusal(create(client_of(carol), topic)) == (403, "zone_not_licensed")


@pytest.mark.parametrize(("begins", "ends"), [(-2 * YEAR, -YEAR), (5 * YEAR, 6 * YEAR)], ids=["over", "not yet begun"])
def test_a_licence_outside_its_period_is_none(begins: timedelta, ends: timedelta, carol: Account) -> None:
    grant_zone(account=carol, zone=1, valid_from=NOW + begins, valid_until=NOW + ends)
    assert refusal(create(client_of(carol))) == (403, "zone_not_licensed")


def test_a_test_event_needs_the_zone_too(bob: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(account=bob, event_types=["prize.points_added"])
    answer = client_of(bob).post(f"{ENDPOINTS}{endpoint.pk}/test/", {"event_type": "message.first_open"})
    assert refusal(answer) == (403, "zone_not_licensed")
    assert not bob.events.exists()


# Plans


@pytest.mark.parametrize("plan", [Account.Plan.ENTRY, Account.Plan.ECOMMERCE])
def test_only_the_marketing_plan_can_hold_a_webhook_licence(plan: str, db: None) -> None:
    account = create_account(name="Small brand", time_zone="Asia/Taipei", now=NOW, plan=plan)
    period: dict[str, Any] = {"valid_from": NOW, "valid_until": NOW + YEAR}
    with pytest.raises(PlanHoldsNoWebhook, match="marketing plan"):
        grant_zone(account=account, zone=1, **period)
    with pytest.raises(PlanHoldsNoWebhook, match="marketing plan"):
        grant_endpoint_add_on(account=account, extra_endpoints=1, **period)
    assert not account.licences.exists()


@pytest.mark.parametrize("plan", [Account.Plan.ENTRY, Account.Plan.ECOMMERCE])
def test_an_account_with_licences_cannot_leave_the_marketing_plan(plan: str, alice: Account) -> None:
    with pytest.raises(PlanInUse):
        change_plan(account=alice, plan=plan, now=NOW)
    alice.refresh_from_db()
    assert alice.plan == "marketing"


def test_it_can_leave_once_its_licences_are_over(alice: Account) -> None:
    change_plan(account=alice, plan=Account.Plan.ENTRY, now=NOW + 6 * YEAR)
    alice.refresh_from_db()
    assert alice.plan == "entry"


def test_a_licence_bought_ahead_holds_the_plan_as_well(carol: Account) -> None:
    grant_zone(account=carol, zone=1, valid_from=NOW + YEAR, valid_until=NOW + 2 * YEAR)
    with pytest.raises(PlanInUse):
        change_plan(account=carol, plan=Account.Plan.ENTRY, now=NOW)


def test_carol_can_move_to_any_plan_and_back(carol: Account) -> None:
    for plan in Account.Plan:
        assert change_plan(account=carol, plan=plan, now=NOW).plan == plan
