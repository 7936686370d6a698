"""Plans, licences and add-ons by REST: who may change them, and what changes."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Account, ApiToken, Licence
from accounts.services import issue_token
from tests.brands import NOW, client_of, error_of
from webhooks.services import sandboxes

SUPPORT = "/api/v1/support/accounts/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(bob: Account) -> APIClient:
    """A client with a token that customer support made for itself."""
    _, clear = issue_token(account=bob, name="support", operates=True, now=NOW)
    client = APIClient()
    client.default_format = "json"
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {clear}")
    return client


def licences(account: Account) -> str:
    return f"{SUPPORT}{account.pk}/licences/"


def test_customer_support_grants_renews_and_ends_a_zone(support: APIClient, carol: Account) -> None:
    made = support.post(licences(carol), {"zone": 2})
    assert (made.status_code, made.json()["zone"], made.json()["valid"]) == (201, 2, True)
    path = f"{licences(carol)}{made.json()['id']}/"
    until = "2031-01-01T00:00:00Z"
    renewed = support.patch(path, {"valid_until": until})
    assert (renewed.json()["valid_until"], renewed.json()["valid_from"]) == (until, made.json()["valid_from"])
    assert support.post(f"{path}end/").status_code == 204
    assert [row["valid"] for row in support.get(f"{SUPPORT}{carol.pk}/").json()["licences"]] == [False]
    assert error_of(support.post(f"{path}end/"))["code"] == "licence_is_over"
    actions = list(carol.audit_entries.order_by("id").values_list("action", flat=True))
    assert actions[-3:] == ["licence.granted", "licence.changed", "licence.ended"]


def test_customer_support_grants_an_add_on(support: APIClient, alice: Account) -> None:
    made = support.post(licences(alice), {"extra_endpoints": 2})
    assert (made.json()["extra_endpoints"], made.json()["zone"]) == (2, None)
    assert client_of(alice).get("/api/v1/account/").json()["endpoint_limit"] == 5


def test_customer_support_changes_the_plan_and_the_limit(support: APIClient, carol: Account) -> None:
    changed = support.patch(f"{SUPPORT}{carol.pk}/", {"plan": "entry", "endpoint_limit": 5})
    assert (changed.json()["plan"], changed.json()["endpoint_limit"]) == ("entry", 5)
    assert error_of(support.post(licences(carol), {"zone": 1}))["code"] == "plan_holds_no_webhook"


def test_a_plan_with_licences_is_not_changed(support: APIClient, alice: Account) -> None:
    assert error_of(support.patch(f"{SUPPORT}{alice.pk}/", {"plan": "entry"}))["code"] == "plan_in_use"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "zone"),
        ({"zone": 1, "extra_endpoints": 1}, "zone"),
        ({"zone": 3}, "zone"),
        ({"extra_endpoints": 0}, "extra_endpoints"),
        ({"zone": 1, "valid_until": "soon"}, "valid_until"),
        ({"zone": 1, "valid_from": "9999-12-31T23:59:59Z"}, "valid_from"),
        ({"zone": 1, "valid_from": "2026-02-01T00:00:00Z", "valid_until": "2026-01-01T00:00:00Z"}, "valid_until"),
    ],
)
def test_a_bad_licence_is_refused_with_its_field(
    support: APIClient, carol: Account, body: dict[str, Any], field: str
) -> None:
    refused = support.post(licences(carol), body)
    assert refused.status_code in (400, 409)
    assert field in error_of(refused)["fields"]
    assert not carol.licences.exists()


def test_a_brands_own_token_changes_nothing_that_it_has_bought(api: APIClient, alice: Account, bob: Account) -> None:
    own = api.post(licences(alice), {"extra_endpoints": 5})
    assert (own.status_code, error_of(own)["code"]) == (403, "permission_denied")
    assert api.post(licences(bob), {"extra_endpoints": 5}).status_code == 404
    assert api.patch(f"{SUPPORT}{alice.pk}/", {"endpoint_limit": 50}).status_code == 403
    licence = Licence.objects.filter(account=alice).first()
    assert licence is not None
    assert api.post(f"{licences(alice)}{licence.pk}/end/").status_code == 403
    assert api.get(SUPPORT).json()["results"] == []


def test_a_test_ends_the_licence_of_its_own_sandbox_and_of_no_other(
    api: APIClient, alice: Account, bob: Account, settings: Any
) -> None:
    settings.SANDBOXES = True
    now = datetime.now().astimezone()
    sandbox, _ = sandboxes.make(parent=alice, now=now)
    licence = sandbox.licences.get(zone=1)
    path = f"{licences(sandbox)}{licence.pk}/end/"
    assert client_of(bob).post(path).status_code == 404
    assert client_of(sandbox).post(path).status_code == 403
    assert api.post(path).status_code == 204
    licence.refresh_from_db()
    assert licence.valid_until < now + timedelta(minutes=1)


def test_only_customer_support_is_offered_a_token_with_its_right(console: Client, operator: Client) -> None:
    console.post("/console/tokens/", {"name": "mine", "operates": "on"})
    assert ApiToken.objects.get(name="mine").operates is False
    assert 'name="operates"' not in console.get("/console/tokens/").content.decode()
    operator.post("/console/tokens/", {"name": "support's", "operates": "on"})
    assert ApiToken.objects.get(name="support's").operates is True
