"""What can be done to contacts."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from maac_contract.sample_context import person
from maac_contract.samples import Contact as Person
from modules.contacts import rules, selectors, tagging
from modules.contacts.errors import ContactTaken, InvalidContact
from modules.contacts.models import Contact
from modules.deletion import delete_whole
from modules.regions import language_of
from modules.validation import refuse

COLUMNS = (
    "line_display_name", "display_name", "customer_id", "mobile", "email", "gender", "birthday", "status",
)  # fmt: skip
LOCKED_BEFORE = ("binding_bindlink",)
LOCKED_AFTER = ("points_voucher", "contacts_tagging", "points_grant", "surveys_submission")
"""Tables whose rows other services lock before and after the contact, in this order."""
EDITABLE = (*COLUMNS, "tags")


def create(*, account: Account, now: datetime, line_uid: str = "", **details: Any) -> Contact:
    """Create a contact, who adds the official account as a friend. `line_uid` is random by default.

    Tags are given by name; those that do not exist are created.
    """
    fields = {"line_uid": line_uid or new_line_uid(), **details}
    clean = checked(account, fields, now)
    names = clean.pop("tags", [])
    contact = _new(account, clean, now)
    with transaction.atomic():
        _saved(contact)
        return _with_tags(contact, names, now)


def create_many(*, account: Account, newcomers: Sequence[tuple[datetime, Mapping[str, Any]]]) -> None:
    """Create contacts at the given times. Existing contacts are updated; tags are added."""
    contacts: list[Contact] = []
    tagged: list[tuple[str, list[str], datetime]] = []
    for now, fields in newcomers:
        clean = checked(account, fields, now)
        tagged.append((clean["line_uid"], clean.pop("tags", []), now))
        contacts.append(_new(account, clean, now))
    try:
        with transaction.atomic():
            Contact.objects.bulk_create(
                contacts,
                update_conflicts=True,
                unique_fields=["account", "line_uid"],
                update_fields=[*COLUMNS, "blocked_at", "updated_at"],
            )
            _tag_many(account, tagged)
    except IntegrityError as error:
        raise taken() from error


def edit(*, contact: Contact, now: datetime, **details: Any) -> Contact:
    """Change the given details; `customer_id=None` unbinds, `tags` are just those that the contact has then."""
    unknown = set(details) - set(EDITABLE)
    if unknown:
        raise TypeError(f"A contact has no {', '.join(sorted(unknown))} to edit")
    clean = checked(contact.account, details, now)
    names = clean.pop("tags", None)
    with transaction.atomic():
        fresh = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
        fresh.account = contact.account
        if clean.get("status") == rules.UNFOLLOW != fresh.status:
            fresh.blocked_at = now
        for name, value in clean.items():
            setattr(fresh, name, value)
        fresh.updated_at = now
        _saved(fresh)
        return _with_tags(fresh, names, now)


def bind(*, contact: Contact, customer_id: str, now: datetime) -> Contact:
    """Bind the contact to a customer of the brand's own system."""
    return edit(contact=contact, customer_id=customer_id, now=now)


def delete(*, contact: Contact) -> None:
    """Delete the contact. Its events stay in the log."""
    delete_whole(contact, before=LOCKED_BEFORE, after=LOCKED_AFTER)


def seed_demo(*, account: Account, now: datetime, count: int = 12) -> list[Contact]:
    """Create realistic contacts in the account's language; existing ones are not changed."""
    known = set(account.contacts.values_list("line_uid", flat=True))
    taken = set(account.contacts.values_list("customer_id", flat=True))
    people = [person(f"demo-{number}", language_of(account)) for number in range(count)]
    fresh = [one for one in people if one.line_uid not in known and one.customer_id not in taken]
    return [create(account=account, now=now, **_details_of(one)) for one in fresh]


def new_line_uid() -> str:
    return f"U{secrets.token_hex(16)}"


def _details_of(one: Person) -> dict[str, Any]:
    return {
        "line_uid": one.line_uid,
        "line_display_name": one.name,
        "display_name": one.name,
        "customer_id": one.customer_id_or_null,
        "mobile": one.mobile,
        "email": one.email,
        "gender": one.gender,
        "birthday": date.fromisoformat(one.birthday),
    }


def checked(account: Account, fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Normalised details. InvalidContact if any is invalid."""
    clean = rules.normalised(fields, time_zone=account.time_zone)
    faults = rules.faults_of(clean, today=now.astimezone(account.zone_info).date())
    refuse(faults, InvalidContact)
    return clean


def _new(account: Account, clean: Mapping[str, Any], now: datetime) -> Contact:
    """An unsaved contact. `blocked_at` is when the contact last blocked the account, and outlives an unblocking."""
    contact = Contact(account=account, created_at=now, updated_at=now, **clean)
    contact.status = clean.get("status") or rules.status_at_first(is_bound=contact.is_bound)
    contact.blocked_at = now if contact.status == rules.UNFOLLOW else None
    return contact


def _with_tags(contact: Contact, names: Sequence[str] | None, now: datetime) -> Contact:
    """The stored contact with its tags loaded; with names, it has just these."""
    if names is not None:
        tagging.set_tags(contact=contact, names=names, now=now)
    contact.loaded_taggings = list(selectors.taggings_of(contact=contact, now=now))
    return contact


def _tag_many(account: Account, tagged: Sequence[tuple[str, list[str], datetime]]) -> None:
    """Put tags on contacts by LINE UID, each at its time."""
    names = {name for _line_uid, names, _now in tagged for name in names}
    if not names:
        return
    line_uids = [line_uid for line_uid, _names, _now in tagged]
    ids = dict(Contact.objects.filter(account=account, line_uid__in=line_uids).values_list("line_uid", "pk"))
    tags = {tag.name: tag for tag in tagging.tags_of_names(account=account, names=sorted(names), now=tagged[0][2])}
    tagging.add(taggings=[(ids[uid], tags[name], now) for uid, names, now in tagged for name in names])


def _saved(contact: Contact) -> Contact:
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError as error:
        raise taken() from error
    return contact


def taken() -> ContactTaken:
    return ContactTaken(_("Another contact of this account has this LINE UID or customer id."))
