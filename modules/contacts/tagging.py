"""Creates tags, and puts them on contacts and takes them off. A contact that is tagged counts as updated."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from modules.contacts import rules, selectors
from modules.contacts.errors import InvalidTag, TagInUse, TagNotThere, TagTaken
from modules.contacts.models import Contact, Tag, Tagging
from modules.deletion import delete_whole
from modules.validation import refuse

ROWS_AT_ONCE = 500


def create_tag(*, account: Account, name: str, now: datetime, available_days: int | None = None) -> Tag:
    """Create a tag. TagTaken if the account has one of this name."""
    clean = name.strip()
    refuse(rules.tag_faults(name=clean, available_days=available_days), InvalidTag)
    try:
        with transaction.atomic():
            return Tag.objects.create(account=account, name=clean, available_days=available_days, created_at=now)
    except IntegrityError as error:
        raise TagTaken(_("A tag of this name exists.")) from error


def delete_tag(*, tag: Tag) -> None:
    """Delete a tag, which takes it off its contacts. TagInUse if a segment is made from it."""
    for segment in selectors.segments(account=tag.account).exclude(filters=[]):
        if any(each["tag_id"] == tag.pk for each in segment.filters):
            message = _("The segment “%(name)s” is made from this tag. Delete the segment first.")
            raise TagInUse(message % {"name": segment.name})
    delete_whole(tag)


def tags_of_names(*, account: Account, names: Collection[str], now: datetime) -> list[Tag]:
    """The tags of these names, in their order. Missing ones are created, without an end."""
    new = [Tag(account=account, name=name, created_at=now) for name in names]
    known = {tag.name: tag for tag in _named(account, names)}
    if missing := [tag for tag in new if tag.name not in known]:
        Tag.objects.bulk_create(missing, ignore_conflicts=True)
        known = {tag.name: tag for tag in _named(account, names)}
    return [known[name] for name in dict.fromkeys(names)]


def tag_contact(*, contact: Contact, tag: Tag, now: datetime) -> Tagging:
    """Put a tag on a contact. On a contact that has it, it starts again and keeps the time of the first tagging."""
    with transaction.atomic():
        _note_update(contact, now)
        add(taggings=[(contact.pk, tag, now)])
        return Tagging.objects.select_related("tag").get(contact=contact, tag=tag)


def tag_by_name(*, contact: Contact, name: str, now: datetime) -> Tagging:
    """Put the tag of this name on a contact. A tag that does not exist is created, without an end."""
    clean = name.strip()
    refuse(rules.tag_faults(name=clean, available_days=None), InvalidTag)
    (tag,) = tags_of_names(account=contact.account, names=[clean], now=now)
    return tag_contact(contact=contact, tag=tag, now=now)


def untag_contact(*, contact: Contact, tag: Tag, now: datetime) -> None:
    """Take a tag off a contact. TagNotThere if the contact does not have it."""
    with transaction.atomic():
        _note_update(contact, now)
        removed, _rows = Tagging.objects.valid_at(now).filter(contact=contact, tag=tag).delete()
        if not removed:
            raise TagNotThere(_("The contact does not have this tag."))


def set_tags(*, contact: Contact, names: Sequence[str], now: datetime) -> None:
    """Give the contact just the tags of these names; those that it has already stay as they are."""
    valid = {tagging.tag.name for tagging in selectors.taggings_of(contact=contact, now=now)}
    Tagging.objects.filter(contact=contact).exclude(tag__name__in=names).delete()
    new = [name for name in names if name not in valid]
    tags = tags_of_names(account=contact.account, names=new, now=now)
    add(taggings=[(contact.pk, tag, now) for tag in tags])


def add(*, taggings: Iterable[tuple[int, Tag, datetime]]) -> None:
    """Put tags on contacts: the id of each contact, the tag, and when. Call it in a transaction."""
    rows = {(contact_id, tag.pk): _tagging(contact_id, tag, now) for contact_id, tag, now in taggings}
    if not rows:
        return
    contact_ids, tag_ids = {contact_id for contact_id, _tag in rows}, {tag_id for _contact, tag_id in rows}
    first = min(row.tagged_at for row in rows.values())
    for part in batched(sorted(contact_ids)):
        Tagging.objects.filter(contact__in=part, tag__in=tag_ids, expires_at__lte=first).delete()
    Tagging.objects.bulk_create(
        [rows[key] for key in sorted(rows)],
        batch_size=ROWS_AT_ONCE,
        update_conflicts=True,
        unique_fields=["contact", "tag"],
        update_fields=["tagged_at", "expires_at"],
    )


def batched(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + ROWS_AT_ONCE] for start in range(0, len(ids), ROWS_AT_ONCE))


def _tagging(contact_id: int, tag: Tag, now: datetime) -> Tagging:
    days = tag.available_days
    expires_at = None if days is None else now + timedelta(days=days)
    return Tagging(contact_id=contact_id, tag=tag, first_tagged_at=now, tagged_at=now, expires_at=expires_at)


def _named(account: Account, names: Collection[str]) -> list[Tag]:
    return list(Tag.objects.filter(account=account, name__in=names))


def _note_update(contact: Contact, now: datetime) -> None:
    """Mark the contact as updated, which also locks its row until the transaction ends."""
    Contact.objects.filter(pk=contact.pk).update(updated_at=now)
