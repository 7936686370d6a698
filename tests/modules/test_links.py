"""Deeplinks, tracelinks and auto replies over REST, in the console, in the Open API, and in plays."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.erasure import erase
from accounts.models import Account
from modules import retention
from modules.contacts.models import Contact
from modules.contacts.services import create as befriend
from modules.links import services
from modules.links.models import AutoReply, AutoReplyAct, BehaviorRow, Click, Link
from tests.brands import NOW
from tests.modules.plays import EVERYTHING, play_all, start

LINKS = "/api/v1/modules/links/"
REPLIES = f"{LINKS}auto-replies/"
PAGE = "/console/modules/links/"
V1 = "/openapi/v1/"
POSTER = {
    "kind": "tracelink",
    "name": "ポスター",
    "url": "https://shop.example/",
    "tags": ["来店"],
    "utm_source": "LINE",
}


@pytest.fixture
def contact(alice: Account) -> Contact:
    return befriend(account=alice, now=datetime.now(UTC), display_name="花子")


def posted(api: APIClient, path: str, body: Any, status: int = 201) -> Any:
    answer = api.post(path, body)
    assert answer.status_code == status, answer.content
    return answer.json()


def rows_of(api: APIClient, kind: str, day: Any) -> list[dict[str, str]]:
    answer: Any = api.get(f"{V1}behavior/download/{day}/{kind}/")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


@pytest.mark.both_databases
def test_a_click_is_reported_tags_the_contact_and_leaves_a_visit(
    api: APIClient, alice: Account, contact: Contact
) -> None:
    link = posted(api, LINKS, POSTER)
    click = {"line_uid": contact.line_uid, "adds_to_cart": 3, "transactions": 1, "transaction_revenue": 990.5}
    for _time in range(2):
        posted(api, f"{LINKS}{link['id']}/clicks/", click)
    report = api.get(f"{V1}tracelink/").json()["report"]
    assert report == {
        "clicks": 2, "unique_clicks": 1, "adds_to_cart": 6, "transactions": 2, "transaction_revenue": 1981.0,
    }  # fmt: skip
    assert [tagging.tag.name for tagging in contact.taggings.all()] == ["来店"]
    today = datetime.now(alice.zone_info).date()
    assert [row["revenue"] for row in rows_of(api, "transaction", today)] == ["990.5", "990.5"]
    assert {row["adds_to_cart"] for row in rows_of(api, "product", today)} == {"3"}
    views = rows_of(api, "pageview", today)
    assert {(row["line_uid"], row["utm_source"], row["utm_medium"]) for row in views} == {
        (contact.line_uid, "LINE", "")
    }
    assert sum(int(row["entrances"]) for row in views) == 2


def test_a_deeplink_counts_who_joined_and_who_was_there(api: APIClient, alice: Account, contact: Contact) -> None:
    link = posted(api, LINKS, {**POSTER, "kind": "deeplink"})
    other = befriend(account=alice, now=NOW)
    path = f"{LINKS}{link['id']}/clicks/"
    posted(api, path, {"line_uid": contact.line_uid})
    posted(api, path, {"line_uid": contact.line_uid, "is_new_friend": True})
    for _time in range(2):
        posted(api, path, {"line_uid": other.line_uid, "authorizes": True})
    assert list(api.get(f"{V1}deeplink/").json()["report"].values()) == [4, 3, 1, 2, 2, 1, 1]
    contact.refresh_from_db()
    assert contact.status == "auth"


def test_the_newest_link_is_reported_unless_one_is_named(api: APIClient) -> None:
    assert api.get(f"{V1}tracelink/").status_code == 404
    first, second = (posted(api, LINKS, {**POSTER, "name": name})["id"] for name in "ab")
    assert api.get(f"{V1}tracelink/").json()["id"] == second
    assert api.get(f"{V1}tracelink/?id={first}").json()["id"] == first
    assert api.get(f"{V1}tracelink/?id=999999").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"url": "javascript:alert(1)"}, {"url": "https://"}, {"name": " "}, {"tags": [""]}, {"utm_source": "a" * 101}],
)
def test_a_link_with_a_bad_value_is_refused_whole(api: APIClient, wrong: dict[str, Any]) -> None:
    answer = api.post(LINKS, {**POSTER, **wrong})
    assert answer.status_code == 400
    assert next(iter(wrong)) in str(answer.json())
    assert not Link.objects.exists()


def test_a_tracelink_makes_no_friends(api: APIClient, contact: Contact) -> None:
    link = posted(api, LINKS, POSTER)
    posted(api, f"{LINKS}{link['id']}/clicks/", {"line_uid": contact.line_uid, "authorizes": True}, 400)
    assert not Click.objects.exists()


def test_links_of_another_account_are_not_found(api: APIClient, bob: Account, contact: Contact) -> None:
    link = services.create_link(account=bob, kind="tracelink", name="x", url="https://a.example", now=NOW)
    reply = services.create_auto_reply(account=bob, name="x", now=NOW)
    for path in (f"{LINKS}{link.pk}/", f"{REPLIES}{reply.pk}/"):
        assert api.get(path).status_code == 404
        assert api.delete(path).status_code == 404
    posted(api, f"{LINKS}{link.pk}/clicks/", {"line_uid": contact.line_uid}, 404)


@pytest.mark.both_databases
def test_an_auto_reply_counts_by_group(api: APIClient, alice: Account, contact: Contact) -> None:
    body = {"name": "Hello", "urls": [{"url": "https://a.example", "tags": ["x"]}], "messages": [{"message": "Hi"}]}
    reply = posted(api, REPLIES, body)
    bound = befriend(account=alice, now=NOW, customer_id="C-1")
    old = befriend(account=alice, now=datetime.now(UTC) - timedelta(days=2))
    path, link = f"{REPLIES}{reply['id']}/acts/", reply["parts"][0]["id"]
    for who in (contact, bound, old):
        posted(api, path, {"line_uid": who.line_uid, "kind": "trigger"})
    posted(api, path, {"line_uid": old.line_uid, "kind": "click", "part": link, "transactions": 1})
    (report,) = posted(api, f"{V1}auto_reply/search/", {}, 200)["reports"]
    assert (report["total"]["triggers"], report["total"]["click_rate"]) == (3, 0.333)
    (channel,) = report["channel_setting_reports"]
    groups = ("new_friend", "original_friend", "bound_friend")
    assert [channel[group]["total"]["triggers"] for group in groups] == [1, 1, 1]
    assert [len(channel[group]["urls"]) for group in groups] == [0, 1, 0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "click"},
        {"kind": "trigger", "part": 1},
        {"kind": "open", "adds_to_cart": 1},
        {"kind": "click", "part": 999_999},
        {"kind": "look"},
    ],
)
def test_an_impossible_act_is_refused(api: APIClient, contact: Contact, wrong: dict[str, Any]) -> None:
    reply = posted(api, REPLIES, {"name": "Hello", "messages": [{"message": "Hi"}]})
    if wrong.get("part") == 1:
        wrong = {**wrong, "part": reply["parts"][0]["id"]}
    posted(api, f"{REPLIES}{reply['id']}/acts/", {"line_uid": contact.line_uid, **wrong}, 400)
    assert not AutoReplyAct.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "loc", "text"),
    [
        ({"end_date": "2025-02-30"}, "__root__", "Invalid end_date format. Use YYYY-MM-DD."),
        ({"start_date": "2025-02-02", "end_date": "2025-02-01"}, "__root__", "later than end_date"),
        ({"limit": 21}, "limit", "20"),
        ({"limit": 0}, "limit", "1"),
        ({"offset": -1}, "offset", "0"),
        ({"channel_type": "fax"}, "channel_type", "fax"),
        ([], "__root__", "Invalid data"),
    ],
)
def test_a_bad_search_is_refused_in_the_form_of_its_family(api: APIClient, wrong: Any, loc: str, text: str) -> None:
    answer = posted(api, f"{V1}auto_reply/search/", wrong, 400)
    assert answer["message"] == ""
    assert answer["errors"][0]["loc"] == [loc]
    assert text in answer["errors"][0]["msg"]


def test_a_search_asks_the_database_as_often_for_twenty_replies_as_for_one(
    api: APIClient, alice: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(25):
        services.create_auto_reply(account=alice, name=str(number), messages=[{"message": "Hi"}], now=NOW)
    posted(api, f"{V1}auto_reply/search/", {"limit": 1}, 200)
    with CaptureQueriesContext(connection) as of_one:
        posted(api, f"{V1}auto_reply/search/", {"limit": 1}, 200)
    with django_assert_num_queries(len(of_one)):
        found = posted(api, f"{V1}auto_reply/search/", {}, 200)
    assert (found["count"], len(found["reports"])) == (25, 20)


@pytest.mark.parametrize("day", ["2025-02-30", "today", "1800-01-01", "20250101x"])
def test_a_behaviour_file_of_no_day_is_refused(api: APIClient, day: str) -> None:
    assert api.get(f"{V1}behavior/download/{day}/pageview/").status_code == 400


def behaviour(account: Account) -> list[Any]:
    return list(account.behavior.order_by("id").values_list("kind", "line_uid", "values", "time"))


@pytest.mark.both_databases
def test_the_customers_of_a_play_browse_the_same_way_for_the_same_seed(
    api: APIClient, alice: Account, bob: Account
) -> None:
    for account in (bob, alice):
        start(account, EVERYTHING, "7")
        play_all()
    seen = [behaviour(bob), behaviour(alice)]
    assert seen[0] == seen[1]
    assert {kind for kind, *_others in seen[0]} == {"pageview", "product", "transaction"}
    assert (alice.links.count(), alice.auto_replies.count()) == (2, 1)
    day = NOW.astimezone(alice.zone_info).date()
    files = [rows_of(api, kind, day) for kind in ("pageview", "product", "transaction")]
    assert sum(len(rows) for rows in files) == len(seen[1])
    revenue = sum(float(row["revenue"]) for row in files[2])
    assert revenue == sum(row["values"]["item_revenue"] for row in alice.behavior.filter(kind="product").values())
    assert not rows_of(api, "pageview", day + timedelta(days=1))


def test_a_play_goes_on_when_its_links_are_deleted(alice: Account) -> None:
    play = start(alice, EVERYTHING, "7")
    for link in Link.objects.all():
        services.delete(link)
    services.delete(AutoReply.objects.get())
    play_all()
    play.refresh_from_db()
    assert (play.status, Click.objects.count(), BehaviorRow.objects.count()) == ("finished", 0, 0)


def test_what_contacts_did_goes_when_it_is_old_and_everything_with_the_account(alice: Account) -> None:
    start(alice, EVERYTHING, "7")
    play_all()
    happened = (Click, AutoReplyAct, BehaviorRow)
    assert all(model.objects.exists() for model in happened)
    retention.prune(now=NOW + timedelta(days=32), sleep=lambda _seconds: None)
    assert not any(model.objects.exists() for model in happened)
    assert Link.objects.exists()
    erase([alice.pk])
    assert not Link.objects.exists()
    assert not AutoReply.objects.exists()


def test_the_console_creates_a_link_and_clicks_it(console: Client, contact: Contact) -> None:
    client = console
    made = client.post(f"{PAGE}new/", {"kind": "deeplink", "name": "Card", "url": "https://a.example", "tags": "x, y"})
    assert made.status_code == 302
    sales = {"adds_to_cart": 0, "transactions": 0, "transaction_revenue": 0}
    body = {"contact": contact.line_uid, "authorizes": "on", **sales}
    assert client.post(made["Location"], body).status_code == 302
    assert (Click.objects.get().authorized, Link.objects.get().tags) == (True, ["x", "y"])
    shown = client.get(made["Location"]).content.decode()
    assert contact.line_uid in shown
    assert client.post(f"{made['Location']}delete/").status_code == 302
    assert not Link.objects.exists()


def test_the_console_creates_an_auto_reply_and_uses_it(console: Client, contact: Contact) -> None:
    client = console
    made = client.post(f"{PAGE}auto-replies/new/", {"name": "Hello", "message": "Hi", "url": "https://a.example"})
    assert made.status_code == 302
    part = AutoReply.objects.get().parts.get(message="Hi")
    sales = {"adds_to_cart": 0, "transactions": 0, "transaction_revenue": 0}
    for act in ({"kind": "trigger"}, {"kind": "click", "part": part.pk}):
        assert client.post(made["Location"], {"contact": contact.line_uid, **act, **sales}).status_code == 302
    refused = client.post(made["Location"], {"contact": contact.line_uid, "kind": "click", **sales})
    assert refused.status_code == 200
    assert AutoReplyAct.objects.count() == 2
    assert "Hello" in client.get(f"{PAGE}auto-replies/").content.decode()
