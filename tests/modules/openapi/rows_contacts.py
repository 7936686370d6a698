"""Rows of the calls about contacts, imports of contacts, and tags (1 to 4, 8 to 12)."""

from datetime import date, timedelta
from typing import Any

from modules.contacts import imports, member_import, tagging
from modules.contacts.models import Contact, ContactImport, Tag
from modules.contacts.services import create, edit
from modules.openapi.limits import take
from modules.openapi.paging import PAGE_SIZE
from tests.modules.openapi.shapes import HOURS_OFFSET, MICROSECONDS, NUM, STR, matching
from tests.modules.openapi.sheet import Ask, Row, World, error, page, success

UID = "U5f0c2a9be17d4483a6c1e09d7f3b8241"
OTHER = "U60d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5"
TOKEN = matching(r"[A-Za-z0-9%]+%3D")
TAG = {"id": NUM, "name": "spring", "available_days": 90}
TIMES = {"created_at": MICROSECONDS, "updated_at": MICROSECONDS}

MEMBER: dict[str, Any] = {
    "line_uid": UID,
    "line_display_name": "Hana",
    "display_name": "Hana Ito",
    "email": "hana@shop.example",
    "mobile": "+886900111222",
    "customer_id": "CRM-7001",
    "gender": "female",
    "birthday": "1991-03-08",
    "tags": ["vip"],
    "tags_detail": [{"name": "vip", "tagged_at": MICROSECONDS}],
    "status": "follow",
    "updated_at": MICROSECONDS,
    "created_at": MICROSECONDS,
    "blocked_at": MICROSECONDS,
}
BARE = {
    **MEMBER,
    "line_display_name": "", "display_name": "", "email": "", "mobile": "", "customer_id": None, "gender": "unknown",
    "birthday": None, "tags": [], "tags_detail": [], "blocked_at": None,
}  # fmt: skip


def hana(world: World) -> Contact:
    """A contact with every field filled, who blocked the account once and follows it again."""
    contact = create(
        account=world.account, now=world.now - timedelta(days=9), line_uid=UID, line_display_name="Hana",
        display_name="Hana Ito", email="hana@shop.example", mobile="0900111222", customer_id="CRM-7001",
        gender="female", birthday=date(1991, 3, 8), tags=["vip"], status="follow",
    )  # fmt: skip
    for status in ("unfollow", "follow"):
        contact = edit(contact=contact, status=status, now=world.now)
    return contact


def spring(world: World, days: int | None = 90) -> Tag:
    return tagging.create_tag(account=world.account, name="spring", available_days=days, now=world.now)


def tag_of(world: World) -> dict[str, Any]:
    return {"tag_id": spring(world).pk, "line_uid": hana(world).line_uid}


def list_members(world: World) -> Ask:
    hana(world)
    return Ask()


def list_bare(world: World) -> Ask:
    create(account=world.account, now=world.now, line_uid=UID)
    return Ask()


def list_many(world: World) -> Ask:
    Contact.objects.bulk_create(
        Contact(account=world.account, line_uid=f"U{n:032x}", created_at=world.now, updated_at=world.now)
        for n in range(PAGE_SIZE + 1)
    )
    return Ask()


def find_by_everything(world: World) -> Ask:
    contact = hana(world)
    create(account=world.account, now=world.now)
    day = world.now.astimezone(world.account.zone_info).date()
    query = {
        "line_uid": UID, "email": contact.email, "mobile": contact.mobile, "customer_id": contact.customer_id,
        "member_id": contact.pk, "status": "follow", "updated_at_min": day, "updated_at_max": day, "all_tag": 1,
        "start": "",
    }  # fmt: skip
    return Ask(query=query)


def tags_of_period(world: World) -> Ask:
    hana(world)
    return Ask(query={"updated_at_min": world.now.astimezone(world.account.zone_info).date()})


def patch_all(world: World) -> Ask:
    create(account=world.account, now=world.now, line_uid=UID, tags=["vip"], status="follow", line_display_name="Hana")
    body = {
        "display_name": "Hana Ito", "customer_id": "CRM-7001", "email": "hana@shop.example", "mobile": "0900111222",
        "gender": "female", "birthday": "1991-03-08", "tags": ["ignored"], "line_display_name": "ignored",
    }  # fmt: skip
    return Ask(path={"line_uid": UID}, json=body)


def unbind(world: World) -> Ask:
    hana(world)
    return Ask(path={"line_uid": UID}, json={"customer_id": None})


def import_body(**entry: Any) -> dict[str, Any]:
    return {"import_key": "line_uid", "data": [{"line_uid": UID, **entry}], "tags": ["spring"]}


def start_import(world: World) -> Ask:
    hana(world)
    return Ask(json=import_body(gender="female", tags=["vip"], birthday="1991-03-08"))


def import_too_often(world: World) -> Ask:
    while take(account=world.account, call="import", now=world.now) is None:
        pass
    return start_import(world)


def import_at_once(world: World) -> Ask:
    started(world)
    return Ask(json=import_body())


def started(world: World, **entry: Any) -> ContactImport:
    data = [{"line_uid": UID, **entry}, {"line_uid": OTHER}]
    return member_import.start(
        account=world.account, import_key="line_uid", entries=data, tags=["spring"], now=world.now
    )


def task_of(found: ContactImport) -> Ask:
    return Ask(path={"task_id": found.pk})


def pending_import(world: World) -> Ask:
    return task_of(started(world))


def processing_import(world: World) -> Ask:
    found = started(world)
    ContactImport.objects.update(begun_at=world.now)
    return task_of(found)


def done_import(world: World) -> Ask:
    hana(world)
    found = started(world)
    imports.store_waiting(is_over=lambda: False, sleep=lambda _seconds: None)
    return task_of(found)


def refused_import(world: World) -> Ask:
    return task_of(started(world, mobile="12"))


def list_tags(world: World) -> Ask:
    spring(world)
    return Ask(query={"name": "spr"})


def show_tag(world: World) -> Ask:
    return Ask(path={"tag_id": spring(world).pk})


def tag_member(world: World) -> Ask:
    return Ask(json=tag_of(world))


def tag_for_ever(world: World) -> Ask:
    return Ask(json={"tag_id": spring(world, None).pk, "line_uid": hana(world).line_uid})


def untag_member(world: World) -> Ask:
    body = tag_of(world)
    tagging.tag_contact(contact=Contact.objects.get(), tag=Tag.objects.get(name="spring"), now=world.now)
    return Ask(json=body)


def result(link: Any, mismatched: int) -> dict[str, Any]:
    return {
        "category": "import_member",
        "result": {
            "tags": ["spring"],
            "success": True,
            "end_time": MICROSECONDS,
            "total_num": 2,
            "start_time": MICROSECONDS,
            "created_num": 0,
            "updated_num": 1,
            "mismatch_num": mismatched,
            "mismatch_export_link": link,
        },
        "status": "done",
        **TIMES,
    }


def running(status: str) -> dict[str, Any]:
    return {"category": "import_member", "status": status, **TIMES}


TAGGED = {"tag_id": NUM, "line_uid": UID, "created_at": HOURS_OFFSET, "expired_at": HOURS_OFFSET}

ROWS = [
    Row(1, "a contact with every field filled", list_members, success(1, page(MEMBER))),
    Row(1, "a contact of whom nothing is known", list_bare, success(1, page(BARE))),
    Row(1, "a page that is followed by another", list_many, success(1, page({**BARE, "line_uid": STR}, TOKEN))),
    Row(1, "a contact found by every parameter", find_by_everything, success(1, page(MEMBER))),
    Row(1, "tags put on before the period are left out", tags_of_period,
        success(1, page({**MEMBER, "tags": [], "tags_detail": []}))),
    Row(2, "every field changed, and the status left alone", patch_all, success(2, {**MEMBER, "blocked_at": None})),
    Row(2, "a contact unbound", unbind, success(2, {**MEMBER, "customer_id": None})),
    Row(3, "an import started", start_import, success(3, {"id": NUM, "result": "start importing"})),
    Row(3, "the sixteenth import in a minute", import_too_often, error(3, "rate limit")),
    Row(3, "a second import while one runs", import_at_once, error(3, "rate limit")),
    Row(4, "a task before a worker took it", pending_import, success(4, running("pending"))),
    Row(4, "a task that a worker stores", processing_import, success(4, running("processing"))),
    Row(4, "a task that is done", done_import, success(4, result(matching(r"http://.*\.csv"), 1))),
    Row(4, "a task with a wrong number", refused_import, error(4, "bad data")),
    Row(8, "tags found by name", list_tags, success(8, page(TAG))),
    Row(9, "a tag", show_tag, success(9, TAG)),
    Row(10, "a tag with an end", lambda _world: Ask(json={"name": "spring", "available_days": 90}), success(10, TAG)),
    Row(10, "a tag without end", lambda _world: Ask(json={"name": "spring"}),
        success(10, {**TAG, "available_days": None})),
    Row(11, "a contact tagged", tag_member, success(11, TAGGED)),
    Row(11, "a contact tagged for ever", tag_for_ever,
        success(11, {**TAGGED, "expired_at": "9999-12-31T23:59:59+08"})),
    Row(12, "a contact untagged", untag_member, success(12, "")),
]  # fmt: skip
