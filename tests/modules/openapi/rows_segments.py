"""Rows of the calls about segments (13 to 19)."""

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from modules.contacts import segments, tagging
from modules.contacts.models import Segment
from modules.contacts.services import create
from tests.modules.openapi.shapes import HOURS_OFFSET, NUM, matching
from tests.modules.openapi.sheet import Ask, Row, World, page, success

UID = "U5f0c2a9be17d4483a6c1e09d7f3b8241"
PENDING: dict[str, Any] = {
    "id": NUM, "name": "vip buyers", "description": "tag vip", "segment_type": 1, "member_count": -1, "status": 1,
    "last_updated_time": None,
}  # fmt: skip
READY = {**PENDING, "member_count": 1, "status": 2, "last_updated_time": HOURS_OFFSET}
TEXTS = {"name": "vip buyers", "description": "tag vip"}


def csv_file(*uids: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("uids.csv", "\n".join(("line_uid", *uids)).encode(), "text/csv")


def vip(world: World) -> int:
    """The tag of the only contact."""
    create(account=world.account, now=world.now, line_uid=UID, tags=["vip"])
    return tagging.tags_of_names(account=world.account, names=["vip"], now=world.now)[0].pk


def from_tags(world: World) -> Segment:
    filters = [{"status": "with", "tag_id": vip(world)}]
    return segments.create_from_tags(account=world.account, filters=filters, now=world.now, **TEXTS)


def from_list(world: World) -> Segment:
    content = csv_file(UID).read()
    return segments.create_from_list(account=world.account, content=content, now=world.now, **TEXTS)


def counted(segment: Segment, world: World) -> Segment:
    segments.count_due(is_over=lambda: False, clock=lambda: world.now + timedelta(minutes=1))
    return segment


def of(segment: Segment, **request: Any) -> Ask:
    return Ask(path={"segment_id": segment.pk}, **request)


def list_segments(world: World) -> Ask:
    counted(from_tags(world), world)
    return Ask(query={"name": "buyers"})


def create_from_tags(world: World) -> Ask:
    return Ask(json={**TEXTS, "segment_type": 1, "tags": [{"status": "without", "tag_id": vip(world)}]})


def bare_create(world: World) -> Ask:
    return Ask(json={"name": "vip buyers", "operator": "AND", "tags": [{"status": "with", "tag_id": vip(world)}]})


ROWS = [
    Row(13, "segments found by name", list_segments, success(13, page(READY))),
    Row(14, "a pending segment", lambda world: of(from_tags(world)), success(14, PENDING)),
    Row(14, "a segment that is ready", lambda world: of(counted(from_tags(world), world)), success(14, READY)),
    Row(15, "a segment from tags", create_from_tags, success(15, PENDING)),
    Row(15, "a segment without description", bare_create, success(15, {**PENDING, "description": ""})),
    Row(16, "a segment from a file", lambda _world: Ask(multipart={**TEXTS, "file": csv_file(UID)}),
        success(16, {**PENDING, "segment_type": 2})),
    Row(17, "a segment deleted", lambda world: of(from_tags(world)), success(17, "")),
    Row(17, "a segment from a file deleted", lambda world: of(from_list(world)), success(17, "")),
    Row(18, "a segment with a new file, as multipart",
        lambda world: of(counted(from_list(world), world), multipart={"file": csv_file(UID)}),
        success(18, {**PENDING, "segment_type": 2})),
    Row(18, "a segment renamed, as JSON", lambda world: of(from_list(world), json={"name": "new", "description": ""}),
        success(18, {**PENDING, "segment_type": 2, "name": "new", "description": ""})),
    Row(19, "the members as CSV", lambda world: of(counted(from_tags(world), world)),
        success(19, f"line_uid\r\n{UID}\r\n", {
            "Content-Disposition":
                matching(r"attachment; filename=\d{4}-\d\d-\d\d_segment_\d+_members\.csv"),
        })),
]  # fmt: skip
