"""Django admin at /admin/: what customer support does there, by the console's rules, and who is kept out."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, ApiToken, AuditEntry, Licence
from console.admin import base
from maac_contract.contract import TOPICS
from tests.brands import browser
from tests.receiver import Receiver
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services.deliver import deliver_due
from webhooks.services.send_test import send_test

ENDPOINTS = "/admin/webhooks/endpoint/"
DELIVERIES = "/admin/webhooks/delivery/"
LICENCES = "/admin/accounts/licence/"
TOKENS = "/admin/accounts/apitoken/"
MODELS = ("accounts/account", "accounts/licence", "accounts/apitoken", "webhooks/endpoint", "webhooks/delivery",
          "webhooks/attempt", "events/event")  # fmt: skip
TOPIC = next(iter(TOPICS))
LONG = "1" * 5000


def shown(answer: Any) -> str:
    assert answer.status_code == 200, answer
    return " ".join(unescape(answer.content.decode()).split())


def make(client: Client, account: Account, **changes: Any) -> str:
    fields = {"account": account.pk, "name": "CRM", "url": "http://127.0.0.1:9/hook", "event_types": [TOPIC], **changes}
    return shown(client.post(f"{ENDPOINTS}add/", fields, follow=True))


def act(client: Client, path: str, action: str, *rows: Any, **fields: Any) -> str:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], **fields}
    return shown(client.post(path, chosen, follow=True))


def deeds() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(action__startswith="endpoint").order_by("id").values_list("actor", "action"))


# What customer support does


def test_support_makes_endpoints_up_to_the_limit(operator: Client, alice: Account) -> None:
    for number in range(3):
        assert "was added successfully" in make(operator, alice, name=f"CRM {number}")
    refused = make(operator, alice, name="One too many")
    assert "Alice's brand runs 3 of 3 endpoints" in refused
    assert 'value="One too many"' in refused
    assert deeds() == [("user support", "endpoint.created")] * 3
    assert not LogEntry.objects.exists()


def test_accounts_are_offered_by_name(operator: Client, alice: Account, bob: Account) -> None:
    query = {"app_label": "webhooks", "model_name": "endpoint", "field_name": "account", "term": "bob"}
    found = operator.get("/admin/autocomplete/", query).json()["results"]
    assert found == [{"id": str(bob.pk), "text": "Bob's brand"}]
    for hostile in ({"term": LONG}, {"page": "x"}, {"page": LONG}, {"field_name": "share_secret"}, {"app_label": ""}):
        assert operator.get("/admin/autocomplete/", {**query, **hostile}).status_code in (200, 403, 404), hostile


def test_what_a_service_refuses_stands_beside_its_field(operator: Client, carol: Account) -> None:
    page = make(operator, carol)
    assert "has no valid licence for" in page
    make(operator, carol, url="nonsense")
    assert not Endpoint.objects.exists()


def test_an_endpoint_is_changed(operator: Client, make_endpoint: Callable[..., Endpoint]) -> None:
    endpoint = make_endpoint()
    path = f"{ENDPOINTS}{endpoint.pk}/change/"
    shown(operator.post(path, {"name": "New", "url": endpoint.url, "event_types": [TOPIC]}, follow=True))
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.event_types) == ("New", [TOPIC])
    assert deeds()[-1] == ("user support", "endpoint.edited")


def test_pause_resume_rotate_and_delete(operator: Client, make_endpoint: Callable[..., Endpoint]) -> None:
    endpoint = make_endpoint()
    old = endpoint.share_secret
    assert "CRM is paused" in act(operator, ENDPOINTS, "pause", endpoint)
    assert "CRM is running again" in act(operator, ENDPOINTS, "resume", endpoint)
    page = act(operator, ENDPOINTS, "rotate_secret", endpoint)
    endpoint.refresh_from_db()
    assert endpoint.share_secret != old
    assert "CRM has a new share secret" in page
    assert endpoint.share_secret not in page
    assert "Are you sure" in act(operator, ENDPOINTS, "delete_selected", endpoint)
    act(operator, ENDPOINTS, "delete_selected", endpoint, post="yes")
    endpoint.refresh_from_db()
    assert endpoint.status == "deleted"
    assert [action for _, action in deeds()][1:] == [
        "endpoint.paused", "endpoint.resumed", "endpoint.secret_rotated", "endpoint.deleted",
    ]  # fmt: skip
    assert "The endpoint CRM is deleted." in act(operator, ENDPOINTS, "pause", endpoint)
    shown(operator.get(f"{ENDPOINTS}{endpoint.pk}/change/"))


def test_the_limit_holds_for_resuming(operator: Client, make_endpoint: Callable[..., Endpoint]) -> None:
    paused = make_endpoint()
    act(operator, ENDPOINTS, "pause", paused)
    for _ in range(3):
        make_endpoint()
    assert "runs 3 of 3 endpoints" in act(operator, ENDPOINTS, "resume", paused)
    paused.refresh_from_db()
    assert paused.status == "paused"


def test_one_endpoint_is_deleted_on_its_page_and_its_deliveries_stay(
    operator: Client, make_endpoint: Callable[..., Endpoint]
) -> None:
    endpoint = make_endpoint()
    send_test(endpoint=endpoint, event_type=TOPIC, now=datetime.now(UTC))
    shown(operator.post(f"{ENDPOINTS}{endpoint.pk}/delete/", {"post": "yes"}, follow=True))
    endpoint.refresh_from_db()
    assert endpoint.status == "deleted"
    assert Delivery.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_test_is_sent_and_its_delivery_and_attempts_are_read(
    operator: Client, make_endpoint: Callable[..., Endpoint], receiver: Receiver
) -> None:
    endpoint = make_endpoint(url=receiver.url())
    assert "is on its way to CRM" in act(operator, ENDPOINTS, "send_test", endpoint, event_type=TOPIC)
    deliver_due()
    assert len(receiver.requests) == 1
    delivery, attempt = Delivery.objects.get(), Attempt.objects.get()
    assert delivery.idempotency_key in shown(operator.get(DELIVERIES, {"q": delivery.idempotency_key}))
    assert delivery.idempotency_key in shown(operator.get(DELIVERIES, {"q": str(delivery.pk)}))
    assert delivery.idempotency_key not in shown(operator.get(DELIVERIES, {"q": delivery.idempotency_key[:9]}))
    page = shown(operator.get(f"{DELIVERIES}{delivery.pk}/change/"))
    assert "Delivered" in page
    assert f"/admin/webhooks/attempt/{attempt.pk}/change/" in page
    assert "Content-Type" in shown(operator.get(f"/admin/webhooks/attempt/{attempt.pk}/change/"))
    assert TOPIC in shown(operator.get(f"/admin/events/event/{delivery.event_id}/change/"))


def test_accounts_licences_and_tokens(operator: Client, alice: Account) -> None:
    fields = {"name": "Dora", "time_zone": "Asia/Tokyo", "plan": "marketing", "endpoint_limit": 4}
    shown(operator.post("/admin/accounts/account/add/", fields, follow=True))
    dora = Account.objects.get(name="Dora")
    path = f"/admin/accounts/account/{dora.pk}/change/"
    assert "number from 1 to" in shown(operator.post(path, {**fields, "endpoint_limit": 0}, follow=True))
    shown(operator.post(path, {**fields, "endpoint_limit": 5}, follow=True))
    dora.refresh_from_db()
    assert dora.endpoint_limit == 5

    period = {"valid_from": "2026-01-01T00:00", "valid_until": "2100-01-01T00:00", "extra_endpoints": 0}
    licence = {"account": dora.pk, "zone": 1, **period}
    shown(operator.post(f"{LICENCES}add/", licence, follow=True))
    assert "is licensed from" in shown(operator.post(f"{LICENCES}add/", licence, follow=True))
    shown(operator.post(f"{LICENCES}add/", {**licence, "zone": "", "extra_endpoints": 2}, follow=True))
    assert list(dora.licences.order_by("id").values_list("zone", "extra_endpoints")) == [(1, 0), (None, 2)]
    row = Licence.objects.filter(account=dora).earliest("id")
    backwards = {**period, "valid_until": "2025-01-01T00:00"}
    page = shown(operator.post(f"{LICENCES}{row.pk}/change/", backwards))
    assert "ends before it begins" in page, re.findall(r"<ul class=.errorlist.*?</ul>|errornote.*?</p>", page)
    assert "The licence has ended" in act(operator, LICENCES, "end", row)

    page = shown(operator.post(f"{TOKENS}add/", {"account": dora.pk, "name": "CI"}))
    token = ApiToken.objects.get(account=dora)
    clear = re.search(r"maac_[\w-]{20,}", page)
    assert clear
    assert clear[0] not in shown(operator.get(f"{TOKENS}{token.pk}/change/"))
    assert token.digest in shown(operator.get(f"{TOKENS}{token.pk}/change/"))
    assert "The token CI is revoked" in act(operator, TOKENS, "revoke", token)
    token.refresh_from_db()
    assert token.revoked_at


def test_no_page_shows_a_share_secret_or_has_inline_code(
    operator: Client, make_endpoint: Callable[..., Endpoint]
) -> None:
    endpoint = make_endpoint()
    delivery = send_test(endpoint=endpoint, event_type=TOPIC, now=datetime.now(UTC))
    paths = ["/admin/", *(f"/admin/{model}/" for model in MODELS), f"{ENDPOINTS}add/", f"{LICENCES}add/"]
    for path in (*paths, f"{ENDPOINTS}{endpoint.pk}/change/", f"{DELIVERIES}{delivery.pk}/change/"):
        answer = operator.get(path)
        page = shown(answer)
        assert endpoint.share_secret not in page, path
        assert not re.search(r"<style|<script(?![^>]* src=)| style=| on[a-z]+=", page), path
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_console_and_admin_lead_to_each_other(
    operator: Client, console: Client, bob: Account, make_endpoint: Callable[..., Endpoint]
) -> None:
    endpoint = make_endpoint(account=bob, event_types=[TOPIC])
    assert 'href="/admin/"' in shown(operator.get("/console/"))
    assert 'href="/admin/"' not in shown(console.get("/console/"))
    page = shown(operator.get(f"{ENDPOINTS}{endpoint.pk}/change/"))
    goal = f"/console/webhooks/{endpoint.pk}/"
    assert f'name="next" value="{goal}"' in page
    answer = operator.post("/console/account/", {"account": bob.pk, "next": goal}, follow=True)
    assert "Bob's brand" in shown(answer)
    assert answer.redirect_chain == [(goal, 302)]
    elsewhere = operator.post("/console/account/", {"account": bob.pk, "next": "//evil.example/"})
    assert elsewhere.headers["Location"] == "/console/"


def test_times_are_in_the_zone_of_the_consoles_account(
    operator: Client, make_endpoint: Callable[..., Endpoint]
) -> None:
    delivery = send_test(endpoint=make_endpoint(), event_type=TOPIC, now=datetime(2026, 3, 5, 20, tzinfo=UTC))
    page = shown(operator.get(f"{DELIVERIES}{delivery.pk}/change/"))
    assert "Times in Asia/Taipei" in page
    assert "2026-03-06 04:00:00" in page
    assert "2026-03-06 04:00:00" in shown(operator.get(DELIVERIES))


def test_a_list_counts_and_leads_to_a_bounded_number_of_rows(
    operator: Client, make_endpoint: Callable[..., Endpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = make_endpoint()
    for _ in range(5):
        send_test(endpoint=endpoint, event_type=TOPIC, now=datetime.now(UTC))
    monkeypatch.setattr(base, "MOST_ROWS", 3)
    with CaptureQueriesContext(connection) as queries:
        shown(operator.get(DELIVERIES))
    counts = [each["sql"] for each in queries if "COUNT(" in each["sql"] and "webhooks_delivery" in each["sql"]]
    assert counts
    assert all("LIMIT 3" in sql for sql in counts)


# Who is kept out


def admin_paths(endpoint: Endpoint, delivery: Delivery, user: User) -> list[str]:
    rows = {
        "endpoint": endpoint.pk,
        "delivery": delivery.pk,
        "event": delivery.event_id,
        "account": endpoint.account_id,
    }
    rows |= {"user": user.pk}
    paths = ["/admin/", "/admin/jsi18n/", "/admin/autocomplete/", "/admin/nothing/"]
    for model in admin.site._registry:
        start = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        pk = rows.get(str(model._meta.model_name), 1)
        paths += [start[: start.index("/", 7) + 1], start, f"{start}add/"]
        paths += [f"{start}{pk}/{rest}/" for rest in ("change", "delete", "history")]
    return paths


def test_a_brands_user_finds_no_page_of_it(console: Client, make_endpoint: Callable[..., Endpoint]) -> None:
    endpoint = make_endpoint()
    delivery = send_test(endpoint=endpoint, event_type=TOPIC, now=datetime.now(UTC))
    for path in admin_paths(endpoint, delivery, User.objects.get(username="alice")):
        assert console.get(path).status_code == 404, path
        assert console.post(path, {"action": "pause", "_selected_action": [endpoint.pk]}).status_code == 404, path
        assert Client().get(path).headers["Location"].startswith("/admin/login/?next="), path
    endpoint.refresh_from_db()
    assert endpoint.status == "running"


def test_staff_without_the_permission_is_kept_out_and_an_inactive_operator_too(alice: Account) -> None:
    client = browser("staff", alice)
    User.objects.filter(username="staff").update(is_staff=True)
    assert client.get("/admin/").status_code == 404
    support = browser("gone", operates=True)
    User.objects.filter(username="gone").update(is_active=False)
    assert support.get("/admin/").status_code == 302


def test_customer_support_logs_in_there_and_wrong_passwords_are_limited(alice: Account) -> None:
    User.objects.create_superuser("root", password="a long enough password")
    given = {"username": "root", "password": "a long enough password"}
    assert Client().post("/admin/login/", given).headers["Location"] == "/admin/"
    wrong = [Client().post("/admin/login/", {**given, "password": "wrong"}).status_code for _ in range(5)]
    assert wrong == [200] * 4 + [429]
    assert Client().post("/console/login/", given).status_code == 429


HOSTILE = (
    "q=%27%22%00", "q=" + LONG, "q=%F0%9F%98%80%20%5C", "p=-1", "p=" + LONG, "p=x", "o=99.-x.", "all=", "e=1",
    "share_secret__startswith=a", "id__regex=(", "name__regex=(", "account__id__exact=" + LONG,
    "account__id__exact=x", "account__memberships__user__password__startswith=a", "status=x", "_to_field=",
    "_to_field=x", "_popup=1", "_facets=1", "_changelist_filters=%FF", "delivery__id__exact=" + LONG, "nothing=1",
)  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_hostile_parameters_break_nothing(model: str, operator: Client, alice: Account) -> None:
    for query in HOSTILE:
        for path in (f"/admin/{model}/", f"/admin/{model}/1/change/", f"/admin/{model}/{LONG}/change/"):
            assert operator.get(f"{path}?{query}").status_code in (200, 302, 400, 403, 404), (path, query)


def test_hostile_rows_in_an_action_break_nothing(operator: Client, make_endpoint: Callable[..., Endpoint]) -> None:
    endpoint = make_endpoint()
    for chosen in ("x", LONG, "-1", ""):
        answer = operator.post(ENDPOINTS, {"action": "pause", "_selected_action": [chosen, endpoint.pk]})
        assert answer.status_code == 400
    act(operator, ENDPOINTS, "send_test", endpoint, event_type="nonsense")
    assert not Delivery.objects.exists()


def test_a_page_is_in_the_readers_language(operator: Client, make_endpoint: Callable[..., Endpoint]) -> None:
    make_endpoint()
    page = shown(operator.get(ENDPOINTS, headers={"accept-language": "ja"}))
    assert "エンドポイント" in page
    assert "運行中" in page
    assert "Running" not in page


def test_users_stay_with_superusers(operator: Client) -> None:
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    assert "/admin/auth/user/" in shown(root.get("/admin/"))
    assert "/admin/auth/user/" not in shown(operator.get("/admin/"))
    assert root.get("/admin/auth/user/?username__regex=(").status_code == 400
