"""API > Binding callback in the console, and what the article asks for around licences and event types."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.models import Account, Licence
from accounts.services import change_plan
from maac_contract.binding_callback import callback_sample
from tests.brands import NOW
from webhooks.engine.extra_headers import MASK
from webhooks.models import Attempt, Check, Delivery, DeliveryStats, Endpoint
from webhooks.services import callback
from webhooks.services.publish import EventRequest, publish

PAGE = "/console/callback/"
KEY = "the-agreed-value"

pytestmark = pytest.mark.django_db
MakeEndpoint = Callable[..., Endpoint]


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def row(alice: Account) -> Endpoint:
    return callback.set_callback(account=alice, url="http://127.0.0.1:9/b", headers={"x-api-key": KEY}, now=NOW)


def test_the_address_is_set_and_its_preset_value_never_shown(console: Client, alice: Account) -> None:
    assert "Send test" not in text(console, PAGE)
    fields = {"url": "http://127.0.0.1:9/b", "headers_name": ["x-api-key", ""], "headers_value": [KEY, ""]}
    assert console.post(PAGE, {**fields, "verify_tls": "on"}).status_code == 302
    shown = text(console, PAGE)
    assert (KEY in shown, MASK in shown, "Send test" in shown) == (False, True, True)
    console.post(PAGE, {**fields, "url": "http://127.0.0.1:9/c", "headers_value": [MASK, ""]})
    saved = callback.callback_of(alice)
    assert saved is not None
    assert (saved.url, callback.preset_headers(saved), saved.verify_tls) == (
        "http://127.0.0.1:9/c", {"x-api-key": KEY}, False,
    )  # fmt: skip


def test_what_is_wrong_stands_in_the_form(console: Client, alice: Account) -> None:
    page = console.post(PAGE, {"url": "nonsense", "headers_name": "Host", "headers_value": "x"})
    assert page.status_code == 200
    assert callback.callback_of(alice) is None
    page = console.post(PAGE, {"url": "http://127.0.0.1:9/", "headers_name": "Host", "headers_value": "x"})
    assert "Host is set by the simulator" in page.content.decode()


def test_a_test_leads_to_its_delivery_which_speaks_of_no_signature(console: Client, row: Endpoint) -> None:
    answer = console.post(f"{PAGE}test/", follow=True)
    shown = answer.content.decode()
    assert "binding.callback" in shown
    assert "A binding callback has no signature" in shown
    assert ("Explain a signature</a>" in shown.split('id="content"')[1], "Idempotency key" in shown) == (False, False)
    assert KEY not in shown
    assert f"/console/deliveries/{Delivery.objects.get().pk}/" in text(console, PAGE)
    assert text(console, f"/console/deliveries/?endpoint={row.pk}").count("binding.callback") >= 1


def test_a_refusal_is_explained_by_the_preset_header(console: Client, alice: Account, row: Endpoint) -> None:
    delivery = callback.send_callback(account=alice, data=callback_sample(1), now=NOW)
    assert delivery is not None
    Attempt.objects.create(
        delivery=delivery, number=1, started_at=NOW, duration_ms=1, request_headers=[], reason="ERROR_STATUS_CODE",
        status_code=401,
    )  # fmt: skip
    shown = text(console, f"/console/deliveries/{delivery.pk}/")
    assert "Compare the preset headers set here" in shown
    assert "Use the share secret of this endpoint" not in shown


def test_a_check_is_started_and_the_address_removed(console: Client, alice: Account, row: Endpoint) -> None:
    started = console.post(f"{PAGE}check/")
    assert started["Location"] == f"/console/tools/check/{Check.objects.get().pk}/"
    assert KEY not in text(console, started["Location"])
    console.post(f"{PAGE}remove/")
    assert callback.callback_of(alice) is None
    assert "No address is set" in console.post(f"{PAGE}test/", follow=True).content.decode()


def test_callbacks_do_not_count_among_the_webhooks_of_the_day(
    console: Client, alice: Account, row: Endpoint, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    counts = {"topic": "binding.callback", "is_test": False, "minute": minute, "delivered": 77}
    DeliveryStats.objects.create(account=alice, endpoint=row, duration_counts=[0] * 12, **counts)
    assert "<b>77</b>" not in text(console, "/console/webhooks/")


def test_the_callback_is_no_endpoint_of_any_page(console: Client, row: Endpoint) -> None:
    assert "http://127.0.0.1:9/b" not in text(console, "/console/webhooks/")
    for page in ("", "edit/", "delete/", "test/", "secret/", "faults/new/"):
        assert console.get(f"/console/webhooks/{row.pk}/{page}").status_code in (404, 405)


# The article


def test_list_and_details_show_the_number_of_registered_events(console: Client, make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(event_types=["prize.points_added", "message.first_open"])
    assert "2 registered events" in text(console, "/console/webhooks/")
    details = text(console, f"/console/webhooks/{endpoint.pk}/")
    assert "<dt>Registered events</dt><dd>2</dd>" in details
    assert "A message sent through the Open API without event_id never sends it." in details


def test_the_warning_stands_where_the_event_type_is_chosen(console: Client) -> None:
    assert "without event_id never sends it" in text(console, "/console/webhooks/new/")


def test_the_technical_document_links_maacs_own(console: Client) -> None:
    assert 'href="https://cresclab.docs.apiary.io/"' in text(console, "/console/docs/")


def test_a_plan_without_webhook_is_named_as_the_reason(
    console: Client, alice: Account, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint()
    Licence.objects.filter(account=alice).delete()
    change_plan(account=alice, plan="entry", now=NOW)
    alice.refresh_from_db()
    for page in ("/console/webhooks/", "/console/webhooks/new/", "/console/account-info/"):
        shown = text(console, page)
        assert "Webhook is an add-on to the marketing plan" in shown
        assert "Not licensed" not in shown
    fields = {"name": "x", "url": "http://127.0.0.1:9/", "event_types": ["prize.points_added"]}
    assert "is on the Entry plan" in console.post("/console/webhooks/new/", fields).content.decode()
    (published,) = publish(account=alice, event_requests=[EventRequest("prize.points_added", seed=1)], now=NOW)
    assert "add-on to the marketing plan" in published.event.not_reached[0]["detail"]


@pytest.mark.parametrize(
    "page", ["contacts", "binding", "receipts", "surveys", "notifications", "points", "messages", "traffic"]
)
def test_each_module_says_which_screen_it_stands_for(console: Client, page: str) -> None:
    assert 'id="stands-for">Stands for' in text(console, f"/console/modules/{page}/")


def test_other_pages_stand_for_themselves(console: Client) -> None:
    assert 'id="stands-for"' not in text(console, "/console/webhooks/")
