"""Segments: who belongs to them, when they are counted, their files, and their limits."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import Account
from modules.contacts import segments, tagging, uid_lists
from modules.contacts.errors import SegmentLimit
from modules.contacts.models import Segment, SegmentMember
from modules.contacts.services import create, edit
from tests.brands import NOW, client_of, race

V1 = "/openapi/v1/"
PATH = "/api/v1/modules/contacts/segments/"
PAGE = "/console/modules/contacts/segments/"
MINUTE = timedelta(minutes=1)
STRANGER = f"U{'a' * 32}"


def count(now: datetime = NOW + MINUTE) -> None:
    segments.count_due(is_over=lambda: False, clock=lambda: now)


def counted(segment: Segment) -> list[str]:
    count()
    segment.refresh_from_db()
    return segments.line_uids(segment=segment)


def from_list(account: Account, *uids: str) -> Segment:
    return segments.create_from_list(account=account, name="list", content="\n".join(uids).encode(), now=NOW)


FILTERS = st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=5)
PEOPLE = st.lists(st.sets(st.integers(0, 3)), min_size=1, max_size=6)


@given(FILTERS, st.sampled_from(["AND", "OR"]), PEOPLE)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_segment_has_just_the_contacts_of_whom_its_conditions_are_true(
    alice: Account, conditions: Sequence[tuple[bool, int]], operator: str, people: Sequence[set[int]]
) -> None:
    alice.contacts.all().delete()
    Segment.objects.all().delete()
    tags = tagging.tags_of_names(account=alice, names=["0", "1", "2", "3"], now=NOW)
    expected = []
    for theirs in people:
        contact = create(account=alice, now=NOW, tags=[str(number) for number in sorted(theirs)])
        verdicts = [(number in theirs) is wanted for wanted, number in conditions]
        if all(verdicts) if operator == "AND" else any(verdicts):
            expected.append(contact.line_uid)
    filters = [{"status": "with" if wanted else "without", "tag_id": tags[n].pk} for wanted, n in conditions]
    segment = segments.create_from_tags(account=alice, name="x", operator=operator, filters=filters, now=NOW)
    assert counted(segment) == expected
    assert segment.member_count == len(expected)


def test_a_segment_is_pending_then_ready_and_counted_again_each_day(alice: Account) -> None:
    (tag,) = tagging.tags_of_names(account=alice, names=["vip"], now=NOW)
    create(account=alice, now=NOW, tags=["vip"])
    filters = [{"status": "with", "tag_id": tag.pk}]
    with override_settings(OPENAPI_SEGMENT_SECONDS=60):
        segment = segments.create_from_tags(account=alice, name="vip", filters=filters, now=NOW)
    count(NOW + MINUTE - timedelta(seconds=1))
    segment.refresh_from_db()
    assert (segment.status, segment.member_count) == (Segment.Status.PENDING, -1)
    count(NOW + MINUTE)
    segment.refresh_from_db()
    assert (segment.status, segment.member_count, segment.counted_at) == (Segment.Status.READY, 1, NOW + MINUTE)
    second = create(account=alice, now=NOW, tags=["vip"])
    count(NOW + timedelta(days=1))
    assert SegmentMember.objects.count() == 1
    count(NOW + MINUTE + timedelta(days=1))
    assert SegmentMember.objects.count() == 2
    edit(contact=second, status="unfollow", now=NOW)
    count(NOW + MINUTE + timedelta(days=2))
    segment.refresh_from_db()
    assert segment.member_count == 1


def test_a_segment_counts_a_tag_only_until_its_end(alice: Account) -> None:
    tag = tagging.create_tag(account=alice, name="spring", available_days=1, now=NOW)
    tagging.tag_contact(contact=create(account=alice, now=NOW), tag=tag, now=NOW)
    filters = [{"status": "with", "tag_id": tag.pk}]
    segment = segments.create_from_tags(account=alice, name="spring", filters=filters, now=NOW)
    assert len(counted(segment)) == 1
    count(NOW + timedelta(days=2))
    segment.refresh_from_db()
    assert segment.member_count == 0


def test_a_list_has_the_contacts_it_names_once_and_nobody_else(alice: Account, bob: Account) -> None:
    friend, gone = create(account=alice, now=NOW), create(account=alice, now=NOW, status="unfollow")
    theirs = create(account=bob, now=NOW)
    uids = ("line_uid", friend.line_uid, "", friend.line_uid, gone.line_uid, theirs.line_uid, STRANGER)
    segment = from_list(alice, *uids)
    assert counted(segment) == [friend.line_uid]
    assert (segment.member_count, segment.due_at, segment.uploaded) == (1, None, None)
    renamed = segments.edit(segment=segment, name="renamed", now=NOW)
    assert (renamed.status, renamed.member_count) == (Segment.Status.PENDING, -1)
    assert counted(renamed) == [friend.line_uid]
    replaced = segments.edit(segment=segment, content=STRANGER.encode(), now=NOW)
    assert counted(replaced) == []


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "no LINE UID"),
        (b"line_uid\n", "no LINE UID"),
        (b"line_uid\nU12\n", "Line 2"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b'"' + STRANGER.encode(), "not CSV"),
        (b"\x00", "Line 1"),
        (b"x" * (uid_lists.SIZE_LIMIT + 1), "larger than 25 MiB"),
        ("\n".join(f"U{n:032x}" for n in range(uid_lists.UID_LIMIT + 1)).encode(), "more than 300000"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_the_reason(
    api: APIClient, alice: Account, content: bytes, fault: str
) -> None:
    answer = _upload(api, "POST", "custom_segment/", {"name": "x", "file": SimpleUploadedFile("x.csv", content)})
    assert answer.status_code == 400
    assert fault in answer.json()["file"][0]
    assert not alice.segments.exists()


def _upload(api: APIClient, method: str, path: str, fields: dict[str, Any]) -> Any:
    body: Any = encode_multipart(BOUNDARY, fields)
    return api.generic(method, V1 + path, body, MULTIPART_CONTENT)


def test_a_request_that_is_too_large_is_refused_before_it_is_read(api: APIClient) -> None:
    fields = {"name": "x", "file": SimpleUploadedFile("x.csv", b"x" * 27 * 1024 * 1024)}
    assert _upload(api, "POST", "custom_segment/", fields).status_code == 413


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tags": [{"status": "with", "tag_id": "TAG"}]}, "name"),
        ({"name": "x"}, "tags"),
        ({"name": "x", "tags": []}, "tags"),
        ({"name": "x", "tags": [{"status": "having", "tag_id": "TAG"}]}, "tags"),
        ({"name": "x", "tags": [{"status": "with", "tag_id": 2**62}]}, "tags"),
        ({"name": "x", "tags": [{"status": "with", "tag_id": "TAG"}], "operator": "XOR"}, "operator"),
        ({"name": "x" * 256, "tags": [{"status": "with", "tag_id": "TAG"}]}, "name"),
        ({"name": "x", "tags": [{"status": "with", "tag_id": "TAG"}], "description": "x" * 1001}, "description"),
        ({"name": "x", "tags": "TAG"}, "tags"),
    ],
)
def test_bad_input_is_refused_by_field(api: APIClient, alice: Account, body: dict[str, Any], field: str) -> None:
    (tag,) = tagging.tags_of_names(account=alice, names=["vip"], now=NOW)
    if isinstance(body.get("tags"), list):
        body = {**body, "tags": [{**each, "tag_id": tag.pk if each["tag_id"] == "TAG" else each["tag_id"]}
                                 for each in body["tags"]]}  # fmt: skip
    answer = api.post(f"{V1}segment/", body)
    assert answer.status_code == 400
    assert field in answer.json()
    assert not alice.segments.exists()


@pytest.mark.django_db(transaction=True)
def test_no_more_segments_than_allowed_are_made_at_once(alice: Account) -> None:
    with override_settings(OPENAPI_SEGMENTS=3):
        made = race(8, lambda: from_list_or_refused(alice))
    assert sorted(made) == [False] * 5 + [True] * 3
    assert alice.segments.count() == 3


def from_list_or_refused(account: Account) -> bool:
    try:
        from_list(account, STRANGER)
    except SegmentLimit:
        return False
    return True


def test_the_31st_segment_is_refused_until_one_is_deleted(api: APIClient, alice: Account) -> None:
    for _ in range(30):
        segment = from_list(alice, STRANGER)
    (tag,) = tagging.tags_of_names(account=alice, names=["vip"], now=NOW)
    body = {"name": "one more", "tags": [{"status": "with", "tag_id": tag.pk}]}
    answer = api.post(f"{V1}segment/", body)
    assert (answer.status_code, "30 segments" in answer.json()["detail"]) == (400, True)
    assert api.delete(f"{V1}segment/{segment.pk}/").status_code == 204
    assert api.post(f"{V1}segment/", body).status_code == 201


def test_the_members_of_a_pending_segment_are_refused(api: APIClient, alice: Account) -> None:
    answer = api.get(f"{V1}segment/{from_list(alice, STRANGER).pk}/members/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/json")
    assert "being counted" in answer.json()["detail"]


def test_a_segment_from_tags_is_no_custom_segment_and_others_have_none(
    api: APIClient, alice: Account, bob: Account
) -> None:
    (tag,) = tagging.tags_of_names(account=alice, names=["vip"], now=NOW)
    filters = [{"status": "with", "tag_id": tag.pk}]
    segment = segments.create_from_tags(account=alice, name="vip", filters=filters, now=NOW)
    assert api.patch(f"{V1}custom_segment/{segment.pk}/", {"name": "x"}).status_code == 404
    assert api.patch(f"{V1}custom_segment/{from_list(alice, STRANGER).pk}/", {}).status_code == 400
    for method, path in (("get", "/"), ("delete", "/"), ("get", "/members/")):
        assert getattr(client_of(bob), method)(f"{V1}segment/{segment.pk}{path}").status_code == 404
    refused = client_of(alice).delete(f"/api/v1/modules/contacts/tags/{tag.pk}/")
    assert refused.json()["error"]["code"] == "tag_in_use"


def test_a_segment_that_cannot_be_counted_is_put_off_and_the_next_one_is_counted(alice: Account) -> None:
    broken, good = from_list(alice, STRANGER), from_list(alice, STRANGER)
    Segment.objects.filter(pk=broken.pk).update(kind=Segment.Kind.TAGS, filters=[{"status": "with"}])
    count()
    states = dict(Segment.objects.values_list("pk", "status"))
    assert states == {broken.pk: Segment.Status.PENDING, good.pk: Segment.Status.READY}
    assert Segment.objects.get(pk=broken.pk).due_at == NOW + MINUTE + segments.RETRY_AFTER


def test_the_rest_api_has_both_kinds(api: APIClient, alice: Account) -> None:
    friend = create(account=alice, now=NOW, tags=["vip"])
    body = {"name": "vip", "tags": [{"status": "with", "tag_id": alice.tags.get().pk}]}
    made = api.post(PATH, body).json()
    listed = api.post(f"{PATH}lists/", {"name": "list", "csv": friend.line_uid}).json()
    assert (made["kind"], made["status"], made["member_count"], listed["kind"]) == ("Tags", "Pending", -1, "List")
    assert api.get(f"{PATH}{made['id']}/members/").json()["error"]["code"] == "segment_pending"
    count(datetime.now(NOW.tzinfo) + MINUTE)
    for each in (made, listed):
        assert api.get(f"{PATH}{each['id']}/members/").json() == {"line_uids": [friend.line_uid]}
    assert api.patch(f"{PATH}{made['id']}/", {"csv": STRANGER}).status_code == 400
    assert api.patch(f"{PATH}{listed['id']}/", {"name": "renamed"}).json()["name"] == "renamed"
    assert [each["id"] for each in api.get(PATH).json()["results"]] == [listed["id"], made["id"]]
    assert api.delete(f"{PATH}{made['id']}/").status_code == 204


def test_the_console_makes_both_kinds_and_gives_the_members(console: Client, alice: Account) -> None:
    friend = create(account=alice, now=NOW, tags=["vip"])
    assert "No segment yet" in console.get(PAGE).content.decode()
    form = {"name": "Regulars", "operator": "AND", "with_tags": [alice.tags.get().pk]}
    page = console.post(f"{PAGE}new/", form, follow=True).content.decode()
    assert "Being counted" in page
    assert 'has the tag <span class="tag">vip</span>' in page
    assert "Give 1 to 50 filters" in console.post(f"{PAGE}new/", {"name": "x", "operator": "AND"}).content.decode()
    file = SimpleUploadedFile("x.csv", friend.line_uid.encode())
    console.post(f"{PAGE}upload/", {"name": "Invited", "file": file})
    count(datetime.now(NOW.tzinfo) + MINUTE)
    for segment in alice.segments.all():
        assert "1 contact" in console.get(f"{PAGE}{segment.pk}/state/").content.decode()
        assert friend.line_uid in console.get(f"{PAGE}{segment.pk}/members/").content.decode()
    console.post(f"{PAGE}{segment.pk}/", {"name": "Friends", "description": ""})
    assert "Friends" in console.get(PAGE).content.decode()
    console.post(f"{PAGE}{segment.pk}/delete/")
    assert alice.segments.count() == 1
