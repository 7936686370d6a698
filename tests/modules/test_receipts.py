"""Receipts: campaigns and uploads, through REST and through the console."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import Account
from events.models import Event
from modules.contacts.models import Contact
from modules.contacts.services import create as befriend
from modules.receipts import services, uploads
from modules.receipts.conditions import CODES, Item
from modules.receipts.errors import CampaignClosed
from modules.receipts.models import Campaign, Upload
from tests.brands import NOW, client_of, error_of, race, refusal
from webhooks.models import Delivery, Endpoint

CAMPAIGNS = "/api/v1/modules/receipts/campaigns/"
UPLOADS = "/api/v1/modules/receipts/uploads/"
PAGE = "/console/modules/receipts/"
DAY = timedelta(days=1)
ITEMS = [{"description": "四季春茶 🍃", "unit_price": 35, "quantity": 2}, {"description": "茶葉蛋", "unit_price": 13.5}]
STRICT = {
    "name": "春季發票登錄活動",
    "purchase_from": "2019-06-01T00:00:00",
    "upload_from": "2020-01-01T00:00:00+08:00",
    "shops": ["青嵐茶舖 信義門市"],
    "keywords": ["四季春"],
    "minimum_amount": 80,
    "uploads_per_contact": 3,
}


@pytest.fixture
def contact(alice: Account) -> Contact:
    return befriend(account=alice, now=NOW, display_name="陳小美", customer_id="M-1")


@pytest.fixture
def campaign(api: APIClient) -> dict[str, Any]:
    answer = api.post(CAMPAIGNS, STRICT)
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture
def send(api: APIClient, campaign: dict[str, Any], contact: Contact) -> Callable[..., Any]:
    """Uploads a receipt that matches, with changes; None leaves a field out."""

    def upload(**changes: Any) -> Any:
        bought = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
        usual = {"number": "AB12345678", "random_number": "0427", "datetime": bought, "channel": "青嵐茶舖 信義門市"}
        body = {"campaign": campaign["id"], "line_uid": contact.line_uid, **usual, "items": ITEMS, **changes}
        text = json.dumps({name: value for name, value in body.items() if value is not None})
        return api.generic("POST", UPLOADS, text, content_type="application/json")

    return upload


def generate(api: APIClient, campaign: int, contact: Contact, **changes: Any) -> Any:
    return api.post(UPLOADS, {"campaign": campaign, "line_uid": contact.line_uid, "generate": True, **changes})


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 201, answer.content
    return [each["code"] for each in answer.json()["failed_conditions"]]


def test_a_receipt_that_matches_is_reported_as_the_contract_says(
    send: Callable[..., Any], make_endpoint: Callable[..., Endpoint]
) -> None:
    make_endpoint()
    answer = send(datetime="2026-03-03T04:05:36Z", number="ab-12345678").json()
    assert (answer["matched"], answer["failed_conditions"], answer["total"]) == (True, [], 83.5)
    event = Event.objects.get(pk=answer["event_id"])
    output = json.loads(event.body)
    upload = Upload.objects.get(pk=answer["id"])
    assert output["topic"] == "receipt.receipt_validated"
    assert output["timestamp"] == output["data"]["upload_datetime"]
    assert datetime.fromisoformat(output["data"]["upload_datetime"]) == upload.uploaded_at
    assert {**output["data"], "upload_datetime": ""} == {
        "line_uid": upload.contact.line_uid,
        "customer_id": "M-1",
        "campaign_name": "春季發票登錄活動",
        "number": "AB12345678",
        "datetime": "2026-03-03T12:05:36+08:00",
        "upload_datetime": "",
        "random_number": "0427",
        "channel": "青嵐茶舖 信義門市",
        "items": [
            {"description": "四季春茶 🍃", "unit_price": 35.0, "quantity": 2.0, "amount": 70.0},
            {"description": "茶葉蛋", "unit_price": 13.5, "quantity": 1.0, "amount": 13.5},
        ],
    }
    assert '"unit_price": 35.0, "quantity": 2.0, "amount": 70.0' in event.body
    assert list(output["data"]["items"][0]) == ["description", "unit_price", "quantity", "amount"]
    assert Delivery.objects.filter(event=event).count() == 1


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({"datetime": "2019-05-31T23:59:59"}, ["purchase_period"]),
        ({"datetime": "2019-05-01T00:00:00Z", "upload_datetime": "2019-12-02T00:00:00Z"},
         ["purchase_period", "upload_period"]),
        ({"channel": "青嵐茶舖 中山門市"}, ["shop"]),
        ({"items": [{"description": "茶葉蛋", "unit_price": 100}]}, ["item"]),
        ({"items": ITEMS[:1]}, ["minimum_amount"]),
        ({"items": [{"description": "x", "unit_price": 1}], "channel": "x"}, ["shop", "item", "minimum_amount"]),
    ],
)  # fmt: skip
def test_a_receipt_that_fails_says_which_conditions_and_sends_nothing(
    send: Callable[..., Any], changes: dict[str, Any], failed: list[str]
) -> None:
    answer = send(**changes)
    assert codes(answer) == failed
    assert answer.json()["matched"] is False
    assert answer.json()["event_id"] is None
    assert all(each["message"].endswith(".") for each in answer.json()["failed_conditions"])
    assert not Event.objects.exists()


def test_a_number_matches_once_and_one_that_failed_may_come_again(send: Callable[..., Any]) -> None:
    assert codes(send(channel="elsewhere")) == ["shop"]
    assert codes(send()) == []
    assert codes(send()) == ["number_once"]
    assert codes(send(number="AB12345679")) == []
    assert Event.objects.count() == 2


def test_a_number_may_match_another_campaign(
    api: APIClient, send: Callable[..., Any], campaign: dict[str, Any]
) -> None:
    assert codes(send()) == []
    other = api.post(CAMPAIGNS, STRICT).json()
    assert codes(send(campaign=other["id"])) == []
    api.patch(f"{CAMPAIGNS}{campaign['id']}/", {"number_once": False})
    assert codes(send()) == []


def test_a_contact_matches_so_often_and_another_contact_still_may(send: Callable[..., Any], alice: Account) -> None:
    results = [codes(send(number=f"AB1234567{number}")) for number in range(4)]
    assert results == [[], [], [], ["upload_limit"]]
    other = befriend(account=alice, now=NOW)
    answer = send(number="AB12345679", line_uid=None, contact=other.pk)
    assert codes(answer) == []
    assert json.loads(Event.objects.get(pk=answer.json()["event_id"]).body)["data"]["customer_id"] is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "1234"}, "number"),
        ({"number": None}, "number"),
        ({"number": 12345678}, "number"),
        ({"random_number": "12345"}, "random_number"),
        ({"datetime": "yesterday"}, "datetime"),
        ({"datetime": "9999-12-31T23:59:59-08:00"}, "datetime"),
        ({"datetime": "0001-01-01T00:00:00"}, "datetime"),
        ({"datetime": "2100-01-01T00:00:00Z"}, "datetime"),
        ({"upload_datetime": "2100-01-01T00:00:00Z"}, "upload_datetime"),
        ({"channel": ""}, "channel"),
        ({"items": []}, "items"),
        ({"items": "tea"}, "items"),
        ({"items": [{"description": "tea"}]}, "items[0].unit_price"),
        ({"items": [{"description": "tea", "unit_price": "35"}]}, "items[0].unit_price"),
        ({"items": [{"description": "tea", "unit_price": True}]}, "items[0].unit_price"),
        ({"items": [{"description": "tea", "unit_price": 10**400}]}, "items[0].unit_price"),
        ({"items": [{"description": "tea", "unit_price": 1, "colour": "green"}]}, "items[0].colour"),
        ({"items": [{"description": " ", "unit_price": 1}]}, "items[0].description"),
        ({"items": [{"description": "a\ud800", "unit_price": 1}]}, "items[0].description"),
        ({"campaign": 10**30}, "campaign"),
        ({"campaign": 999_999}, "campaign"),
        ({"campaign": None}, "campaign"),
        ({"line_uid": "U" + "0" * 32}, "line_uid"),
        ({"line_uid": None}, "line_uid"),
        ({"seed": 7}, "seed"),
        ({"breaking": "shop"}, "breaking"),
        ({"generate": True}, "channel"),
    ],
)  # fmt: skip
def test_a_bad_receipt_is_refused_by_field_and_nothing_is_stored(
    send: Callable[..., Any], changes: dict[str, Any], field: str
) -> None:
    answer = send(**changes)
    assert answer.status_code == 400
    assert next(iter(error_of(answer)["fields"])) == field
    assert not Upload.objects.exists()
    assert not Event.objects.exists()


def test_a_campaign_that_is_not_active_takes_no_receipt(
    api: APIClient, send: Callable[..., Any], campaign: dict[str, Any], contact: Contact
) -> None:
    api.patch(f"{CAMPAIGNS}{campaign['id']}/", {"is_active": False})
    assert refusal(send()) == (409, "campaign_closed")
    assert refusal(generate(api, campaign["id"], contact)) == (409, "campaign_closed")
    assert not Upload.objects.exists()


def test_a_campaign_that_was_deleted_meanwhile_takes_no_receipt(
    alice: Account, contact: Contact, campaign: dict[str, Any]
) -> None:
    stale = Campaign.objects.get(pk=campaign["id"])
    services.delete(campaign=Campaign.objects.get(pk=stale.pk))
    with pytest.raises(CampaignClosed, match="deleted"):
        uploads.upload_generated(campaign=stale, contact=contact, now=NOW)


# Receipts that are made up


def test_a_receipt_that_is_made_up_matches_and_the_same_seed_makes_the_same(
    api: APIClient, campaign: dict[str, Any], contact: Contact
) -> None:
    first = generate(api, campaign["id"], contact, seed="spring").json()
    assert first["matched"], first
    twin = api.post(CAMPAIGNS, STRICT).json()
    second = generate(api, twin["id"], contact, seed="spring").json()
    same = ("number", "random_number", "channel", "items")
    assert [first[name] for name in same] == [second[name] for name in same]
    again = generate(api, campaign["id"], contact, seed="spring").json()
    assert again["matched"]
    assert again["number"] != first["number"]


@pytest.mark.parametrize("code", CODES)
def test_a_receipt_can_be_made_that_fails_any_one_condition(
    api: APIClient, campaign: dict[str, Any], contact: Contact, code: str
) -> None:
    for _upload in range(3 if code == "upload_limit" else 1):
        assert codes(generate(api, campaign["id"], contact)) == []
    before = Event.objects.count()
    assert codes(generate(api, campaign["id"], contact, breaking=code)) == [code]
    assert Event.objects.count() == before


def test_what_cannot_be_made_up_is_refused_and_nothing_is_stored(
    api: APIClient, campaign: dict[str, Any], contact: Contact
) -> None:
    assert refusal(generate(api, campaign["id"], contact, breaking="number_once")) == (409, "no_such_receipt")
    assert refusal(generate(api, campaign["id"], contact, breaking="colour")) == (400, "invalid_receipt")
    assert refusal(generate(api, campaign["id"], contact, seed=[1])) == (400, "invalid_request")
    api.patch(f"{CAMPAIGNS}{campaign['id']}/", {"upload_from": "2099-01-01T00:00:00Z"})
    answer = generate(api, campaign["id"], contact)
    assert refusal(answer) == (409, "no_such_receipt")
    assert "periods" in error_of(answer)["message"]
    assert not Upload.objects.exists()


# Campaigns


def test_a_campaigns_times_without_an_offset_are_those_of_the_account(campaign: dict[str, Any]) -> None:
    assert campaign["purchase_from"] == "2019-05-31T16:00:00Z"
    assert campaign["upload_from"] == "2019-12-31T16:00:00Z"


def test_a_campaign_is_listed_changed_and_deleted(api: APIClient, campaign: dict[str, Any]) -> None:
    path = f"{CAMPAIGNS}{campaign['id']}/"
    changed = api.patch(path, {"name": "Autumn", "minimum_amount": 12.5, "shops": [], "upload_from": None}).json()
    assert (changed["name"], changed["minimum_amount"], changed["shops"]) == ("Autumn", 12.5, [])
    assert (changed["upload_from"], changed["keywords"]) == (None, ["四季春"])
    assert api.get(path).json() == changed
    second = api.post(CAMPAIGNS, {"name": "Winter"}).json()
    page = api.get(CAMPAIGNS, {"limit": "1"}).json()
    assert [row["id"] for row in page["results"]] == [second["id"]]
    assert [row["id"] for row in api.get(page["next"]).json()["results"]] == [campaign["id"]]
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"minimum_amount": -1}, "minimum_amount"),
        ({"minimum_amount": "much"}, "minimum_amount"),
        ({"minimum_amount": 1e30}, "minimum_amount"),
        ({"uploads_per_contact": 0}, "uploads_per_contact"),
        ({"uploads_per_contact": 10**30}, "uploads_per_contact"),
        ({"shops": "one"}, "shops"),
        ({"shops": [1]}, "shops[0]"),
        ({"keywords": ["x" * 101]}, "keywords"),
        ({"upload_until": "2019-01-01T00:00:00Z"}, "upload_until"),
        ({"purchase_from": "soon"}, "purchase_from"),
        ({"purchase_from": "0001-01-01T00:00:00"}, "purchase_from"),
        ({"is_active": "yes"}, "is_active"),
        ({"colour": "green"}, "colour"),
    ],
)
def test_a_bad_campaign_is_refused_by_field(
    api: APIClient, campaign: dict[str, Any], changes: dict[str, Any], field: str
) -> None:
    body = {name: value for name, value in {**STRICT, **changes}.items() if value is not None}
    for answer in (api.post(CAMPAIGNS, body), api.patch(f"{CAMPAIGNS}{campaign['id']}/", changes)):
        assert answer.status_code == 400, answer.content
        assert list(error_of(answer)["fields"]) == [field]
    assert api.get(f"{CAMPAIGNS}{campaign['id']}/").json() == campaign
    assert Campaign.objects.count() == 1


def test_another_brands_campaigns_and_uploads_do_not_exist(
    bob: Account, campaign: dict[str, Any], contact: Contact, send: Callable[..., Any]
) -> None:
    upload = send().json()
    theirs = client_of(bob)
    for answer in (
        theirs.get(f"{CAMPAIGNS}{campaign['id']}/"),
        theirs.patch(f"{CAMPAIGNS}{campaign['id']}/", {"name": "x"}),
        theirs.delete(f"{CAMPAIGNS}{campaign['id']}/"),
        theirs.get(f"{UPLOADS}{upload['id']}/"),
    ):
        assert answer.status_code == 404
    assert theirs.get(UPLOADS).json()["results"] == theirs.get(CAMPAIGNS).json()["results"] == []
    for answer in (generate(theirs, campaign["id"], contact), theirs.get(UPLOADS, {"campaign": campaign["id"]})):
        assert answer.status_code == 400
        assert list(error_of(answer)["fields"]) == ["campaign"]
    own = theirs.post(CAMPAIGNS, {"name": "Own"}).json()
    assert list(error_of(generate(theirs, own["id"], contact))["fields"]) == ["line_uid"]


def test_uploads_are_listed_by_campaign(api: APIClient, send: Callable[..., Any], campaign: dict[str, Any]) -> None:
    other = api.post(CAMPAIGNS, {"name": "Other"}).json()
    ids = [send(number=f"AB1234567{number}").json()["id"] for number in range(2)]
    elsewhere = send(campaign=other["id"]).json()
    assert [row["id"] for row in api.get(UPLOADS, {"campaign": campaign["id"]}).json()["results"]] == ids[::-1]
    assert len(api.get(UPLOADS).json()["results"]) == 3
    assert api.get(f"{UPLOADS}{elsewhere['id']}/").json() == elsewhere
    for text in ("x", "-1", "9" * 30, "१"):
        assert refusal(api.get(UPLOADS, {"campaign": text})) == (400, "invalid_request")


@pytest.mark.django_db(transaction=True)
def test_of_two_uploads_of_one_number_at_the_same_moment_one_matches(alice: Account) -> None:
    contacts = [befriend(account=alice, now=NOW) for _ in range(4)]
    campaign = services.create(account=alice, name="Race", now=NOW)
    waiting = list(contacts)

    def upload() -> bool:
        return uploads.upload(
            campaign=campaign,
            contact=waiting.pop(),
            number="AB12345678",
            random_number="0427",
            purchased_at=NOW - DAY,
            channel="shop",
            items=[Item("tea", 35.0, 1.0, 35.0)],
            now=NOW,
        ).matched

    assert sorted(race(4, upload)) == [False, False, False, True]
    assert Event.objects.count() == 1


# The console


def test_the_pages_from_empty_to_a_receipt_that_is_reported(console: Client, alice: Account, contact: Contact) -> None:
    assert "No receipt campaign yet" in console.get(PAGE).content.decode()
    fields = {
        "name": "Spring", "is_active": "on", "upload_from": "2020-01-01T08:00", "shops": "A\nB\n", "keywords": "tea",
        "minimum_amount": "50", "number_once": "on", "uploads_per_contact": "",
    }  # fmt: skip
    answer = console.post(f"{PAGE}new/", fields, follow=True)
    assert "The campaign Spring is created." in answer.content.decode()
    campaign = Campaign.objects.get()
    assert (campaign.shops, campaign.keywords, campaign.number_once) == (["A", "B"], ["tea"], True)
    assert campaign.minimum_amount == 50
    assert campaign.upload_from == datetime(2020, 1, 1, tzinfo=UTC)
    receipt = {
        "contact": "M-1", "number": "AB12345678", "random_number": "0427", "datetime": "2026-03-03T12:05:36",
        "channel": "b", "items": "Milk tea, large, 65, 2\n",
    }  # fmt: skip
    page = console.post(f"{PAGE}{campaign.pk}/", receipt, follow=True).content.decode()
    assert "The receipt matches the campaign" in page
    upload = Upload.objects.get()
    assert upload.items == [{"description": "Milk tea, large", "unit_price": 65.0, "quantity": 2.0, "amount": 130.0}]
    assert upload.purchased_at == datetime(2026, 3, 3, 4, 5, 36, tzinfo=UTC)
    assert f"?event={upload.webhook_event_id}" in page
    page = console.post(f"{PAGE}{campaign.pk}/", {**receipt, "items": "Egg, 13, 1"}, follow=True).content.decode()
    for code in ("item", "minimum_amount", "number_once"):
        assert f">{code}</code>" in page
    page = console.get(f"{PAGE}{campaign.pk}/").content.decode()
    assert "Does not match" in page
    assert "Number matches once" in page
    answer = console.post(f"{PAGE}{campaign.pk}/edit/", {**fields, "name": "Summer", "is_active": ""}, follow=True)
    assert "receipts are refused until it is" in answer.content.decode()
    console.post(f"{PAGE}{campaign.pk}/delete/")
    assert not Campaign.objects.exists()
    assert not Upload.objects.exists()
    assert Event.objects.count() == 1


def test_a_made_up_receipt_is_uploaded_by_the_form(console: Client, contact: Contact) -> None:
    console.post(f"{PAGE}demo/")
    campaign = Campaign.objects.get()
    page = f"{PAGE}{campaign.pk}/generate/"
    answer = console.post(page, {"contact": contact.line_uid, "breaking": "match", "seed": "1"}, follow=True)
    assert "The receipt matches the campaign" in answer.content.decode()
    answer = console.post(page, {"contact": contact.line_uid, "breaking": "shop", "seed": ""}, follow=True)
    assert "The shop does not take part in the campaign." in answer.content.decode()
    answer = console.post(page, {"contact": contact.line_uid, "breaking": "item", "seed": ""})
    assert "The campaign does not set this condition" in answer.content.decode()
    assert Upload.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "output"),
    [
        ({"contact": "nobody"}, "No contact has the LINE UID or customer ID nobody."),
        ({"number": "12"}, "Write two capital letters and eight digits"),
        ({"datetime": "soon"}, "Enter a valid date/time."),
        ({"datetime": "2100-01-01T00:00:00"}, "not after the upload"),
        ({"datetime": "0001-01-01T00:00:00"}, "not after the upload"),
        ({"datetime": "9999-12-31T23:59:59"}, "not after the upload"),
        ({"items": "tea"}, "with commas between: tea"),
        ({"items": "tea, 1, nan"}, "Write a number between"),
        ({"items": " "}, "This field is required."),
    ],
)
def test_the_upload_form_says_what_is_wrong(
    console: Client, campaign: dict[str, Any], contact: Contact, changes: dict[str, str], output: str
) -> None:
    receipt = {
        "contact": "M-1", "number": "AB12345678", "random_number": "0427", "datetime": "2026-03-03T12:05:36",
        "channel": "b", "items": "tea, 65, 2",
    }  # fmt: skip
    answer = console.post(f"{PAGE}{campaign['id']}/", {**receipt, **changes})
    assert answer.status_code == 200
    assert output in answer.content.decode()
    assert not Upload.objects.exists()


def test_another_brands_pages_do_not_exist(
    console: Client, bob: Account, campaign: dict[str, Any], contact: Contact
) -> None:
    theirs = services.create(account=bob, name="Theirs", now=NOW)
    upload = uploads.upload_generated(campaign=theirs, contact=befriend(account=bob, now=NOW), now=NOW)
    for path in (f"{theirs.pk}/", f"{theirs.pk}/edit/", f"{theirs.pk}/generate/", f"uploads/{upload.pk}/"):
        assert console.get(f"{PAGE}{path}").status_code == 404
    assert console.post(f"{PAGE}{theirs.pk}/delete/").status_code == 404
    assert Campaign.objects.filter(pk=theirs.pk).exists()


def test_the_pages_ask_the_database_no_more_for_more_rows(
    console: Client, campaign: dict[str, Any], alice: Account, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    found = Campaign.objects.get(pk=campaign["id"])
    services.edit(campaign=found, now=NOW, uploads_per_contact=None)
    for number in range(35):
        uploads.upload_generated(campaign=found, contact=befriend(account=alice, now=NOW), seed=number, now=NOW)
        services.create(account=alice, name=f"Campaign {number}", now=NOW)
    with django_assert_max_num_queries(15, connection=connection):
        page = console.get(f"{PAGE}{found.pk}/").content.decode()
    assert page.count("<tr>") == 31
    with django_assert_max_num_queries(15, connection=connection):
        page = console.get(PAGE).content.decode()
    assert "before=" in page
    older = console.get(f"{PAGE}?before={Campaign.objects.order_by('-id')[29].pk}").content.decode()
    assert older.count("<tr>") == 7
    for text in ("x", "9" * 40, "-1"):
        assert console.get(PAGE, {"before": text}).status_code == 200
