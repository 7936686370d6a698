"""Contacts: through REST, through the console, and as CSV."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Account
from modules.contacts.models import Contact
from modules.contacts.services import create, seed_demo
from tests.integration.conftest import NOW, client_of
from tests.integration.test_console_frame import signed_in, user

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
    assert (bound["customer_id"], bound["status"]) == ("M-1", "auth")
    freed = api.patch(f"{PATH}{made['id']}/", {"customer_id": None}).json()
    assert (freed["customer_id"], freed["status"]) == (None, "follow")


def test_whoever_blocks_the_account_is_marked_with_the_moment(api: APIClient) -> None:
    made = api.post(PATH, {}).json()
    blocked = api.patch(f"{PATH}{made['id']}/", {"status": "unfollow"}).json()
    assert blocked["blocked_at"]
    assert api.patch(f"{PATH}{made['id']}/", {"status": "follow"}).json()["blocked_at"] is None


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
    exported = b"".join(console.get(f"{PAGE}export/").streaming_content)  # type: ignore[attr-defined]
    assert exported.startswith("\ufeffline_uid,".encode())
    assert b"'=SUM(A1)" in exported
    theirs = signed_in(user("bob", bob))
    theirs.post(f"{PAGE}import/", {"file": SimpleUploadedFile("contacts.csv", exported)})
    fields = ("line_uid", "display_name", "customer_id", "mobile", "email", "gender", "birthday", "tags", "status")
    assert list(bob.contacts.order_by("line_uid").values_list(*fields)) == list(
        alice.contacts.order_by("line_uid").values_list(*fields)
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
def test_a_file_that_is_no_table_of_contacts_is_told(console: Client, alice: Account, content: bytes) -> None:
    answer = console.post(f"{PAGE}import/", {"file": SimpleUploadedFile("c.csv", content)}, follow=True)
    assert answer.status_code == 200
    assert "note bad" in answer.content.decode()
    assert not alice.contacts.exists()


def test_the_pages_from_empty_to_deleted(console: Client, alice: Account) -> None:
    assert "No contact yet" in console.get(PAGE).content.decode()
    console.post(f"{PAGE}demo/")
    assert alice.contacts.count() >= 10
    answer = console.post(f"{PAGE}new/", {"display_name": "花子", "mobile": "0912345678", "tags": "a, b"}, follow=True)
    assert "花子 is a contact now." in answer.content.decode()
    made = alice.contacts.get(display_name="花子")
    assert (made.mobile, made.tags, made.is_bound) == ("+886912345678", ["a", "b"], False)
    answer = console.post(f"{PAGE}{made.pk}/", {"display_name": "花子", "customer_id": "M-9", "mobile": "x"})
    assert "Write a number such as" in answer.content.decode()
    made.refresh_from_db()
    assert not made.is_bound
    console.post(f"{PAGE}{made.pk}/", {"display_name": "花子", "customer_id": "M-9"})
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
