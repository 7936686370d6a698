"""Tags: how long they stay on contacts, what they do to them, and what happens at the same time."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import Account
from modules import retention
from modules.contacts import selectors, tagging
from modules.contacts.errors import TagNotThere
from modules.contacts.models import Contact, Tag, Tagging
from modules.contacts.services import create, edit
from tests.brands import NOW, client_of, race

V1 = "/openapi/v1/"
PATH = "/api/v1/modules/contacts/"
PAGE = "/console/modules/contacts/"
DAY = timedelta(days=1)


@pytest.fixture
def hanako(alice: Account) -> Contact:
    return create(account=alice, now=NOW, display_name="Hanako")


def names(contact: Contact, now: datetime) -> list[str]:
    return [each.tag.name for each in selectors.taggings_of(contact=contact, now=now)]


def test_a_tag_ends_when_its_days_are_over_and_then_starts_anew(alice: Account, hanako: Contact) -> None:
    tag = tagging.create_tag(account=alice, name="spring", available_days=30, now=NOW)
    tagging.tag_contact(contact=hanako, tag=tag, now=NOW)
    again = tagging.tag_contact(contact=hanako, tag=tag, now=NOW + 10 * DAY)
    assert (again.first_tagged_at, again.tagged_at, again.expires_at) == (NOW, NOW + 10 * DAY, NOW + 40 * DAY)
    assert names(hanako, NOW + 40 * DAY - timedelta(seconds=1)) == ["spring"]
    assert names(hanako, NOW + 40 * DAY) == []
    with pytest.raises(TagNotThere):
        tagging.untag_contact(contact=hanako, tag=tag, now=NOW + 40 * DAY)
    anew = tagging.tag_contact(contact=hanako, tag=tag, now=NOW + 50 * DAY)
    assert (anew.first_tagged_at, anew.expires_at) == (NOW + 50 * DAY, NOW + 80 * DAY)


def test_tags_that_are_set_keep_the_time_of_those_that_were_there(alice: Account, hanako: Contact) -> None:
    edit(contact=hanako, tags=["a", "b"], now=NOW)
    edited = edit(contact=hanako, tags=["b", "c"], now=NOW + DAY)
    assert [(each.tag.name, each.first_tagged_at) for each in edited.loaded_taggings] == [("b", NOW), ("c", NOW + DAY)]
    assert sorted(alice.tags.values_list("name", flat=True)) == ["a", "b", "c"]


STEPS = st.lists(
    st.tuples(st.sampled_from(["tag", "untag"]), st.integers(0, 2), st.integers(0, 20)), min_size=1, max_size=12
)


@given(STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_contact_has_just_the_tags_that_were_put_on_and_neither_ended_nor_taken_off(
    alice: Account, steps: list[tuple[str, int, int]]
) -> None:
    contact = create(account=alice, now=NOW)
    Tag.objects.all().delete()
    days = (None, 5, 30)
    tags = [tagging.create_tag(account=alice, name=str(n), available_days=n, now=NOW) for n in days]
    expected: dict[int, tuple[datetime, datetime | None]] = {}
    now = NOW
    for action, number, later in steps:
        now += timedelta(days=later)
        expected = {key: value for key, value in expected.items() if value[1] is None or value[1] > now}
        if action == "tag":
            first = expected.get(number, (now, None))[0]
            length = days[number]
            expected[number] = (first, None if length is None else now + timedelta(days=length))
            tagging.tag_contact(contact=contact, tag=tags[number], now=now)
        elif number in expected:
            del expected[number]
            tagging.untag_contact(contact=contact, tag=tags[number], now=now)
        else:
            with pytest.raises(TagNotThere):
                tagging.untag_contact(contact=contact, tag=tags[number], now=now)
    found = {each.tag_id: (each.first_tagged_at, each.expires_at) for each in _taggings(contact, now)}
    assert found == {tags[number].pk: value for number, value in expected.items()}


def _taggings(contact: Contact, now: datetime) -> list[Tagging]:
    return list(selectors.taggings_of(contact=contact, now=now))


@pytest.mark.django_db(transaction=True)
def test_twenty_who_tag_at_once_make_one_tag_and_one_tagging(alice: Account, hanako: Contact) -> None:
    race(20, lambda: tagging.tag_by_name(contact=hanako, name="vip", now=NOW))
    assert (Tag.objects.count(), Tagging.objects.count()) == (1, 1)


def test_the_open_api_shows_when_a_tag_was_first_put_on(api: APIClient, alice: Account, hanako: Contact) -> None:
    tag = api.post(f"{V1}tag/", {"name": "vip", "available_days": 30}).json()
    body = {"tag_id": tag["id"], "line_uid": hanako.line_uid}
    first = api.post(f"{V1}taglinemember/", body).json()
    (member,) = api.get(f"{V1}member/").json()["results"]
    assert member["tags"] == ["vip"]
    assert member["updated_at"] == member["tags_detail"][0]["tagged_at"]
    assert member["tags_detail"][0]["tagged_at"].startswith(first["created_at"][:-3])
    assert api.post(f"{V1}taglinemember/", body).status_code == 201
    assert api.get(f"{V1}member/").json()["results"][0]["tags_detail"] == member["tags_detail"]
    assert api.delete(f"{V1}taglinemember/", body).status_code == 204
    assert api.get(f"{V1}member/").json()["results"][0]["tags"] == []
    gone = api.delete(f"{V1}taglinemember/", body)
    assert (gone.status_code, gone.json()) == (404, {"detail": "The contact does not have this tag."})


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("tag/", {}, "name"),
        ("tag/", {"name": " "}, "name"),
        ("tag/", {"name": "x" * 256}, "name"),
        ("tag/", {"name": "vip"}, "name"),
        ("tag/", {"name": "a\nb"}, "name"),
        ("tag/", {"name": "a", "available_days": 0}, "available_days"),
        ("tag/", {"name": "a", "available_days": 1.5}, "available_days"),
        ("tag/", {"name": "a", "available_days": 10**12}, "available_days"),
        ("taglinemember/", {"tag_id": 1}, "line_uid"),
        ("taglinemember/", {"tag_id": 2**62, "line_uid": "U"}, "tag_id"),
        ("taglinemember/", {"tag_id": "x", "line_uid": "U"}, "tag_id"),
    ],
)
def test_bad_input_is_refused_by_field(api: APIClient, alice: Account, path: str, body: object, field: str) -> None:
    tagging.create_tag(account=alice, name="vip", now=NOW)
    answer = api.post(V1 + path, body)
    assert answer.status_code == 400
    assert field in answer.json()
    assert Tag.objects.count() == 1


def test_another_accounts_tags_and_contacts_do_not_exist(api: APIClient, bob: Account, hanako: Contact) -> None:
    theirs = tagging.create_tag(account=bob, name="theirs", now=NOW)
    assert api.get(f"{V1}tag/").json()["results"] == []
    assert api.get(f"{V1}tag/{theirs.pk}/").status_code == 404
    body = {"tag_id": theirs.pk, "line_uid": hanako.line_uid}
    assert api.post(f"{V1}taglinemember/", body).json() == {"tag_id": ["Tag not found."]}
    assert client_of(bob).post(f"{V1}taglinemember/", body).json() == {"line_uid": ["Contact not found."]}
    assert client_of(bob).post(f"{PATH}{hanako.pk}/tags/", {"name": "x"}).status_code == 404


def test_the_rest_api_makes_tags_and_puts_them_on_contacts(api: APIClient, hanako: Contact) -> None:
    made = api.post(f"{PATH}tags/", {"name": "vip", "available_days": 7}).json()
    assert (made["name"], made["available_days"], made["contact_count"]) == ("vip", 7, 0)
    assert api.post(f"{PATH}tags/", {"name": "vip"}).json()["error"]["code"] == "tag_taken"
    put_on = api.post(f"{PATH}{hanako.pk}/tags/", {"name": "vip"}).json()
    assert (put_on["tag_id"], put_on["name"]) == (made["id"], "vip")
    assert api.get(f"{PATH}tags/{made['id']}/").json()["contact_count"] == 1
    assert [each["name"] for each in api.get(f"{PATH}{hanako.pk}/tags/").json()] == ["vip"]
    assert api.delete(f"{PATH}{hanako.pk}/tags/{made['id']}/").status_code == 204
    assert api.delete(f"{PATH}{hanako.pk}/tags/{made['id']}/").json()["error"]["code"] == "tag_not_there"
    assert api.delete(f"{PATH}tags/{made['id']}/").status_code == 204
    assert api.get(f"{PATH}tags/", {"name": "v"}).json()["results"] == []


def test_the_console_makes_tags_and_puts_them_on_a_contact(console: Client, alice: Account, hanako: Contact) -> None:
    page = console.post(f"{PAGE}tags/", {"name": "vip", "available_days": "7"}, follow=True).content.decode()
    assert "The tag vip was created." in page
    assert "A tag of this name exists." in console.post(f"{PAGE}tags/", {"name": "vip"}).content.decode()
    page = console.post(f"{PAGE}{hanako.pk}/tags/", {"name": "vip"}, follow=True).content.decode()
    assert "Remove the tag vip" in page
    tag = alice.tags.get()
    page = console.post(f"{PAGE}{hanako.pk}/tags/{tag.pk}/delete/", follow=True).content.decode()
    assert "No tag yet." in page
    assert "Write the name of a tag." in console.post(f"{PAGE}{hanako.pk}/tags/", follow=True).content.decode()
    console.post(f"{PAGE}tags/{tag.pk}/delete/")
    assert not alice.tags.exists()


def test_a_tag_on_a_contact_that_ended_long_ago_is_forgotten(alice: Account, hanako: Contact) -> None:
    for name, days in (("short", 1), ("long", 365), ("endless", None)):
        tag = tagging.create_tag(account=alice, name=name, available_days=days, now=NOW)
        tagging.tag_contact(contact=hanako, tag=tag, now=NOW)
    retention.prune(now=NOW + 31 * DAY, sleep=lambda _seconds: None)
    assert Tagging.objects.count() == 3
    retention.prune(now=NOW + 32 * DAY, sleep=lambda _seconds: None)
    assert sorted(Tagging.objects.values_list("tag__name", flat=True)) == ["endless", "long"]
