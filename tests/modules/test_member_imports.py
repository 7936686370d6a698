"""Imports of contacts through the Open API: whom an entry finds, what it changes, and what is refused."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Account
from modules import retention
from modules.contacts import imports, member_import
from modules.contacts.models import Contact, ContactImport
from modules.contacts.services import create
from tests.brands import NOW, client_of

MEMBER = "/openapi/v1/member/"
IMPORT = f"{MEMBER}import/"
UID = "U" + "0f" * 16


def uid(number: int) -> str:
    return f"U{number:032x}"


@pytest.fixture
def imported(api: APIClient) -> Callable[..., dict[str, Any]]:
    """The result of an import that has ended."""

    def run(key: str, *entries: dict[str, Any], tags: Sequence[str] = ()) -> dict[str, Any]:
        started = api.post(IMPORT, {"import_key": key, "data": list(entries), "tags": list(tags)})
        assert started.status_code == 200, started.content
        imports.store_waiting(is_over=lambda: False, sleep=lambda _seconds: None)
        done = api.get(f"{IMPORT}{started.json()['id']}/").json()
        assert done["status"] == "done"
        result: dict[str, Any] = done["result"]
        return result

    return run


Imported = Callable[..., dict[str, Any]]


def counts(result: dict[str, Any]) -> tuple[int, ...]:
    return tuple(result[f"{name}_num"] for name in ("total", "created", "updated", "mismatch"))


def test_values_overwrite_blanks_change_nothing_and_tags_are_added(alice: Account, imported: Imported) -> None:
    create(account=alice, now=NOW, line_uid=UID, display_name="Hana", mobile="0912345678", gender="female", tags=["a"])
    entry = {"line_uid": UID, "mobile": "", "email": "h@shop.example", "birthday": "1990-04-12", "tags": ["b"],
             "gender": None, "customer_id": " M-1 "}  # fmt: skip
    result = imported("line_uid", entry, tags=["c", "a"])
    assert (counts(result), result["tags"], result["mismatch_export_link"]) == ((1, 0, 1, 0), ["c", "a"], None)
    contact = alice.contacts.get()
    shown = (contact.display_name, contact.mobile, contact.email, contact.gender, contact.customer_id, contact.status)
    assert shown == ("Hana", "+886912345678", "h@shop.example", "female", "M-1", "follow")
    assert str(contact.birthday) == "1990-04-12"
    assert sorted(contact.taggings.values_list("tag__name", flat=True)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("key", "value"), [("customer_id", "M-1"), ("email", "h@shop.example"), ("mobile", "0912-345-678")]
)
def test_a_contact_is_found_by_each_key(alice: Account, imported: Imported, key: str, value: str) -> None:
    create(account=alice, now=NOW, line_uid=UID, customer_id="M-1", email="h@shop.example", mobile="0912345678")
    assert counts(imported(key, {key: value, "line_display_name": "Hana"})) == (1, 0, 1, 0)
    assert alice.contacts.get().line_display_name == "Hana"


def test_somebody_new_is_created_from_a_line_uid_unless_that_is_the_key(alice: Account, imported: Imported) -> None:
    create(account=alice, now=NOW, line_uid=uid(1))
    result = imported(
        "customer_id",
        {"customer_id": "M-1", "line_uid": uid(1)},
        {"customer_id": "M-2", "line_uid": uid(2), "tags": ["new"]},
        {"customer_id": "M-3"},
        {"customer_id": "M-4", "line_uid": "nobody"},
    )
    assert (counts(result), result["mismatch_export_link"]) == ((4, 1, 1, 2), None)
    found = dict(alice.contacts.values_list("line_uid", "customer_id"))
    assert found == {uid(1): "M-1", uid(2): "M-2"}
    assert alice.contacts.get(line_uid=uid(2)).status == "auth"


def test_the_mismatch_file_says_who_was_not_changed_and_why(api: APIClient, alice: Account, imported: Imported) -> None:
    create(account=alice, now=NOW, line_uid=uid(1), status="unfollow")
    create(account=alice, now=NOW, line_uid=uid(2), customer_id="M-2")
    create(account=alice, now=NOW, line_uid=uid(3))
    result = imported(
        "line_uid",
        {"line_uid": uid(1), "gender": "male"},
        {"line_uid": uid(3), "customer_id": "M-2"},
        {"line_uid": uid(4)},
    )
    assert counts(result) == (3, 0, 0, 3)
    link = result["mismatch_export_link"]
    answer = client_of(alice).get(link)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.decode().splitlines() == [
        "line_uid,reason", f"{uid(1)},blocked", f"{uid(3)},customer_id taken", f"{uid(4)},unknown",
    ]  # fmt: skip
    assert client_of(alice).get(link.replace(":", ":x", 2)).status_code == 404
    assert set(alice.contacts.values_list("gender", flat=True)) == {"unknown"}


def test_a_key_that_several_share_changes_nobody(alice: Account, imported: Imported) -> None:
    for number in range(2):
        create(account=alice, now=NOW, line_uid=uid(number), email="family@shop.example")
    assert counts(imported("email", {"email": "family@shop.example", "gender": "male"})) == (1, 0, 0, 1)


def test_faults_that_maac_counts_end_the_import_at_once_and_nothing_is_stored(api: APIClient, alice: Account) -> None:
    create(account=alice, now=NOW, line_uid=uid(1))
    entries = [
        {"line_uid": uid(1), "gender": "male"},
        {"line_uid": uid(1), "gender": "unknown", "mobile": "12"},
        {"line_uid": "", "birthday": "yesterday", "nickname": 7},
        {"line_uid": uid(2), "birthday": "2999-01-01", "display_name": "x"},
        {"gender": "other"},
    ]
    started = api.post(IMPORT, {"import_key": "line_uid", "data": entries}).json()
    task = api.get(f"{IMPORT}{started['id']}/").json()
    assert task["status"] == "done"
    assert task["result"] == {
        "success": False, "blank_error": 2, "miss_fields": [], "gender_error": 2, "mobile_error": 1,
        "birthday_error": 2, "useless_fields": ["nickname", "display_name"], "duplicate_error": 2,
    }  # fmt: skip
    assert alice.contacts.get().gender == "unknown"
    without_key = api.post(IMPORT, {"import_key": "email", "data": [{"line_uid": UID}]}).json()
    result = api.get(f"{IMPORT}{without_key['id']}/").json()["result"]
    assert (result["miss_fields"], result["blank_error"]) == (["email"], 1)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"data": [{}]}, "import_key"),
        ({"import_key": "id", "data": [{}]}, "import_key"),
        ({"import_key": "line_uid", "data": []}, "data"),
        ({"import_key": "line_uid", "data": {}}, "data"),
        ({"import_key": "line_uid", "data": ["x"]}, "data"),
        ({"import_key": "line_uid", "data": [{"line_uid": 7}]}, "data"),
        ({"import_key": "line_uid", "data": [{"line_uid": UID, "email": "hana"}]}, "data"),
        ({"import_key": "line_uid", "data": [{"line_uid": UID, "tags": "vip"}]}, "data"),
        ({"import_key": "line_uid", "data": [{"line_uid": UID, "tags": ["x" * 256]}]}, "data"),
        ({"import_key": "line_uid", "data": [{"line_uid": UID, "customer_id": "x" * 256}]}, "data"),
        ({"import_key": "line_uid", "data": [{"line_uid": UID}], "tags": "vip"}, "tags"),
        ({"import_key": "line_uid", "data": [{"line_uid": UID}], "tags": ["x" * 256]}, "tags"),
        ({"import_key": "line_uid", "data": [{"line_uid": uid(n)} for n in range(10_001)]}, "data"),
    ],
)
def test_what_maac_has_no_count_of_is_refused_and_no_task_is_kept(api: APIClient, body: Any, path: str) -> None:
    answer = api.post(IMPORT, body)
    assert answer.status_code == 400
    assert list(answer.json()) == [path]
    assert not ContactImport.objects.exists()


def test_a_request_of_10_mib_is_taken_and_a_larger_one_refused(api: APIClient) -> None:
    entry = {"line_uid": UID, "line_display_name": "x" * 200}
    body = json.dumps({"import_key": "line_uid", "data": [entry] * 10_000 * 5})
    assert api.generic("POST", IMPORT, body, "application/json").status_code == 413
    entries = [{**entry, "line_uid": uid(n), "customer_id": f"{n:0200}"} for n in range(10_000)]
    body = json.dumps({"import_key": "line_uid", "data": entries})
    assert 4 * 1024 * 1024 < len(body) < member_import.SIZE_LIMIT
    assert api.generic("POST", IMPORT, body, "application/json").status_code == 200


def test_one_import_runs_at_a_time_and_fifteen_start_in_a_minute(api: APIClient, alice: Account) -> None:
    body = {"import_key": "line_uid", "data": [{"line_uid": UID}]}
    assert api.post(IMPORT, body).status_code == 200
    refused = api.post(IMPORT, body)
    assert (refused.status_code, "running" in refused.json()["detail"]) == (429, True)
    for _ in range(13):
        imports.store_waiting(is_over=lambda: False, sleep=lambda _seconds: None)
        assert api.post(IMPORT, body).status_code == 200
    imports.store_waiting(is_over=lambda: False, sleep=lambda _seconds: None)
    limited = api.post(IMPORT, body)
    assert limited.status_code == 429
    assert 0 < int(limited.headers["Retry-After"]) <= 4


@pytest.mark.both_databases
def test_a_large_import_goes_on_where_a_worker_stopped(api: APIClient, alice: Account) -> None:
    Contact.objects.bulk_create(
        Contact(account=alice, line_uid=uid(n), created_at=NOW, updated_at=NOW) for n in range(1200)
    )
    data = [{"line_uid": uid(n), "customer_id": f"M-{n}", "tags": [f"group {n % 3}"]} for n in range(1300)]
    started = api.post(IMPORT, {"import_key": "line_uid", "data": data, "tags": ["all"]}).json()
    task = f"{IMPORT}{started['id']}/"
    assert api.get(task).json()["status"] == "pending"
    stops = iter([False, False, False, True, True])
    imports.store_waiting(is_over=lambda: next(stops), sleep=lambda _seconds: None)
    assert api.get(task).json()["status"] == "processing"
    assert alice.contacts.exclude(customer_id=None).count() == 1000
    imports.store_waiting(is_over=lambda: False, sleep=lambda _seconds: None)
    assert counts(api.get(task).json()["result"]) == (1300, 0, 1200, 100)
    assert alice.contacts.filter(taggings__tag__name="all").count() == 1200
    assert alice.contacts.filter(taggings__tag__name="group 1").count() == 400
    shown = client_of(alice).get(f"/api/v1/modules/contacts/imports/{started['id']}/").json()
    assert (shown["import_key"], shown["done"], shown["mismatched"]) == ("line_uid", 1300, 100)


def test_a_csv_import_is_no_task_and_an_old_task_is_forgotten(api: APIClient, alice: Account, bob: Account) -> None:
    imports.start(account=alice, text=f"line_uid\n{UID}\n", now=NOW)
    assert api.get(f"{IMPORT}{ContactImport.objects.get().pk}/").status_code == 404
    imports.store_waiting(is_over=lambda: False, sleep=lambda _seconds: None)
    entries = [{"line_uid": UID}]
    task = member_import.start(account=alice, import_key="line_uid", entries=entries, tags=[], now=NOW)
    assert client_of(bob).get(f"{IMPORT}{task.pk}/").status_code == 404
    imports.store_waiting(is_over=lambda: False, sleep=lambda _seconds: None)
    retention.prune(now=NOW + timedelta(days=31), sleep=lambda _seconds: None)
    assert api.get(f"{IMPORT}{task.pk}/").status_code == 404
