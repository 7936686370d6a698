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
from modules.contacts import rules
from modules.contacts.errors import ContactTaken, InvalidContact
from modules.contacts.models import Contact
from modules.deletion import delete_whole
from modules.regions import language_of
from modules.validation import refuse

EDITABLE = (
    "line_display_name", "display_name", "customer_id", "mobile", "email", "gender", "birthday", "tags", "status",
)  # fmt: skip


def create(*, account: Account, now: datetime, line_uid: str = "", **details: Any) -> Contact:
    """Create a contact, who adds the official account as a friend. `line_uid` is random by default."""
    fields = {"line_uid": line_uid or new_line_uid(), **details}
    clean = checked(account, fields, now)
    contact = Contact(account=account, created_at=now, updated_at=now, **clean)
    _settle_status(contact, now, given="status" in details)
    return _saved(contact)


def create_many(*, account: Account, newcomers: Sequence[tuple[datetime, Mapping[str, Any]]]) -> None:
    """Create contacts at the given times. Existing contacts are updated."""
    contacts = []
    for now, fields in newcomers:
        contact = Contact(account=account, created_at=now, updated_at=now, **checked(account, fields, now))
        _settle_status(contact, now, given="status" in fields)
        contacts.append(contact)
    try:
        with transaction.atomic():
            Contact.objects.bulk_create(
                contacts,
                update_conflicts=True,
                unique_fields=["account", "line_uid"],
                update_fields=[*EDITABLE, "blocked_at", "updated_at"],
            )
    except IntegrityError as error:
        raise taken() from error


def edit(*, contact: Contact, now: datetime, **details: Any) -> Contact:
    """Change the given details; `customer_id=None` unbinds."""
    unknown = set(details) - set(EDITABLE)
    if unknown:
        raise TypeError(f"A contact has no {', '.join(sorted(unknown))} to edit")
    clean = checked(contact.account, details, now)
    with transaction.atomic():
        fresh = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
        for name, value in clean.items():
            setattr(fresh, name, value)
        fresh.updated_at = now
        _settle_status(fresh, now, given="status" in details)
        return _saved(fresh)


def bind(*, contact: Contact, customer_id: str, now: datetime) -> Contact:
    """Bind the contact to a customer of the brand's own system."""
    return edit(contact=contact, customer_id=customer_id, now=now)


def delete(*, contact: Contact) -> None:
    """Delete the contact. Its events stay in the log."""
    delete_whole(contact)


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
    clean = rules.normalised(fields)
    faults = rules.faults_of(clean, today=now.astimezone(account.zone_info).date())
    refuse(faults, InvalidContact)
    return clean


def _settle_status(contact: Contact, now: datetime, *, given: bool) -> None:
    """Derive the status from the binding unless it was given; `blocked_at` is kept while the contact has blocked."""
    if not given:
        contact.status = rules.status_after_binding(contact.status, is_bound=contact.is_bound)
    if contact.status != rules.UNFOLLOW:
        contact.blocked_at = None
    elif contact.blocked_at is None:
        contact.blocked_at = now


def _saved(contact: Contact) -> Contact:
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError as error:
        raise taken() from error
    return contact


def taken() -> ContactTaken:
    return ContactTaken(_("Another contact of this account has this LINE UID or customer id."))
