"""Tracked links and keywords: clicks count in the report of the event, tag the contact, and need a received message."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Account
from modules.contacts.services import create
from modules.messages import clicks, services
from modules.messages.models import Click, DirectMessage, MessageEvent
from tests.brands import NOW, client_of, error_of

REST = "/api/v1/modules/messages/"
UID = "U" + "5f" * 16


@pytest.fixture
def event(alice: Account) -> MessageEvent:
    return services.create_event(account=alice, name="Spring", now=NOW)


@pytest.fixture
def message(alice: Account, event: MessageEvent) -> DirectMessage:
    create(account=alice, now=NOW, line_uid=UID)
    template = services.create_template(account=alice, name="Coupon", now=NOW)
    return services.push(account=alice, template=template, line_uid=UID, values={}, event=event, now=NOW).message


def report(api: APIClient, event: MessageEvent, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/openapi/v1/event/{event.pk}/report/", query).json()["report"]
    return found


def test_links_are_added_clicked_and_counted_over_rest(
    api: APIClient, bob: Account, message: DirectMessage, event: MessageEvent
) -> None:
    links = f"{REST}templates/{message.template_id}/links/"
    link = api.post(links, {"url": "https://shop.example/", "utm_campaign": "spring", "tags": ["spring"]}).json()
    keyword = api.post(links, {"keyword": "More"}).json()
    assert (link["utm_campaign"], link["utm_source"], keyword["keyword"]) == ("spring", None, "More")
    click = {"direct_message_id": message.pk, "line_uid": UID}
    sale = {"transactions": 1, "transaction_revenue": 12.5}
    made = api.post(f"{REST}clicks/", {**click, "link_id": link["id"], **sale})
    assert made.status_code == 201, made.content
    assert made.json()["event_id"] == event.pk
    api.post(f"{REST}clicks/", {**click, "link_id": keyword["id"]})
    assert len(api.get(f"{REST}clicks/").json()["results"]) == 2
    total = report(api, event)["total"]
    assert (total["clicks"], total["unique_clicks"], total["transaction_revenue"]) == (2, 1, 12.5)
    assert api.get("/openapi/v1/member/").json()["results"][0]["tags"] == ["spring"]
    assert client_of(bob).get(links).status_code == 404
    assert api.delete(f"{links}{link['id']}/").status_code == 204
    assert [each["clicks"] for each in report(api, event)["messages"]] == [1]
    assert report(api, event)["urls"] == []


def test_the_report_counts_the_days_asked_for(
    api: APIClient, alice: Account, message: DirectMessage, event: MessageEvent
) -> None:
    link = clicks.add_link(template=message.template, url="https://shop.example/")
    for days in range(3):
        clicks.click(contact=alice.contacts.get(), message=message, link=link, now=NOW + timedelta(days=days))
    day = (NOW + timedelta(days=1)).astimezone(alice.zone_info).date().isoformat()
    assert report(api, event, start_date=day)["total"]["clicks"] == 2
    assert report(api, event, end_date=day)["urls"][0]["clicks"] == 2
    assert report(api, event, start_date=day, end_date=day)["urls"][0]["unique_clicks"] == 1


def test_a_click_on_an_enhanced_multicast_or_without_event_counts_nowhere(
    api: APIClient, alice: Account, message: DirectMessage, event: MessageEvent
) -> None:
    contact, template = alice.contacts.get(), message.template
    link = clicks.add_link(template=template, url="https://shop.example/")
    sent = services.enhanced_multicast(
        account=alice, template=template, line_uids=[UID], values={}, event=event, now=NOW - timedelta(hours=1)
    ).message
    bare = services.push(account=alice, template=template, line_uid=UID, values={}, now=NOW).message
    for each in (sent, bare):
        assert clicks.click(contact=contact, message=each, link=link, now=NOW).event_id is None
    assert report(api, event)["total"]["clicks"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": "https://shop.example/", "keyword": "More"}, "url"),
        ({"url": "ftp://shop.example/"}, "url"),
        ({"url": "https://shop.example/" + "x" * 1000}, "url"),
        ({"keyword": "x" * 101}, "keyword"),
        ({"keyword": "More", "tags": ["x"] * 21}, "tags"),
        ({"keyword": "More", "utm_campaign": "x" * 101}, "utm_campaign"),
    ],
)
def test_a_link_that_is_not_right_is_refused_by_field(
    api: APIClient, message: DirectMessage, body: Any, field: str
) -> None:
    answer = api.post(f"{REST}templates/{message.template_id}/links/", body)
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [field]


def test_only_who_received_the_message_can_click(api: APIClient, alice: Account, message: DirectMessage) -> None:
    link = clicks.add_link(template=message.template, url="https://shop.example/")
    other = create(account=alice, now=NOW)
    body = {"direct_message_id": message.pk, "link_id": link.pk, "line_uid": other.line_uid}
    assert error_of(api.post(f"{REST}clicks/", body))["code"] == "message_not_received"
    assert api.post(f"{REST}clicks/", {**body, "link_id": 99}).status_code == 400
    assert not Click.objects.exists()


def test_the_console_adds_links_and_clicks_as_a_contact(
    console: Client, message: DirectMessage, event: MessageEvent
) -> None:
    links = f"/console/modules/messages/templates/{message.template_id}/links/add/"
    assert console.post(links, {"url": "https://shop.example/", "tags": "a, b"}).status_code == 302
    assert "https://shop.example/" in console.get(links).content.decode()
    (link,) = message.template.links.all()
    assert link.tags == ["a", "b"]
    path = f"/console/modules/messages/direct/{message.pk}/click/"
    sale = {"adds_to_cart": 1, "transactions": 1, "transaction_revenue": "9.5"}
    assert console.post(path, {"contact": UID, "link": link.pk, **sale}).status_code == 302
    assert event.clicks.get().transaction_revenue == 9.5
    assert UID in console.get(path).content.decode()
    assert console.post(links.replace("add", f"{link.pk}/delete")).status_code == 302
    assert not Click.objects.exists()
