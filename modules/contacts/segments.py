"""Creates and changes segments, and determines their members, which a worker does a little later.

Members are contacts of the account who have not blocked it. A segment from tags is counted again each day, one from a
list only when its list is replaced.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.locks import lock_account
from accounts.models import Account
from modules.contacts import rules, selectors, uid_lists
from modules.contacts.errors import InvalidSegment, SegmentLimit, SegmentPending
from modules.contacts.models import PENDING_COUNT, Contact, Segment, SegmentMember, Tagging
from modules.deletion import delete_whole
from modules.validation import refuse

COUNTED_EVERY = timedelta(days=1)
RETRY_AFTER = timedelta(minutes=1)
ROWS_AT_ONCE = 1000
UIDS_AT_ONCE = 500

log = logging.getLogger(__name__)


def create_from_tags(
    *,
    account: Account,
    name: str,
    filters: Sequence[dict[str, Any]],
    now: datetime,
    operator: str = rules.AND,
    description: str = "",
) -> Segment:
    """A segment of the contacts with and without these tags: `{"status": "with" or "without", "tag_id": number}`.

    SegmentLimit if the account has as many segments as it may have.
    """
    tag_ids = set(selectors.tags(account=account).values_list("pk", flat=True))
    faults = rules.filter_faults(operator=operator, filters=filters, tag_ids=tag_ids)
    segment = Segment(
        account=account,
        kind=Segment.Kind.TAGS,
        operator=operator,
        filters=[{"status": each["status"], "tag_id": each["tag_id"]} for each in filters if not faults],
        created_at=now,
    )
    return _stored(segment, now, faults, name=name, description=description)


def create_from_list(*, account: Account, name: str, content: bytes, now: datetime, description: str = "") -> Segment:
    """A segment of the contacts whose LINE UIDs stand in the CSV file. LINE UIDs of nobody are passed over."""
    segment = Segment(account=account, kind=Segment.Kind.LIST, uploaded=_packed(content), created_at=now)
    return _stored(segment, now, {}, name=name, description=description)


def edit(
    *,
    segment: Segment,
    now: datetime,
    name: str | None = None,
    description: str | None = None,
    content: bytes | None = None,
) -> Segment:
    """Rename, describe anew, or replace the list of a segment. It is counted again, as MAAC does after each change."""
    given = _texts(name=name, description=description)
    refuse(rules.segment_faults(**given), InvalidSegment)
    packed = None if content is None else _packed(content)
    if packed is not None and segment.kind != Segment.Kind.LIST:
        raise InvalidSegment(_("A segment from tags has no list to replace."))
    with transaction.atomic():
        fresh = Segment.objects.select_for_update(no_key=True).get(pk=segment.pk)
        for field, value in given.items():
            setattr(fresh, field, value)
        if packed is not None:
            fresh.uploaded = packed
        _await_count(fresh, now)
        fresh.save()
    return fresh


def delete(*, segment: Segment) -> None:
    delete_whole(segment)


def line_uids(*, segment: Segment) -> list[str]:
    """LINE UIDs of the members. SegmentPending if they have not been counted."""
    if not segment.is_ready:
        raise SegmentPending(_("The members of the segment are being counted. Ask again when its status is ready."))
    return selectors.line_uids(segment=segment)


def count_due(*, is_over: Callable[[], bool], clock: Callable[[], datetime]) -> None:
    """Determine the members of all segments that are due, one segment after the other."""
    while not is_over():
        now = clock()
        segment_id = Segment.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True).first()
        if segment_id is None:
            return
        try:
            _count(segment_id, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("The members of segment %s could not be counted", segment_id)
            Segment.objects.filter(pk=segment_id).update(due_at=now + RETRY_AFTER)


def members(*, segment: Segment, now: datetime) -> QuerySet[Contact]:
    """Contacts who belong to a segment from tags at this time."""
    verdicts = [_verdict(each, now) for each in segment.filters]
    found = selectors.friends(account=segment.account)
    if segment.operator == rules.AND:
        return found.filter(*verdicts)
    either = Q()
    for verdict in verdicts:
        either |= verdict
    return found.filter(either)


@transaction.atomic
def _count(segment_id: int, now: datetime) -> None:
    due = Segment.objects.select_for_update(no_key=True, of=("self",)).select_related("account")
    segment = due.filter(pk=segment_id, due_at__lte=now).first()
    if segment is None:
        return
    if segment.kind == Segment.Kind.TAGS:
        _replace_members(segment, list(members(segment=segment, now=now).values_list("pk", flat=True)))
    elif segment.uploaded is not None:
        _replace_members(segment, _listed(segment, uid_lists.unpacked(bytes(segment.uploaded))))
    segment.member_count = segment.members.count()
    segment.status, segment.counted_at, segment.uploaded = Segment.Status.READY, now, None
    segment.due_at = now + COUNTED_EVERY if segment.kind == Segment.Kind.TAGS else None
    segment.save()


def _replace_members(segment: Segment, contact_ids: Sequence[int]) -> None:
    segment.members.all()._raw_delete("default")
    rows = [SegmentMember(segment=segment, contact_id=contact_id) for contact_id in contact_ids]
    SegmentMember.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)


def _listed(segment: Segment, uids: Sequence[str]) -> list[int]:
    """Ids of the contacts with these LINE UIDs, in the order of the list."""
    friends = selectors.friends(account=segment.account)
    known: dict[str, int] = {}
    for start in range(0, len(uids), UIDS_AT_ONCE):
        part = friends.filter(line_uid__in=uids[start : start + UIDS_AT_ONCE])
        known |= {str(uid): int(pk) for uid, pk in part.values_list("line_uid", "pk")}
    return [known[uid] for uid in uids if uid in known]


def _verdict(each: dict[str, Any], now: datetime) -> Q:
    has_tag = Q(Exists(Tagging.objects.valid_at(now).filter(contact=OuterRef("pk"), tag=each["tag_id"])))
    return has_tag if each["status"] == rules.WITH else ~has_tag


def _stored(segment: Segment, now: datetime, faults: rules.Faults, **texts: str) -> Segment:
    given = _texts(**texts)
    refuse({**rules.segment_faults(**given), **faults}, InvalidSegment)
    for field, value in given.items():
        setattr(segment, field, value)
    _await_count(segment, now)
    with transaction.atomic():
        lock_account(segment.account_id)
        if selectors.segments(account=segment.account).count() >= settings.OPENAPI_SEGMENTS:
            message = _("The account has %(limit)s segments, and may not have more. Delete one first.")
            raise SegmentLimit(message % {"limit": settings.OPENAPI_SEGMENTS})
        segment.save()
    return segment


def _await_count(segment: Segment, now: datetime) -> None:
    segment.status, segment.member_count, segment.counted_at = Segment.Status.PENDING, PENDING_COUNT, None
    segment.due_at = now + timedelta(seconds=settings.OPENAPI_SEGMENT_SECONDS)


def _texts(**given: str | None) -> dict[str, str]:
    return {name: text.strip() for name, text in given.items() if text is not None}


def _packed(content: bytes) -> bytes:
    try:
        return uid_lists.packed(content)
    except uid_lists.NotAList as error:
        raise InvalidSegment(f"file: {error}", {"file": [str(error)]}) from error
