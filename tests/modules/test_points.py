"""Points: prizes and grants, through REST and through the console."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import Account
from events.models import Event
from modules.contacts.models import Contact
from modules.contacts.services import bind
from modules.contacts.services import create as befriend
from modules.points import granting, services
from modules.points.errors import GrantDiffers, PrizeOver
from modules.points.models import Grant, Prize
from tests.brands import NOW, client_of, error_of, race, refusal
from webhooks.models import Delivery, Endpoint

PRIZES = "/api/v1/modules/points/prizes/"
GRANTS = "/api/v1/modules/points/grants/"
PAGE = "/console/modules/points/"
STARS = {"name": "星ポイント", "memo": "初回来店 <ありがとう>", "count": 10, "category": "来店"}


@pytest.fixture
def contact(alice: Account) -> Contact:
    return befriend(account=alice, now=NOW, display_name="花子", customer_id="M-1")


@pytest.fixture
def stranger(alice: Account) -> Contact:
    """A contact who is bound to no customer."""
    return befriend(account=alice, now=NOW, display_name="誰か")


@pytest.fixture
def prize(api: APIClient) -> dict[str, Any]:
    answer = api.post(PRIZES, STARS)
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture
def give(api: APIClient, prize: dict[str, Any], contact: Contact) -> Callable[..., Any]:
    """Grants the prize to the contact, with changes; None leaves a field out."""

    def grant(**changes: Any) -> Any:
        body = {"prize": prize["id"], "line_uid": contact.line_uid, **changes}
        return api.post(GRANTS, {name: value for name, value in body.items() if value is not None})

    return grant


def granted(answer: Any, status: int = 201) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    (row,) = answer.json()["results"]
    assert isinstance(row, dict)
    return row


def output(event_id: int) -> Any:
    return json.loads(Event.objects.get(pk=event_id).body)


def test_a_grant_is_reported_as_the_contract_says(
    api: APIClient, give: Callable[..., Any], prize: dict[str, Any], make_endpoint: Callable[..., Endpoint]
) -> None:
    make_endpoint()
    api.patch(f"{PRIZES}{prize['id']}/", {"expires_on": "2099-12-31"})
    row = granted(give())
    event = Event.objects.get(pk=row["event_id"])
    body = json.loads(event.body)
    assert body["topic"] == "prize.points_added"
    assert datetime.fromisoformat(body["timestamp"]) == datetime.fromisoformat(row["granted_at"])
    assert list(body["data"].items()) == [
        ("prize_name", "星ポイント"),
        ("points_id", row["points_id"]),
        ("line_uid", row["line_uid"]),
        ("customer_id", "M-1"),
        ("points_memo", "初回来店 <ありがとう>"),
        ("points_count", 10),
        ("points_expire_date", "2099-12-31T23:59:59+08:00"),
        ("points_category", "来店"),
    ]
    assert str(uuid.UUID(row["points_id"])) == row["points_id"]
    assert Delivery.objects.filter(event=event).count() == 1


def test_points_without_an_expiry_and_a_category_say_null(api: APIClient, give: Callable[..., Any]) -> None:
    plain = api.post(PRIZES, {"name": "Plain"}).json()
    data = output(granted(give(prize=plain["id"]))["event_id"])["data"]
    assert (data["points_expire_date"], data["points_category"]) == (None, None)
    assert (data["points_memo"], data["points_count"]) == ("", 1)


def test_a_call_may_change_count_and_memo_of_its_grant(give: Callable[..., Any]) -> None:
    row = granted(give(count=999, memo="お誕生日特典 🎂"))
    assert (row["count"], row["memo"]) == (999, "お誕生日特典 🎂")
    data = output(row["event_id"])["data"]
    assert (data["points_count"], data["points_memo"]) == (999, "お誕生日特典 🎂")


def test_a_grant_stays_as_it_was_when_the_prize_changes(
    api: APIClient, give: Callable[..., Any], prize: dict[str, Any]
) -> None:
    row = granted(give())
    api.patch(f"{PRIZES}{prize['id']}/", {"count": 77, "memo": "x", "category": "", "expires_after_days": 1})
    kept = api.get(f"{GRANTS}{row['id']}/").json()
    assert kept == {name: value for name, value in row.items() if name != "repeated"}


def test_many_contacts_are_given_points_at_a_time_each_with_an_id_of_its_own(
    api: APIClient, give: Callable[..., Any], alice: Account
) -> None:
    people = [befriend(account=alice, now=NOW, customer_id=f"C-{number}") for number in range(5)]
    uids = [each.line_uid for each in people]
    rows = give(line_uid=None, line_uids=uids).json()["results"]
    assert [row["line_uid"] for row in rows] == uids
    assert len({row["points_id"] for row in rows}) == 5
    assert [output(row["event_id"])["data"]["customer_id"] for row in rows] == [f"C-{number}" for number in range(5)]


# The same grant again


@pytest.mark.parametrize("name", ["grant_key", "points_id"])
def test_the_same_grant_keeps_its_id_and_is_reported_again_only_when_asked(give: Callable[..., Any], name: str) -> None:
    value = "2f6c1f9a-5a3e-4d7b-9c55-6f1d2f1f9a01"
    first = granted(give(**{name: value}))
    again = granted(give(**{name: value}), status=200)
    assert (again["id"], again["points_id"], again["repeated"]) == (first["id"], first["points_id"], True)
    assert Event.objects.count() == 1
    resent = granted(give(**{name: value}, resend=True), status=200)
    assert resent["points_id"] == first["points_id"]
    assert resent["event_id"] != first["event_id"]
    assert output(resent["event_id"]) == output(first["event_id"])
    assert (Grant.objects.count(), Event.objects.count()) == (1, 2)
    if name == "points_id":
        assert first["points_id"] == value


def test_a_key_is_one_grant_for_each_contact_and_prize(
    api: APIClient, give: Callable[..., Any], alice: Account, contact: Contact
) -> None:
    first = granted(give(grant_key="ORDER-1"))
    other = befriend(account=alice, now=NOW, customer_id="M-2")
    answer = give(grant_key="ORDER-1", line_uid=None, line_uids=[contact.line_uid, other.line_uid])
    assert answer.status_code == 201
    assert [row["repeated"] for row in answer.json()["results"]] == [True, False]
    assert answer.json()["results"][0]["id"] == first["id"]
    second_prize = api.post(PRIZES, STARS).json()
    assert not granted(give(grant_key="ORDER-1", prize=second_prize["id"]))["repeated"]
    assert Event.objects.count() == 3


def test_without_a_key_each_call_is_a_new_grant(give: Callable[..., Any]) -> None:
    assert granted(give())["points_id"] != granted(give())["points_id"]
    assert Event.objects.count() == 2


@pytest.mark.parametrize("changes", [{"count": 11}, {"memo": "other"}])
def test_a_repeated_grant_that_differs_is_refused(give: Callable[..., Any], changes: dict[str, Any]) -> None:
    granted(give(grant_key="ORDER-1"))
    assert refusal(give(grant_key="ORDER-1", **changes)) == (409, "grant_differs")
    assert Event.objects.count() == 1


def test_an_id_that_another_grant_has_is_refused(api: APIClient, give: Callable[..., Any], alice: Account) -> None:
    taken = granted(give())["points_id"]
    other = befriend(account=alice, now=NOW, customer_id="M-2")
    assert refusal(give(points_id=taken, line_uid=other.line_uid)) == (409, "grant_differs")
    another = api.post(PRIZES, STARS).json()
    assert refusal(give(points_id=taken, prize=another["id"])) == (409, "grant_differs")
    assert (Grant.objects.count(), Event.objects.count()) == (1, 1)


def test_a_grant_is_reported_again_by_its_own_call(api: APIClient, give: Callable[..., Any]) -> None:
    first = granted(give())
    answer = api.post(f"{GRANTS}{first['id']}/resend/")
    assert answer.status_code == 200
    assert answer.json()["points_id"] == first["points_id"]
    assert output(answer.json()["event_id"]) == output(first["event_id"])
    assert api.get(f"{GRANTS}{first['id']}/").json()["event_id"] == answer.json()["event_id"]


@pytest.mark.django_db(transaction=True)
def test_calls_with_one_key_at_the_same_moment_make_one_grant(alice: Account) -> None:
    contact = befriend(account=alice, now=NOW, customer_id="M-1")
    prize = services.create(account=alice, name="Race", now=NOW)
    made = race(4, lambda: granting.grant(prize=prize, contacts=[contact], grant_key="ORDER-1", now=NOW)[0])
    assert sorted(each.is_repeat for each in made) == [False, True, True, True]
    assert len({each.grant.points_id for each in made}) == 1
    assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_calls_with_one_id_for_several_prizes_at_the_same_moment_make_one_grant(alice: Account) -> None:
    contact = befriend(account=alice, now=NOW, customer_id="M-1")
    prizes = [services.create(account=alice, name="Race", now=NOW) for _ in range(4)]
    points_id = uuid.uuid4()

    def grant() -> str:
        try:
            granting.grant(prize=prizes.pop(), contacts=[contact], points_id=points_id, now=NOW)
        except GrantDiffers:
            return "refused"
        return "granted"

    assert sorted(race(4, grant)) == ["granted", "refused", "refused", "refused"]
    assert (Grant.objects.count(), Event.objects.count()) == (1, 1)


# Contacts that are bound to no customer


def test_a_contact_without_customer_id_is_refused_and_nobody_gets_points(
    give: Callable[..., Any], stranger: Contact, contact: Contact
) -> None:
    answer = give(line_uid=None, line_uids=[contact.line_uid, stranger.line_uid])
    assert refusal(answer) == (409, "contact_not_bound")
    assert stranger.line_uid in error_of(answer)["message"]
    assert not Grant.objects.exists()
    assert not Event.objects.exists()


def test_a_prize_may_be_for_anybody_and_is_reported_once_a_customer_is_known(
    api: APIClient, give: Callable[..., Any], prize: dict[str, Any], stranger: Contact, contact: Contact
) -> None:
    api.patch(f"{PRIZES}{prize['id']}/", {"needs_bound_contact": False})
    rows = give(line_uid=None, line_uids=[contact.line_uid, stranger.line_uid], grant_key="A").json()["results"]
    assert [row["event_id"] is None for row in rows] == [False, True]
    assert refusal(api.post(f"{GRANTS}{rows[1]['id']}/resend/")) == (409, "contact_not_bound")
    bind(contact=stranger, customer_id="M-2", now=NOW)
    event = api.post(f"{GRANTS}{rows[1]['id']}/resend/").json()["event_id"]
    assert output(event)["data"]["customer_id"] == "M-2"
    assert output(event)["data"]["points_id"] == rows[1]["points_id"]


# Bad input


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"prize": 999_999}, "prize"),
        ({"prize": 10**30}, "prize"),
        ({"prize": None}, "prize"),
        ({"line_uid": None}, "line_uid"),
        ({"contact": 1}, "line_uid"),
        ({"line_uid": "U" + "0" * 32}, "line_uid"),
        ({"line_uid": None, "contact": 10**30}, "contact"),
        ({"line_uid": None, "contact": 999_999}, "contact"),
        ({"line_uid": None, "line_uids": []}, "line_uids"),
        ({"line_uid": None, "line_uids": ["x"] * 501}, "line_uids"),
        ({"line_uid": None, "line_uids": ["x"]}, "line_uids"),
        ({"count": 0}, "count"),
        ({"count": 10**30}, "count"),
        ({"count": "many"}, "count"),
        ({"memo": "x" * 201}, "memo"),
        ({"grant_key": "x" * 101}, "grant_key"),
        ({"points_id": "7"}, "points_id"),
        ({"points_id": str(uuid.uuid4()), "grant_key": "A"}, "points_id"),
        ({"resend": "yes"}, "resend"),
        ({"colour": "green"}, "colour"),
    ],
)
def test_a_bad_grant_is_refused_by_field_and_nothing_is_stored(
    give: Callable[..., Any], changes: dict[str, Any], field: str
) -> None:
    answer = give(**changes)
    assert answer.status_code == 400, answer.content
    assert list(error_of(answer)["fields"]) == [field]
    assert not Grant.objects.exists()
    assert not Event.objects.exists()


def test_a_contact_is_named_once_and_an_id_is_for_one_contact(
    give: Callable[..., Any], contact: Contact, alice: Account
) -> None:
    twice = [contact.line_uid, contact.line_uid]
    assert refusal(give(line_uid=None, line_uids=twice)) == (400, "invalid_grant")
    two = [contact.line_uid, befriend(account=alice, now=NOW, customer_id="M-2").line_uid]
    answer = give(line_uid=None, line_uids=two, points_id=str(uuid.uuid4()))
    assert list(error_of(answer)["fields"]) == ["points_id"]
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"count": 0}, "count"),
        ({"count": 1.5}, "count"),
        ({"expires_on": "soon"}, "expires_on"),
        ({"expires_on": "0001-01-01"}, "expires_on"),
        ({"expires_after_days": -1}, "expires_after_days"),
        ({"expires_after_days": 10**30}, "expires_after_days"),
        ({"expires_on": "2099-12-31", "expires_after_days": 3}, "expires_after_days"),
        ({"needs_bound_contact": "no"}, "needs_bound_contact"),
        ({"colour": "green"}, "colour"),
    ],
)
def test_a_bad_prize_is_refused_by_field(
    api: APIClient, prize: dict[str, Any], changes: dict[str, Any], field: str
) -> None:
    body = {name: value for name, value in {**STARS, **changes}.items() if value is not None}
    for answer in (api.post(PRIZES, body), api.patch(f"{PRIZES}{prize['id']}/", changes)):
        assert answer.status_code == 400, answer.content
        assert list(error_of(answer)["fields"]) == [field]
    assert api.get(f"{PRIZES}{prize['id']}/").json() == prize
    assert Prize.objects.count() == 1


def test_points_that_have_lapsed_cannot_be_given(alice: Account, contact: Contact) -> None:
    prize = services.create(account=alice, name="Old", expires_on=date(2026, 3, 4), now=NOW)
    with pytest.raises(PrizeOver, match="lapsed"):
        granting.grant(prize=prize, contacts=[contact], now=NOW)
    last_second = datetime(2026, 3, 4, 15, 59, 59, tzinfo=UTC)
    assert granting.grant(prize=prize, contacts=[contact], now=last_second)


def test_a_prize_that_was_deleted_meanwhile_cannot_be_given(alice: Account, contact: Contact) -> None:
    prize = services.create(account=alice, name="Gone", now=NOW)
    services.delete(prize=Prize.objects.get(pk=prize.pk))
    with pytest.raises(PrizeOver, match="deleted"):
        granting.grant(prize=prize, contacts=[contact], now=NOW)


def test_the_database_itself_keeps_a_prize_from_two_expiries(alice: Account) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Prize.objects.create(
            account=alice, name="x", expires_on=NOW.date(), expires_after_days=1, created_at=NOW, updated_at=NOW
        )


def test_another_brands_prizes_and_grants_do_not_exist(
    bob: Account, prize: dict[str, Any], give: Callable[..., Any], contact: Contact
) -> None:
    grant, theirs = granted(give()), client_of(bob)
    for answer in (
        theirs.get(f"{PRIZES}{prize['id']}/"),
        theirs.patch(f"{PRIZES}{prize['id']}/", {"name": "x"}),
        theirs.delete(f"{PRIZES}{prize['id']}/"),
        theirs.get(f"{GRANTS}{grant['id']}/"),
        theirs.post(f"{GRANTS}{grant['id']}/resend/"),
    ):
        assert answer.status_code == 404
    assert theirs.get(PRIZES).json()["results"] == theirs.get(GRANTS).json()["results"] == []
    own = theirs.post(PRIZES, STARS).json()
    answer = theirs.post(GRANTS, {"prize": own["id"], "line_uid": contact.line_uid})
    assert list(error_of(answer)["fields"]) == ["line_uid"]
    customer = befriend(account=bob, now=NOW, customer_id="M-1")
    answer = theirs.post(GRANTS, {"prize": own["id"], "contact": customer.pk, "points_id": grant["points_id"]})
    assert granted(answer)["points_id"] == grant["points_id"]


def test_prizes_and_grants_are_listed_newest_first_and_deleted_together(
    api: APIClient, give: Callable[..., Any], prize: dict[str, Any]
) -> None:
    ids = [granted(give())["id"] for _ in range(3)]
    page = api.get(GRANTS, {"limit": "2"}).json()
    assert [row["id"] for row in page["results"]] == ids[:0:-1]
    assert [row["id"] for row in api.get(page["next"]).json()["results"]] == ids[:1]
    assert [row["id"] for row in api.get(PRIZES).json()["results"]] == [prize["id"]]
    assert api.delete(f"{PRIZES}{prize['id']}/").status_code == 204
    assert api.get(GRANTS).json()["results"] == []
    assert Event.objects.count() == 3


# The console


def test_the_pages_from_empty_to_points_that_are_reported(console: Client, contact: Contact, stranger: Contact) -> None:
    assert "No prize yet" in console.get(PAGE).content.decode()
    fields = {
        "name": "Stars",
        "memo": "Welcome",
        "count": "10",
        "expires_after_days": "30",
        "needs_bound_contact": "on",
    }
    answer = console.post(f"{PAGE}new/", fields, follow=True)
    assert "The prize Stars is created." in answer.content.decode()
    prize = Prize.objects.get()
    assert (prize.count, prize.expires_on, prize.expires_after_days) == (10, None, 30)
    give = {"contacts": [str(contact.pk)], "others": "M-1\n", "count": "12", "memo": "Welcome"}
    page = console.post(f"{PAGE}{prize.pk}/", give, follow=True).content.decode()
    grant = Grant.objects.get()
    assert "1 contact got points." in page
    assert (grant.contact, grant.count) == (contact, 12)
    assert str(grant.points_id) in page
    assert f"?event={grant.webhook_event_id}" in page
    console.post(f"{PAGE}grants/{grant.pk}/resend/")
    assert Event.objects.count() == 2
    for changes, output in (
        ({"contacts": [], "others": ""}, "Choose at least one contact."),
        ({"others": "nobody"}, "No contact has the LINE UID or customer ID nobody."),
        ({"contacts": [str(stranger.pk)]}, "none is bound to"),
        ({"contacts": ["999999"]}, "Select a valid choice."),
        ({"count": "0"}, "greater than or equal to 1"),
        ({"count": "x"}, "Enter a whole number."),
    ):
        answer = console.post(f"{PAGE}{prize.pk}/", {**give, **changes})
        assert output in answer.content.decode(), changes
    answer = console.post(f"{PAGE}{prize.pk}/edit/", {**fields, "expires_on": "2099-12-31"})
    assert "give one of the two" in answer.content.decode()
    assert Grant.objects.count() == 1
    console.post(f"{PAGE}{prize.pk}/delete/")
    assert not Prize.objects.exists()
    console.post(f"{PAGE}demo/")
    assert Prize.objects.count() == 1


def test_another_brands_pages_do_not_exist(console: Client, alice: Account, bob: Account) -> None:
    theirs = services.create(account=bob, name="Theirs", now=NOW)
    customer = befriend(account=bob, now=NOW, customer_id="B-1")
    grant = granting.grant(prize=theirs, contacts=[customer], now=NOW)[0].grant
    for path in (f"{theirs.pk}/", f"{theirs.pk}/edit/"):
        assert console.get(f"{PAGE}{path}").status_code == 404
    for path in (f"{theirs.pk}/delete/", f"grants/{grant.pk}/resend/"):
        assert console.post(f"{PAGE}{path}").status_code == 404
    befriend(account=alice, now=NOW)
    own = console.post(f"{PAGE}demo/", follow=True).redirect_chain[0][0]
    answer = console.post(own, {"others": "B-1", "count": "1", "memo": ""})
    assert "No contact has the LINE UID or customer ID B-1." in answer.content.decode()
    assert Event.objects.count() == 1


def test_the_pages_ask_the_database_no_more_for_more_rows(
    console: Client, alice: Account, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    prize = services.create(account=alice, name="Stars", now=NOW)
    people = [befriend(account=alice, now=NOW, customer_id=f"C-{number}") for number in range(40)]
    with django_assert_max_num_queries(12, connection=connection):
        granting.grant(prize=prize, contacts=people, now=NOW)
    with django_assert_max_num_queries(15, connection=connection):
        page = console.get(f"{PAGE}{prize.pk}/").content.decode()
    assert page.count('class="id"') == 30
    assert "before=" in page
    with django_assert_max_num_queries(15, connection=connection):
        assert "40" in console.get(PAGE).content.decode()
