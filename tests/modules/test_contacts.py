"""Contacts: through REST, through the console, and as CSV."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Account
from modules import retention
from modules.contacts import imports
from modules.contacts.models import Contact, ContactImport
from modules.contacts.services import create, seed_demo
from tests.brands import NOW, client_of
from tests.console.test_frame import signed_in, user

PATH = "/api/v1/modules/contacts/"
PAGE = "/console/modules/contacts/"
UID = "U" + "0f" * 16


@pytest.fixture
def console(alice: Account) -> Client:
    return signed_in(user("alice", alice))


@pytest.fixture
def befriend(alice: Account) -> Callable[..., Contact]:
    def make(**details: Any) -> Contact:
        return create(account=details.pop("account", alice), now=NOW, **details)

    return make


def test_somebody_befriends_the_account_and_is_bound_later(api: APIClient) -> None:
    made = api.post(PATH, {"display_name": "山田 花子", "mobile": "0912345678"}).json()
    assert made["mobile"] == "+886912345678"
    assert (made["customer_id"], made["status"]) == (None, "follow")
    bound = api.patch(f"{PATH}{made['id']}/", {"customer_id": "M-1"}).json()
    assert (bound["customer_id"], bound["status"]) == ("M-1", "follow")
    freed = api.patch(f"{PATH}{made['id']}/", {"customer_id": None}).json()
    assert (freed["customer_id"], freed["status"]) == (None, "follow")


def test_whoever_blocks_the_account_is_marked_with_the_moment_for_good(api: APIClient) -> None:
    made = api.post(PATH, {}).json()
    blocked = api.patch(f"{PATH}{made['id']}/", {"status": "unfollow"}).json()
    assert blocked["blocked_at"]
    back = api.patch(f"{PATH}{made['id']}/", {"status": "follow"}).json()
    assert back["blocked_at"] == blocked["blocked_at"]
    again = api.patch(f"{PATH}{made['id']}/", {"status": "unfollow"}).json()
    assert again["blocked_at"] > blocked["blocked_at"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"line_uid": "nobody"}, "line_uid"),
        ({"mobile": "12"}, "mobile"),
        ({"gender": "other"}, "gender"),
        ({"birthday": "yesterday"}, "birthday"),
        ({"tags": "one"}, "tags"),
        ({"nickname": "x"}, "nickname"),
        ({"display_name": 7}, "display_name"),
    ],
)
def test_bad_details_are_refused_by_field_and_nothing_is_stored(api: APIClient, body: Any, field: str) -> None:
    answer = api.post(PATH, body)
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]
    assert not Contact.objects.exists()


def test_a_line_uid_and_a_customer_id_belong_to_one_contact(api: APIClient, befriend: Callable[..., Contact]) -> None:
    befriend(line_uid=UID, customer_id="M-1")
    assert api.post(PATH, {"line_uid": UID}).json()["error"]["code"] == "contact_taken"
    other = api.post(PATH, {}).json()
    assert api.patch(f"{PATH}{other['id']}/", {"customer_id": "M-1"}).status_code == 409
    assert api.get(f"{PATH}{other['id']}/").json()["customer_id"] is None


def test_another_brands_contact_does_not_exist(api: APIClient, bob: Account, befriend: Callable[..., Contact]) -> None:
    theirs = befriend(account=bob, line_uid=UID)
    for answer in (
        api.get(f"{PATH}{theirs.pk}/"),
        api.patch(f"{PATH}{theirs.pk}/", {"display_name": "x"}),
        api.delete(f"{PATH}{theirs.pk}/"),
    ):
        assert answer.status_code == 404
    assert client_of(bob).get(f"{PATH}{theirs.pk}/").status_code == 200
    assert api.post(PATH, {"line_uid": UID}).status_code == 201


def test_contacts_are_found_by_what_people_know_of_them(api: APIClient, befriend: Callable[..., Contact]) -> None:
    befriend(display_name="林小華", mobile="0987654321", customer_id="VIP-7", email="hua@example.com")
    befriend(display_name="別人")
    for text in ("小華", "0987654321", "+886987654321", "vip-7", "hua@"):
        assert [row["display_name"] for row in api.get(PATH, {"q": text}).json()["results"]] == ["林小華"], text


def test_the_demo_contacts_are_the_same_everywhere_and_come_once(alice: Account, bob: Account) -> None:
    first = [contact.line_uid for contact in seed_demo(account=alice, now=NOW)]
    assert len(first) == len(set(first)) >= 10
    assert [contact.line_uid for contact in seed_demo(account=bob, now=NOW)] == first
    assert seed_demo(account=alice, now=NOW) == []


def test_what_is_exported_can_be_imported_elsewhere(
    console: Client, alice: Account, bob: Account, befriend: Callable[..., Contact]
) -> None:
    seed_demo(account=alice, now=NOW)
    befriend(line_uid=UID, display_name="=SUM(A1)", tags=["a, b", "春"])
    befriend(display_name="'quoted", line_display_name="''=1", tags=["a|b", "c\\", "\\|", "'d"])
    befriend(display_name="'", tags=["=1", "\\"])
    exported = b"".join(console.get(f"{PAGE}export/").streaming_content)  # type: ignore[attr-defined]
    assert exported.startswith("\ufeffline_uid,".encode())
    assert b"'=SUM(A1)" in exported
    theirs = signed_in(user("bob", bob))
    theirs.post(f"{PAGE}import/", {"file": SimpleUploadedFile("contacts.csv", exported)})
    imports.store_waiting(is_over=lambda: False)
    fields = (
        "line_uid",
        "line_display_name",
        "display_name",
        "customer_id",
        "mobile",
        "email",
        "gender",
        "birthday",
        "taggings__tag__name",
        "status",
    )
    assert list(bob.contacts.order_by("line_uid", "taggings__tag__name").values_list(*fields)) == list(
        alice.contacts.order_by("line_uid", "taggings__tag__name").values_list(*fields)
    )


def test_an_import_with_one_bad_line_stores_nothing_and_names_it(console: Client, alice: Account) -> None:
    lines = f"line_uid,mobile\n{UID},0912345678\nU12,\n"
    answer = console.post(f"{PAGE}import/", {"file": SimpleUploadedFile("c.csv", lines.encode())}, follow=True)
    assert "Line 3: line_uid" in answer.content.decode()
    assert not alice.contacts.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"name\nHanako\n", b"line_uid,nonsense\nx,y\n", f"line_uid,email\n{UID}\n".encode()],
)
def test_a_file_that_is_no_table_of_contacts_is_reported(console: Client, alice: Account, content: bytes) -> None:
    answer = console.post(f"{PAGE}import/", {"file": SimpleUploadedFile("c.csv", content)}, follow=True)
    assert answer.status_code == 200
    assert "note bad" in answer.content.decode()
    assert not alice.contacts.exists()


def csv_of(count: int) -> str:
    return "line_uid,customer_id\n" + "".join(f"U{number:032x},M-{number}\n" for number in range(count))


def test_an_import_goes_on_where_it_was_and_shows_how_far_it_is(
    api: APIClient, console: Client, bob: Account, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 2)
    started = api.post(f"{PATH}imports/", {"csv": csv_of(5)})
    assert (started.status_code, started.json()["status"], started.json()["total"]) == (202, "running", 5)
    assert api.post(f"{PATH}imports/", {"csv": csv_of(1)}).json()["error"]["code"] == "import_running"
    path = f"imports/{started.json()['id']}/"
    stops = iter([False, False, False, True, True])
    imports.store_waiting(is_over=lambda: next(stops), clock=lambda: NOW, sleep=lambda _seconds: None)
    assert (alice.contacts.count(), api.get(PATH + path).json()["done"]) == (4, 4)
    assert "4 of 5 lines" in console.get(f"{PAGE}{path}progress/").content.decode()
    assert "An import is running." in console.get(PAGE).content.decode()
    imports.store_waiting(is_over=lambda: False, clock=lambda: NOW, sleep=lambda _seconds: None)
    done = api.get(PATH + path).json()
    assert (done["status"], done["done"], done["created"], done["updated"]) == ("finished", 5, 5, 0)
    assert "5 contacts were added, 0 changed." in console.get(f"{PAGE}{path}").content.decode()
    assert ContactImport.objects.get().rows == []
    assert client_of(bob).get(PATH + path).status_code == 404
    assert [each["id"] for each in api.get(f"{PATH}imports/").json()["results"]] == [done["id"]]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"line_uid,mobile\n{UID},1\n", "Line 2: mobile"),
        (f"line_uid,customer_id\n{UID},M-1\nU{1:032x},M-1\n", "Line 3: Another contact"),
        (f"line_uid,customer_id\n{UID},taken\n", "Line 2: Another contact"),
        ("line_uid,\ud800\n", "lone surrogates are not allowed"),
        ("", "may not be blank"),
    ],
)
def test_what_a_file_gets_wrong_is_found_before_anything_is_stored(
    api: APIClient, befriend: Callable[..., Contact], text: str, fault: str
) -> None:
    befriend(customer_id="taken")
    answer = api.post(f"{PATH}imports/", json.dumps({"csv": text}), content_type="application/json")
    assert answer.status_code == 400
    assert fault in answer.json()["error"]["message"]
    assert (Contact.objects.count(), ContactImport.objects.count()) == (1, 0)


def test_a_customer_id_may_move_from_one_contact_to_another_within_a_file(
    api: APIClient, alice: Account, befriend: Callable[..., Contact]
) -> None:
    befriend(line_uid=UID, customer_id="M-1")
    text = f"line_uid,customer_id\n{UID},M-2\nU{1:032x},M-1\n"
    assert api.post(f"{PATH}imports/", {"csv": text}).status_code == 202
    imports.store_waiting(is_over=lambda: False)
    assert dict(alice.contacts.values_list("line_uid", "customer_id")) == {UID: "M-2", f"U{1:032x}": "M-1"}


def test_an_import_that_cannot_go_on_says_at_which_line_and_keeps_whole_chunks(
    api: APIClient, befriend: Callable[..., Contact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 2)
    started = api.post(f"{PATH}imports/", {"csv": csv_of(6)}).json()
    befriend(customer_id="M-3")
    imports.store_waiting(is_over=lambda: False, sleep=lambda _seconds: None)
    ended = api.get(f"{PATH}imports/{started['id']}/").json()
    assert (ended["status"], ended["done"], ended["created"]) == ("failed", 2, 2)
    assert ended["fault"].startswith("Line 5: Another contact")
    assert Contact.objects.count() == 3


def test_an_import_is_forgotten_as_what_happened_in_the_modules_is(api: APIClient) -> None:
    api.post(f"{PATH}imports/", {"csv": csv_of(1)})
    ContactImport.objects.update(started_at=NOW)
    retention.prune(now=NOW + timedelta(days=31))
    assert ContactImport.objects.count() == 1
    imports.store_waiting(is_over=lambda: False)
    retention.prune(now=NOW + timedelta(days=31))
    assert not ContactImport.objects.exists()


def test_the_pages_from_empty_to_deleted(console: Client, alice: Account) -> None:
    assert "No contact yet" in console.get(PAGE).content.decode()
    console.post(f"{PAGE}demo/")
    assert alice.contacts.count() >= 10
    answer = console.post(f"{PAGE}new/", {"display_name": "花子", "mobile": "0912345678", "tags": "a, b"}, follow=True)
    assert "花子 is a contact now." in answer.content.decode()
    made = alice.contacts.get(display_name="花子")
    assert (made.mobile, made.is_bound) == ("+886912345678", False)
    assert list(made.taggings.order_by("pk").values_list("tag__name", flat=True)) == ["a", "b"]
    answer = console.post(
        f"{PAGE}{made.pk}/", {"display_name": "花子", "customer_id": "M-9", "mobile": "x", "status": "follow"}
    )
    assert "Write a number such as" in answer.content.decode()
    made.refresh_from_db()
    assert not made.is_bound
    console.post(f"{PAGE}{made.pk}/", {"display_name": "花子", "customer_id": "M-9", "status": "follow"})
    made.refresh_from_db()
    assert made.customer_id == "M-9"
    console.post(f"{PAGE}{made.pk}/delete/")
    assert not alice.contacts.filter(pk=made.pk).exists()


def test_another_brands_contact_has_no_page(console: Client, bob: Account, befriend: Callable[..., Contact]) -> None:
    theirs = befriend(account=bob)
    assert console.get(f"{PAGE}{theirs.pk}/").status_code == 404
    assert console.post(f"{PAGE}{theirs.pk}/delete/").status_code == 404
    assert Contact.objects.filter(pk=theirs.pk).exists()


def test_a_long_list_comes_in_pages(console: Client, befriend: Callable[..., Contact]) -> None:
    made = [befriend(display_name=f"Contact {number:02}") for number in range(35)]
    first = console.get(f"{PAGE}?q=Contact").content.decode()
    assert "Contact 34" in first
    assert "Contact 04" not in first
    assert f"?q=Contact&amp;before={made[5].pk}" in first
    second = console.get(f"{PAGE}?q=Contact&before={made[5].pk}").content.decode()
    assert "Contact 04" in second
    assert "Contact 05" not in second
