"""API > Webhook: who sees which endpoints, making, changing, pausing and deleting one, and its share secret."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, AuditEntry, Licence
from accounts.services import grant_endpoint_add_on
from maac_contract.contract import TOPICS
from tests.brands import NOW, browser
from tests.receiver import Receiver
from tests.webhooks.test_deliver import happen, run_until_quiet
from webhooks.models import Endpoint, Notice
from webhooks.services import endpoints

LIST = "/console/webhooks/"
NEW = "/console/webhooks/new/"
MASK = "••••••••"

MakeEndpoint = Callable[..., Endpoint]


def at(endpoint: Endpoint, *steps: str) -> str:
    return f"{LIST}{endpoint.pk}/" + "".join(f"{step}/" for step in steps)


def filled(**changes: Any) -> dict[str, Any]:
    """What a browser sends for the form as somebody filled it in."""
    fields = {
        "name": "CRM",
        "url": "https://crm.example/hook",
        "event_types": ["prize.points_added"],
        "verify_tls": "on",
        "host_override": "",
        "extra_headers_name": ["", ""],
        "extra_headers_value": ["", ""],
    }
    return {**fields, **changes}


def shown(client: Client, path: str, **extra: Any) -> str:
    answer = client.get(path, **extra)
    assert answer.status_code == 200, answer
    return unescape(answer.content.decode())


def output(client: Client, path: str, data: dict[str, Any] | None = None) -> str:
    """The page after a change, with what it says about it."""
    answer = client.post(path, data or {}, follow=True)
    assert answer.status_code == 200, answer
    return unescape(answer.content.decode())


def refused(client: Client, path: str, data: dict[str, Any]) -> str:
    """The form that comes back in place of a change."""
    answer = client.post(path, data)
    assert answer.status_code == 200, answer
    return unescape(answer.content.decode())


def end_zone(account: Account, zone: int) -> None:
    """Its licence ended yesterday."""
    ended = datetime.now(UTC) - timedelta(days=1)
    assert Licence.objects.filter(account=account, zone=zone).update(valid_until=ended) == 1


# Seeing


def test_without_an_endpoint_the_page_leads_to_the_form_and_to_the_technical_document(console: Client) -> None:
    page = shown(console, LIST)
    assert "No webhook yet" in page
    assert f'href="{NEW}"' in page
    assert page.count(f'href="{reverse("console:document")}"') >= 2


def test_the_list_tells_each_endpoint_how_many_run_and_how_long_the_zones_are_licensed(
    console: Client, make_endpoint: MakeEndpoint, alice: Account
) -> None:
    make_endpoint(name="CRM", url="https://crm.example/hook", event_types=["prize.points_added"])
    paused = make_endpoint(name="Open tracking")
    endpoints.pause(endpoint=paused, now=NOW)
    Licence.objects.filter(account=alice, zone=2).update(valid_until=datetime.now(UTC) + timedelta(days=9, hours=-1))
    page = shown(console, LIST)
    assert "1 of 3" in page
    assert "9 days left" in page
    assert re.search(r'class="pill warn">\s*ends <time', page)
    assert "https://crm.example/hook" in page
    assert "prize.points_added" in page
    assert 'aria-checked="true" aria-label="Send events to CRM"' in page
    assert 'aria-checked="false" aria-label="Send events to Open tracking"' in page


def test_a_brands_user_sees_and_touches_only_the_own_endpoints(
    console: Client, make_endpoint: MakeEndpoint, bob: Account
) -> None:
    foreign = make_endpoint(account=bob, name="Bob's CRM", event_types=["prize.points_added"])
    assert "Bob's CRM" not in shown(console, LIST)
    for path in (at(foreign), at(foreign, "edit"), at(foreign, "delete"), at(foreign, "rotate"), at(foreign, "secret")):
        assert console.get(path).status_code == 404, path
    for step in ("edit", "pause", "resume", "delete", "secret", "rotate"):
        assert console.post(at(foreign, step), filled(confirmation="Bob's CRM")).status_code == 404, step
    before = foreign.share_secret
    foreign.refresh_from_db()
    assert (foreign.status, foreign.share_secret) == ("running", before)


def test_customer_support_sees_the_endpoints_of_the_account_it_works_in(
    operator: Client, make_endpoint: MakeEndpoint, bob: Account
) -> None:
    foreign = make_endpoint(account=bob, name="Bob's CRM", event_types=["prize.points_added"])
    operator.post(reverse("console:account_switch"), {"account": str(bob.pk)})
    assert "Bob's CRM" in shown(operator, LIST)
    assert "Bob's CRM" in shown(operator, at(foreign))


def test_a_deleted_endpoint_is_gone_from_the_console(console: Client, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    endpoints.delete(endpoint=endpoint, now=NOW)
    assert console.get(at(endpoint)).status_code == 404
    assert "No webhook yet" in shown(console, LIST)


@pytest.mark.parametrize("number", ["0", "99999", "99999999999999999999999"])
def test_an_endpoint_that_never_was_is_not_found(number: str, console: Client) -> None:
    assert console.get(f"{LIST}{number}/").status_code == 404


def test_an_endpoint_fails_whose_last_deliveries_failed_or_of_which_a_notice_waits(
    console: Client, make_endpoint: MakeEndpoint, alice: Account, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_RETRY_WAITS = ()
    endpoint = make_endpoint(url=receiver.url("/hook"))
    receiver.always("/hook", 404)
    happen(alice, 2)
    run_until_quiet()
    page = shown(console, LIST)
    assert "Failing" in page
    assert "Answered 404" in page
    receiver.always("/hook", 200)
    happen(alice)
    run_until_quiet()
    assert "Failing" not in shown(console, LIST)
    Notice.objects.create(account=alice, endpoint=endpoint, reason="failure_rate", message="It fails.", created_at=NOW)
    assert "Failing" in shown(console, LIST)
    assert "This endpoint keeps failing." in shown(console, at(endpoint))


def test_the_list_asks_the_database_as_often_for_twenty_endpoints_as_for_two(
    console: Client, make_endpoint: MakeEndpoint, alice: Account, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        endpoints.pause(endpoint=make_endpoint(name=f"Receiver {number}"), now=NOW)
    with django_assert_max_num_queries(20):
        page = shown(console, LIST)
    assert all(f"Receiver {number}" in page for number in range(20))


def test_many_endpoints_are_shown_in_pages(console: Client, make_endpoint: MakeEndpoint) -> None:
    for number in range(26):
        endpoints.pause(endpoint=make_endpoint(name=f"Receiver-{number}."), now=NOW)
    first, second = shown(console, LIST), shown(console, f"{LIST}?page=2")
    assert "Receiver-25." in first
    assert "Receiver-0." not in first
    assert "Receiver-0." in second
    assert shown(console, f"{LIST}?page=nonsense").count("Receiver-") == first.count("Receiver-")


def test_the_last_day_is_reported_in_numbers_and_as_a_small_chart(
    console: Client, make_endpoint: MakeEndpoint, alice: Account, receiver: Receiver
) -> None:
    make_endpoint(url=receiver.url("/hook"))
    receiver.script("/hook", 404)
    happen(alice, 4)
    run_until_quiet()
    page = shown(console, LIST)
    assert re.search(r"Delivered, last 24 h</span>\s*<b>3</b>", page)
    assert "75% of what was sent" in page
    assert 'class="spark"' in page


# Making and changing


def test_a_new_endpoint_is_in_the_list_which_leads_to_its_details(console: Client, alice: Account) -> None:
    page = output(
        console,
        NEW,
        filled(extra_headers_name=["X-Shop", ""], extra_headers_value=["tokyo", ""], host_override="crm.example"),
    )
    made = alice.endpoints.get()
    assert "CRM is created and running." in page
    assert f'<a href="{at(made)}">Show its details</a>' in page
    assert (made.name, made.url, made.event_types) == ("CRM", "https://crm.example/hook", ["prize.points_added"])
    assert (made.verify_tls, made.host_override, made.extra_headers) == (True, "crm.example", {"X-Shop": "tokyo"})
    assert AuditEntry.objects.get(action="endpoint.created").actor == "user alice"


def test_the_form_explains_every_event_type_under_its_zone(console: Client) -> None:
    page = shown(console, NEW)
    assert page.index("Webhook zone 1") < page.index("receipt.receipt_validated") < page.index("Webhook zone 2")
    for topic in TOPICS.values():
        assert topic.title in page
        assert topic.description in page
        assert f'value="{topic.name}"' in page
    assert " disabled" not in page


def test_a_zone_without_a_licence_is_locked_and_says_whom_to_ask(bob: Account) -> None:
    client = browser("bob", bob)
    page = shown(client, NEW)
    assert re.search(r'value="message.first_open"\s+disabled', page)
    assert not re.search(r'value="prize.points_added"\s+disabled', page)
    assert "Ask customer support to license it" in page


def test_a_locked_event_type_that_is_sent_all_the_same_is_refused_beside_the_types(bob: Account) -> None:
    page = refused(browser("bob", bob), NEW, filled(event_types=["message.first_open"]))
    assert "message.first_open belongs to webhook zone 2" in page
    assert "Ask customer support" in page
    assert not bob.endpoints.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"name": "two\nlines"}, "Give the endpoint a name of 1 to 100 printable characters."),
        ({"url": "crm.example/hook"}, "must begin with http:// or https://"),
        ({"url": "https://user:secret@crm.example/"}, "must not hold a user name or password"),
        ({"url": "https://crm.example/" + "x" * 2000}, "longer than 2000 characters"),
        ({"event_types": []}, "Choose at least one event type."),
        ({"event_types": ["prize.points"]}, "prize.points is not one of the available choices"),
        ({"host_override": "crm.example/path"}, "Write the host alone"),
        ({"host_override": "例え.jp"}, "xn--"),
        ({"extra_headers_name": ["Host"], "extra_headers_value": ["a"]}, "Host is set by the simulator"),
        ({"extra_headers_name": ["X-A"], "extra_headers_value": [""]}, "X-A: write 1 to 1000 printable"),
        ({"extra_headers_name": [""], "extra_headers_value": ["a"]}, "is no header name"),
        ({"extra_headers_name": ["X-A", "X-A"], "extra_headers_value": ["1", "2"]}, "X-A is there twice"),
        ({"extra_headers_name": ["X-A", "x-a"], "extra_headers_value": ["1", "2"]}, "x-a is there twice"),
        (
            {"extra_headers_name": [f"X-{n}" for n in range(11)], "extra_headers_value": ["1"] * 11},
            "At most 10 headers; these are 11.",
        ),
    ],
)
def test_what_cannot_be_is_reported_beside_its_field_and_nothing_typed_is_lost(
    changes: dict[str, Any], said: str, console: Client, alice: Account
) -> None:
    kept = {"name": "Kept name", "url": "https://kept.example/hook", "event_types": ["pnp.status_updated"], **changes}
    page = refused(console, NEW, filled(**kept))
    assert said in page
    assert "host_override:" not in page
    assert "extra_headers:" not in page
    for field, value in kept.items():
        typed = value if isinstance(value, list) else [value]
        if field not in changes:
            assert all(f'value="{each}"' in page for each in typed)
    if "event_types" not in changes:
        assert re.search(r'value="pnp.status_updated"\s+checked', page)
    assert not alice.endpoints.exists()


def test_a_refused_header_keeps_its_row(console: Client) -> None:
    page = refused(console, NEW, filled(extra_headers_name=["Host", "X-B"], extra_headers_value=["evil", '"b"']))
    assert 'name="extra_headers_name" value="X-B"' in page
    assert re.search(r"<details[^>]* open", page)


def test_the_form_without_any_field_is_refused_and_stores_nothing(console: Client, alice: Account) -> None:
    page = refused(console, NEW, {})
    assert page.count("This field is required.") == 2
    assert "Choose at least one event type." in page
    assert not alice.endpoints.exists()


def test_the_fourth_running_endpoint_is_refused_and_customer_support_is_named(
    console: Client, make_endpoint: MakeEndpoint, alice: Account
) -> None:
    for number in range(3):
        make_endpoint(name=f"Receiver {number}")
    form = shown(console, NEW)
    assert "so one more cannot be created" in form
    for endpoint in alice.endpoints.all():
        assert f'id="pause-{endpoint.pk}" method="post" action="/console/webhooks/{endpoint.pk}/pause/"' in form
    page = refused(console, NEW, filled())
    assert "Alice's brand runs 3 of 3 endpoints." in page
    assert "ask customer support to raise the limit" in page
    assert 'value="https://crm.example/hook"' in page
    assert alice.endpoints.count() == 3
    grant_endpoint_add_on(
        account=alice, extra_endpoints=1, valid_from=NOW, valid_until=NOW + timedelta(days=5 * 365), now=NOW
    )
    assert "CRM is created and running." in output(console, NEW, filled())


def test_changes_are_saved_and_the_form_shows_what_is_stored(console: Client, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(name="Old", extra_headers={"X-Shop": "tokyo"}, verify_tls=False)
    form = shown(console, at(endpoint, "edit"))
    assert 'value="Old"' in form
    assert 'name="extra_headers_name" value="X-Shop"' in form
    assert not re.search(r'name="verify_tls"[^>]* checked', form)
    page = output(console, at(endpoint, "edit"), filled(name="New", event_types=["message.first_open"]))
    endpoint.refresh_from_db()
    assert "The changes are saved." in page
    assert (endpoint.name, endpoint.event_types) == ("New", ["message.first_open"])
    assert (endpoint.verify_tls, endpoint.extra_headers) == (True, {})


def test_an_event_type_whose_licence_ended_may_stay_and_may_go_but_not_come_back(
    console: Client, make_endpoint: MakeEndpoint, alice: Account
) -> None:
    endpoint = make_endpoint(event_types=["prize.points_added", "message.first_open"])
    end_zone(alice, 2)
    assert "Not sent: its zone has no valid licence" in shown(console, LIST)
    assert "Not licensed" in shown(console, at(endpoint))
    edit = at(endpoint, "edit")
    assert re.search(r'value="message.first_open"\s+checked', shown(console, edit))
    output(console, edit, filled(event_types=["prize.points_added", "message.first_open"]))
    endpoint.refresh_from_db()
    assert endpoint.event_types == ["prize.points_added", "message.first_open"]
    output(console, edit, filled(event_types=["prize.points_added"]))
    assert re.search(r'value="message.first_open"\s+disabled', shown(console, edit))
    assert "belongs to webhook zone 2" in refused(console, edit, filled(event_types=["message.first_open"]))


def test_markup_in_a_name_or_url_is_shown_as_text(console: Client, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(name="<script>alert(1)</script>", url='https://crm.example/"><script>')
    output(console, at(endpoint, "pause"))
    for path in (LIST, at(endpoint), at(endpoint, "edit"), at(endpoint, "delete"), at(endpoint, "rotate")):
        page = console.get(path).content.decode()
        assert "<script>" not in page, path
        assert "&lt;script&gt;" in page, path


# Pausing, resuming, deleting


def test_an_endpoint_is_paused_and_resumed_from_the_page_one_is_on(
    console: Client, make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint()
    for page in (LIST, at(endpoint)):
        for step, status in (("pause", "paused"), ("resume", "running")):
            answer = console.post(at(endpoint, step), headers={"referer": f"http://testserver{page}"})
            endpoint.refresh_from_db()
            assert (answer.headers["Location"], endpoint.status) == (page, status)
    assert "is running again" in output(console, at(endpoint, "resume"))


def test_resuming_past_the_limit_is_refused_and_customer_support_is_named(
    console: Client, make_endpoint: MakeEndpoint
) -> None:
    first = make_endpoint()
    endpoints.pause(endpoint=first, now=NOW)
    for _ in range(3):
        make_endpoint()
    assert "ask customer support to raise the limit" in output(console, at(first, "resume"))
    first.refresh_from_db()
    assert first.status == "paused"


@pytest.mark.parametrize("step", ["pause", "resume"])
def test_a_visit_does_not_change_the_state(step: str, console: Client, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    assert console.get(at(endpoint, step)).status_code == 405


@pytest.mark.parametrize("typed", ["", "crm", "CRM receipts!", "DELETE"])
def test_without_its_name_an_endpoint_is_not_deleted(typed: str, console: Client, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(name="CRM receipts")
    page = refused(console, at(endpoint, "delete"), {"confirmation": typed})
    assert "That is not the name of this endpoint." in page or "This field is required." in page
    endpoint.refresh_from_db()
    assert endpoint.status == "running"


@pytest.mark.parametrize(("name", "typed"), [("試乗予約", " 試乗予約 "), ("ガ", "カ\u3099")])
def test_typing_its_name_deletes_an_endpoint(
    name: str, typed: str, console: Client, make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint(name=name)
    assert f"{name} is deleted." in output(console, at(endpoint, "delete"), {"confirmation": typed})
    endpoint.refresh_from_db()
    assert endpoint.status == "deleted"
    assert AuditEntry.objects.filter(action="endpoint.deleted", actor="user alice").exists()


# The share secret


def test_the_details_hide_the_share_secret_until_somebody_asks_and_the_audit_log_names_them(
    console: Client, make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint()
    for path in (LIST, at(endpoint), at(endpoint, "edit"), at(endpoint, "rotate"), at(endpoint, "delete")):
        assert endpoint.share_secret not in shown(console, path), path
    assert MASK in shown(console, at(endpoint))
    assert not AuditEntry.objects.filter(action="endpoint.secret_revealed").exists()
    answer = console.post(at(endpoint, "secret"))
    assert endpoint.share_secret in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert AuditEntry.objects.get(action="endpoint.secret_revealed").actor == "user alice"
    page = shown(console, at(endpoint))
    assert "Share secret revealed" in page
    assert endpoint.share_secret not in page


def test_a_script_gets_the_secret_as_a_part_of_the_page_and_hides_it_again(
    console: Client, make_endpoint: MakeEndpoint
) -> None:
    endpoint = make_endpoint()
    part = console.post(at(endpoint, "secret"), headers={"hx-request": "true"})
    assert endpoint.share_secret in part.content.decode()
    assert "<html" not in part.content.decode()
    assert "no-store" in part.headers["Cache-Control"]
    hidden = shown(console, at(endpoint, "secret"), headers={"hx-request": "true"})
    assert endpoint.share_secret not in hidden
    assert MASK in hidden
    assert AuditEntry.objects.filter(action="endpoint.secret_revealed").count() == 1


def test_a_visit_to_the_secrets_address_shows_nothing(console: Client, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    assert console.get(at(endpoint, "secret")).headers["Location"] == at(endpoint)
    assert not AuditEntry.objects.filter(action="endpoint.secret_revealed").exists()


def test_the_secret_is_not_shown_without_the_csrf_token(alice: Account, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    client = browser("alice", alice)
    client.handler.enforce_csrf_checks = True
    assert client.post(at(endpoint, "secret")).status_code == 403


def test_changing_the_secret_warns_first_and_then_only_the_new_one_verifies(
    console: Client, make_endpoint: MakeEndpoint, alice: Account, receiver: Receiver
) -> None:
    endpoint = make_endpoint(url=receiver.url("/hook"))
    old = endpoint.share_secret
    assert "The old secret stops being used at once." in shown(console, at(endpoint, "rotate"))
    endpoint.refresh_from_db()
    assert endpoint.share_secret == old
    page = output(console, at(endpoint, "rotate"))
    endpoint.refresh_from_db()
    assert "The share secret is changed." in page
    assert "Share secret changed" in page
    assert endpoint.share_secret not in page
    happen(alice)
    run_until_quiet()
    (got,) = receiver.requests
    assert got.verifies(endpoint.share_secret)
    assert not got.verifies(old)


def test_a_secret_whose_key_is_lost_is_reported_and_can_be_replaced(
    console: Client, make_endpoint: MakeEndpoint, settings: Settings
) -> None:
    endpoint = make_endpoint()
    settings.ENCRYPTION_KEYS = ["another key"]
    assert MASK in shown(console, at(endpoint))
    assert "cannot be decrypted" in output(console, at(endpoint, "secret"))
    output(console, at(endpoint, "rotate"))
    endpoint = Endpoint.objects.get(pk=endpoint.pk)
    assert endpoint.share_secret in output(console, at(endpoint, "secret"))


# Details


def test_the_details_tell_everything_of_the_endpoint(
    console: Client, make_endpoint: MakeEndpoint, alice: Account, receiver: Receiver
) -> None:
    endpoint = make_endpoint(
        name="CRM",
        url=receiver.url("/hook"),
        event_types=["prize.points_added"],
        verify_tls=False,
        host_override="crm.example:8443",
        extra_headers={"X-Shop": "tokyo"},
    )
    grant_endpoint_add_on(
        account=alice, extra_endpoints=2, valid_from=NOW, valid_until=NOW + timedelta(days=5 * 365), now=NOW
    )
    happen(alice, topic="prize.points_added")
    run_until_quiet()
    page = shown(console, at(endpoint))
    for text in ("CRM", endpoint.url, "Points added", "crm.example:8443", "X-Shop: tokyo", "Not checked", "1 of 5"):
        assert text in page, text
    assert "Webhook zone 1" in page
    assert "Webhook zone 2" not in page
    assert re.search(r"2 more, .*2026-03-05.* to .*2031-03-04", page)
    assert "Delivered" in page
    assert f"?endpoint={endpoint.pk}" in page
    assert "Endpoint created" in page


def test_the_history_is_that_of_this_endpoint_alone(console: Client, make_endpoint: MakeEndpoint) -> None:
    first, second = make_endpoint(name="First"), make_endpoint(name="Second")
    output(console, at(second, "pause"))
    output(console, at(first, "edit"), filled(name="First, renamed"))
    page = shown(console, at(first))
    assert "Endpoint edited" in page
    assert "Endpoint paused" not in page
    assert "Endpoint paused" in shown(console, at(second))


def test_the_details_take_few_queries_however_much_was_sent(
    console: Client,
    make_endpoint: MakeEndpoint,
    alice: Account,
    receiver: Receiver,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    endpoint = make_endpoint(url=receiver.url("/hook"))
    happen(alice, 15)
    run_until_quiet()
    with django_assert_max_num_queries(30):
        page = shown(console, at(endpoint))
    assert page.count('class="pill good">Delivered') >= 6
