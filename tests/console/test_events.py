"""Events in the console: what happened, whom it reached, why not the others, and publishing by hand."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Licence
from events.models import Event
from maac_contract.contract import TOPICS
from maac_contract.samples import sample
from tests.brands import browser
from tests.receiver import Receiver
from tests.webhooks.test_deliver import run_until_quiet
from webhooks.models import Delivery, Endpoint

pytestmark = pytest.mark.django_db
MakeEndpoint = Callable[..., Endpoint]
POINTS, RECEIPT = "prize.points_added", "receipt.receipt_validated"
LOG, NEW = reverse("console:events"), reverse("console:event_new")


def text_of(client: Client, path: str, **query: str) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200, answer
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


def published(client: Client, topic: str = POINTS, **changes: Any) -> Event:
    data = {**sample(topic, seed=1), **changes}
    answer = client.post(NEW, {"topic": topic, "data": json.dumps(data)})
    assert answer.status_code == 302, answer.content.decode()
    return Event.objects.latest("id")


def test_an_event_that_reached_nobody_says_why_for_each_endpoint(console: Client, make_endpoint: MakeEndpoint) -> None:
    make_endpoint(name="Receipts only", event_types=[RECEIPT])
    event = published(console)
    page = text_of(console, reverse("console:event", args=[event.pk]))
    assert "This event reached no endpoint." in page
    assert "Receipts only No delivery The endpoint was not subscribed to this event type" in page
    assert "Reached no endpoint Receipts only: The endpoint was not subscribed" in text_of(console, LOG)


def test_an_event_without_any_endpoint_says_so_and_leads_to_the_first(console: Client) -> None:
    page = text_of(console, reverse("console:event", args=[published(console).pk]))
    assert "There was no running or paused endpoint when it was accepted. Create one" in page


def test_an_events_page_shows_each_delivery_with_its_journey(
    console: Client, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    make_endpoint(url=receiver.url("/hook"))
    event = published(console)
    address = reverse("console:event", args=[event.pk])
    assert f'hx-get="{address}"' in console.get(address).content.decode()
    run_until_quiet()
    page = console.get(address).content.decode()
    assert 'class="leg good"' in page
    assert f'hx-get="{address}"' not in page
    assert html.escape(event.body) in page


def test_the_published_payload_is_the_one_that_was_typed(
    console: Client, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    endpoint = make_endpoint(url=receiver.url("/hook"))
    published(console, points_memo="編集した <b>")
    run_until_quiet()
    (request,) = receiver.requests
    assert request.json()["data"]["points_memo"] == "編集した <b>"
    assert request.verifies(endpoint.share_secret)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("{", "line 1, column 2"),
        ("[]", "data"),
        (json.dumps({**sample(POINTS, seed=1), "points_count": "ten"}), "data.points_count"),
    ],
)
def test_a_payload_that_maac_would_not_send_is_refused_with_its_place(console: Client, data: str, reason: str) -> None:
    answer = console.post(NEW, {"topic": POINTS, "data": data})
    assert answer.status_code == 400
    assert reason in answer.content.decode()
    assert html.escape(data) in answer.content.decode(), "what was typed stays"
    assert not Event.objects.exists()
    assert reason in console.post(reverse("console:event_check"), {"topic": POINTS, "data": data}).content.decode()


def test_the_form_begins_with_a_sample_or_with_an_earlier_event(console: Client) -> None:
    assert '"points_id"' in text_of(console, NEW, topic=POINTS)
    event = published(console, points_memo="as before")
    assert '"points_memo": "as before"' in text_of(console, NEW, event=str(event.pk))
    for unknown in ({"topic": "nonsense"}, {"event": "999999"}, {"event": "x"}, {"seed": "\x07"}):
        assert '"receipt' in text_of(console, NEW, **unknown) or "number" in text_of(console, NEW, **unknown)


def test_one_of_each_type_is_published_at_once(
    console: Client, make_endpoint: MakeEndpoint, receiver: Receiver
) -> None:
    make_endpoint(url=receiver.url("/hook"), event_types=list(TOPICS))
    answer = console.post(reverse("console:event_all"), follow=True)
    assert "6 events are published. 6 deliveries are on their way." in answer.content.decode()
    run_until_quiet()
    assert {request.json()["topic"] for request in receiver.requests} == set(TOPICS)


def test_an_unlicensed_type_is_published_and_reaches_nobody_for_that_reason(
    console: Client, alice: Account, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint(name="All", event_types=list(TOPICS))
    Licence.objects.filter(account=alice).delete()
    assert "zone 1 is not licensed: no endpoint gets it" in text_of(console, NEW)
    event = published(console)
    page = text_of(console, reverse("console:event", args=[event.pk]))
    assert "All No delivery The event's zone had no valid licence" in page


def test_the_list_can_be_narrowed_to_a_type_and_to_what_reached_nobody(
    console: Client, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint(event_types=[POINTS])
    reached, missed = published(console), published(console, RECEIPT)

    def ids(**query: str) -> list[str]:
        return re.findall(r'class="cover" href="/console/events/(\d+)/"', console.get(LOG, query).content.decode())

    assert ids() == [str(missed.pk), str(reached.pk)]
    assert ids(topic=POINTS) == [str(reached.pk)]
    assert ids(reached="nobody") == [str(missed.pk)]
    assert "No event matches" in text_of(console, LOG, reached="nobody", topic=POINTS)


def test_a_page_of_many_events_takes_few_queries(
    console: Client, make_endpoint: MakeEndpoint, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        make_endpoint(name=f"Number {number}")
    for _ in range(6):
        console.post(reverse("console:event_all"))
    assert Delivery.objects.count() >= 18
    with django_assert_max_num_queries(14):
        console.get(LOG)


def test_another_accounts_event_is_not_found(console: Client) -> None:
    event = published(console)
    stranger = browser("stranger", Account.objects.create(name="Other", created_at=event.created_at))
    assert stranger.get(reverse("console:event", args=[event.pk])).status_code == 404
    assert "Nothing has happened yet" in text_of(stranger, LOG)
    assert "as before" not in text_of(stranger, NEW, event=str(event.pk))
