"""Response bodies about contacts, imports, tags and segments, in MAAC's order of fields."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from modules.contacts.models import Contact, ContactImport, Segment, Tag, Tagging
from modules.openapi.times import with_fraction, with_hours

Fields = dict[str, Any]
Period = tuple[datetime | None, datetime | None]
"""From a moment up to, but not including, another; None: open."""
CONTACT = (
    "pk", "line_uid", "line_display_name", "display_name", "email", "mobile", "customer_id", "gender", "birthday",
    "status", "updated_at", "created_at", "blocked_at",
)  # fmt: skip


def members(ids: Sequence[int], *, zone: ZoneInfo, now: datetime, tagged: Period = (None, None)) -> list[Fields]:
    """The contacts with these ids, in this order, with their valid tags that were first put on within a period.

    Two queries, without model instances: a page of 300 contacts takes a third of the time.
    """
    found = {row[0]: row for row in Contact.objects.filter(pk__in=ids).values_list(*CONTACT)}
    tags = _tags(ids, zone, now, tagged)
    return [_member(found[pk], tags[pk], zone) for pk in ids if pk in found]


def _member(row: tuple[Any, ...], tags_detail: list[Fields], zone: ZoneInfo) -> Fields:
    _pk, line_uid, line_display_name, display_name, email, mobile, customer_id, gender, birthday, *rest = row
    status, updated_at, created_at, blocked_at = rest
    return {
        "line_uid": line_uid,
        "line_display_name": line_display_name,
        "display_name": display_name,
        "email": email,
        "mobile": mobile,
        "customer_id": customer_id,
        "gender": gender,
        "birthday": _day(birthday),
        "tags": [each["name"] for each in tags_detail],
        "tags_detail": tags_detail,
        "status": status,
        "updated_at": with_fraction(updated_at, zone),
        "created_at": with_fraction(created_at, zone),
        "blocked_at": with_fraction(blocked_at, zone) if blocked_at else None,
    }


def _tags(ids: Sequence[int], zone: ZoneInfo, now: datetime, tagged: Period) -> defaultdict[int, list[Fields]]:
    since, before = tagged
    found = Tagging.objects.valid_at(now).filter(contact__in=ids).order_by("pk")
    if since:
        found = found.filter(first_tagged_at__gte=since)
    if before:
        found = found.filter(first_tagged_at__lt=before)
    tags: defaultdict[int, list[Fields]] = defaultdict(list)
    for contact_id, name, moment in found.values_list("contact_id", "tag__name", "first_tagged_at"):
        tags[contact_id].append({"name": name, "tagged_at": with_fraction(moment, zone)})
    return tags


def _day(birthday: date | None) -> str | None:
    return birthday.isoformat() if birthday else None


def tag(row: Tag) -> Fields:
    return {"id": row.pk, "name": row.name, "available_days": row.available_days}


def tagging(row: Tagging, line_uid: str, zone: ZoneInfo) -> Fields:
    return {
        "tag_id": row.tag_id,
        "line_uid": line_uid,
        "created_at": with_hours(row.tagged_at, zone),
        "expired_at": with_hours(row.expires_at, zone),
    }


def segment(row: Segment, zone: ZoneInfo) -> Fields:
    return {
        "id": row.pk,
        "name": row.name,
        "description": row.description,
        "segment_type": row.kind,
        "member_count": row.member_count,
        "status": row.status,
        "last_updated_time": with_hours(row.counted_at, zone) if row.counted_at else None,
    }


def import_task(row: ContactImport, zone: ZoneInfo, mismatch_link: str) -> Fields:
    """The state of an import, with its result once it is done."""
    status = "done" if not row.is_running else "processing" if row.begun_at else "pending"
    times = {
        "created_at": with_fraction(row.started_at, zone),
        "updated_at": with_fraction(row.changed_at or row.started_at, zone),
    }
    if row.is_running:
        return {"category": "import_member", "status": status, **times}
    result = _failure(row) if row.status == ContactImport.Status.FAILED else _success(row, zone, mismatch_link)
    return {"category": "import_member", "result": result, "status": status, **times}


def _success(row: ContactImport, zone: ZoneInfo, mismatch_link: str) -> Fields:
    return {
        "tags": row.tags,
        "success": True,
        "end_time": with_fraction(row.ended_at or row.started_at, zone),
        "total_num": row.total,
        "start_time": with_fraction(row.begun_at or row.started_at, zone),
        "created_num": row.created,
        "updated_num": row.updated,
        "mismatch_num": row.mismatched,
        "mismatch_export_link": mismatch_link or None,
    }


def _failure(row: ContactImport) -> Fields:
    counts = {
        "blank_error": 0, "miss_fields": [], "gender_error": 0, "mobile_error": 0, "birthday_error": 0,
        "useless_fields": [], "duplicate_error": 0,
    }  # fmt: skip
    return {"success": False, **counts, **row.problems}
