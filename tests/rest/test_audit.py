"""The audit log: who did something that matters, read by GET /api/v1/audit/."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import audit
from accounts.errors import PlanInUse
from accounts.models import Account, AuditEntry
from accounts.services import (
    change_plan,
    create_account,
    grant_endpoint_add_on,
    grant_zone,
    issue_token,
    revoke_token,
)
from tests.brands import NOW, YEAR, client_of, refusal
from webhooks.models import Endpoint
from webhooks.services import endpoints

AUDIT = "/api/v1/audit/"
ENDPOINTS = "/api/v1/endpoints/"

MakeEndpoint = Callable[..., Endpoint]


def log_of(account: Account) -> list[tuple[str, str, str]]:
    """Actor, action and target of each entry, the oldest first."""
    rows = AuditEntry.objects.filter(account=account).order_by("id")
    return list(rows.values_list("actor", "action", "target"))


@pytest.fixture
def fresh(api: APIClient, alice: Account) -> APIClient:
    """Alice's client, before she did anything."""
    AuditEntry.objects.all().delete()
    return api


# What is noted


def test_everything_that_is_done_to_an_endpoint_is_noted_with_the_token_that_did_it(
    fresh: APIClient, alice: Account
) -> None:
    body = {"name": "CRM", "url": "http://127.0.0.1:9/", "event_types": ["prize.points_added"]}
    pk = fresh.post(ENDPOINTS, body).json()["id"]
    path = f"{ENDPOINTS}{pk}/"
    fresh.patch(path, {"name": "POS", "url": "http://127.0.0.1:9/", "verify_tls": False})
    fresh.post(f"{path}pause/")
    fresh.post(f"{path}resume/")
    fresh.get(f"{path}secret/")
    fresh.post(f"{path}secret/rotate/")
    fresh.delete(path)
    log = log_of(alice)
    assert [(action, target) for _, action, target in log] == [
        ("endpoint.created", f"endpoint {pk} (CRM)"),
        ("endpoint.edited", f"endpoint {pk} (CRM): name, verify_tls"),
        ("endpoint.paused", f"endpoint {pk} (POS)"),
        ("endpoint.resumed", f"endpoint {pk} (POS)"),
        ("endpoint.secret_revealed", f"endpoint {pk} (POS)"),
        ("endpoint.secret_rotated", f"endpoint {pk} (POS)"),
        ("endpoint.deleted", f"endpoint {pk} (POS)"),
    ]
    token = alice.api_tokens.get()
    assert {actor for actor, _, _ in log} == {f"token test ({token.prefix}…)"}


def test_looking_and_doing_nothing_are_not_noted(fresh: APIClient, alice: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    path = f"{ENDPOINTS}{endpoint.pk}/"
    fresh.post(f"{path}pause/")
    before = log_of(alice)
    fresh.get(path)
    fresh.get(ENDPOINTS)
    fresh.get(AUDIT)
    fresh.patch(path, {})
    fresh.patch(path, {"name": endpoint.name, "extra_headers": {}})
    fresh.post(f"{path}pause/")
    assert log_of(alice) == before


def test_what_was_refused_is_not_noted(fresh: APIClient, alice: Account, make_endpoint: MakeEndpoint) -> None:
    made = [make_endpoint(name=str(number)) for number in range(3)]
    endpoints.pause(endpoint=made[0], now=NOW)
    make_endpoint()
    before = log_of(alice)
    assert refusal(fresh.post(f"{ENDPOINTS}{made[0].pk}/resume/")) == (409, "running_endpoint_limit")
    assert refusal(fresh.patch(f"{ENDPOINTS}{made[1].pk}/", {"url": "ftp://x/"})) == (400, "invalid_url")
    assert fresh.post(f"{ENDPOINTS}{made[1].pk}/secret/rotate/", {"nonsense": 1}).status_code == 400
    assert log_of(alice) == before


def test_a_change_that_does_not_last_leaves_no_entry(
    fresh: APIClient, alice: Account, make_endpoint: MakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = make_endpoint()
    before = log_of(alice)

    def fail(self: Endpoint, **_options: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(Endpoint, "save", fail)
    for path in ("pause/", "secret/rotate/"):
        assert refusal(fresh.post(f"{ENDPOINTS}{endpoint.pk}/{path}")) == (500, "server_error")
    assert log_of(alice) == before


def test_licences_plans_and_tokens_are_noted(db: None) -> None:
    account = create_account(name="千代田カフェ", time_zone="Asia/Tokyo", now=NOW, actor="user admin")
    change_plan(account=account, plan="entry", now=NOW, actor="user admin")
    change_plan(account=account, plan="entry", now=NOW, actor="user admin")
    change_plan(account=account, plan="marketing", now=NOW, actor="user admin")
    period: dict[str, Any] = {"valid_from": NOW - YEAR, "valid_until": NOW + YEAR}
    grant_zone(account=account, zone=2, now=NOW, actor="user admin", **period)
    grant_endpoint_add_on(account=account, extra_endpoints=5, now=NOW, actor="user admin", **period)
    row, _ = issue_token(account=account, name="CI", now=NOW, token="chosen-by-the-operator", actor="user admin")
    revoke_token(token=row, now=NOW, actor="user admin")
    revoke_token(token=row, now=NOW, actor="user admin")
    log = log_of(account)
    assert [(action, target) for _, action, target in log] == [
        ("account.created", "千代田カフェ"),
        ("plan.changed", "marketing to entry"),
        ("plan.changed", "entry to marketing"),
        ("licence.granted", "Webhook zone 2 until 2027-03-05"),
        ("licence.granted", "5 more running endpoints until 2027-03-05"),
        ("token.issued", "token CI (chosen-…)"),
        ("token.revoked", "token CI (chosen-…)"),
    ]
    assert {actor for actor, _, _ in log} == {"user admin"}
    assert set(AuditEntry.objects.values_list("at", flat=True)) == {NOW}


def test_a_plan_that_was_refused_is_not_noted(alice: Account) -> None:
    before = log_of(alice)
    with pytest.raises(PlanInUse):
        change_plan(account=alice, plan="entry", now=NOW)
    assert log_of(alice) == before


def test_where_nobody_asked_it_was_the_system(alice: Account) -> None:
    assert {actor for actor, _, _ in log_of(alice)} == {audit.SYSTEM}


def test_long_names_are_cut_to_what_there_is_room_for(alice: Account) -> None:
    audit.record(account=alice, actor="夏" * 300, action="endpoint.edited", target="x" * 200, now=NOW)
    entry = AuditEntry.objects.latest("id")
    assert (len(entry.actor), entry.actor[-1]) == (200, "…")
    assert entry.target == "x" * 200


# What an entry says


def test_the_log_is_reported_newest_first_and_goes_on_at_next(fresh: APIClient, alice: Account) -> None:
    for number in range(5):
        moment = NOW + timedelta(seconds=number)
        audit.record(account=alice, actor="user admin", action="plan.changed", target=str(number), now=moment)
    first = fresh.get(AUDIT, {"limit": 3}).json()
    second = fresh.get(first["next"]).json()
    assert [row["target"] for row in first["results"] + second["results"]] == ["4", "3", "2", "1", "0"]
    assert second["next"] is None
    newest = first["results"][0]
    assert list(newest) == ["id", "actor", "action", "target", "at"]
    assert (newest["actor"], newest["action"], newest["at"]) == ("user admin", "plan.changed", "2026-03-05T01:00:04Z")


def test_each_sees_only_their_own_log(alice: Account, bob: Account) -> None:
    rows = {account.name: client_of(account).get(AUDIT).json()["results"] for account in (alice, bob)}
    targets = {
        name: {row["target"] for row in found if row["action"] == "account.created"} for name, found in rows.items()
    }
    assert targets == {"Alice's brand": {"Alice's brand"}, "Bob's brand": {"Bob's brand"}}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_can_change_the_log(method: str, fresh: APIClient) -> None:
    assert refusal(getattr(fresh, method)(AUDIT, {})) == (405, "method_not_allowed")
