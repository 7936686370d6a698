"""Imports contacts from CSV: all lines are validated at the start; a worker stores them in short transactions.

The worker also stores the imports of the Open API, whose entries `member_import` reads.

A file with a fault stores nothing. Once an import has started, each chunk of lines is stored together with how far the
import is, so a killed worker stores nothing twice, and others can write between two chunks.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from accounts.errors import Refusal
from accounts.locks import lock_account
from accounts.models import Account
from modules.contacts import member_import, selectors, services, table
from modules.contacts.errors import ImportRunning
from modules.contacts.models import Contact, ContactImport
from webhooks.errors import InvalidInput

CHUNK = 50
OPEN_API_CHUNK = 500
"""These are stored by few statements."""
PAUSE_SECONDS = 0.1
"""Pause between chunks: SQLite retries a blocked writer after at most this time, so that others can write."""
FAULT_LIMIT = 20
FIRST_LINE = 2
"""The line after the header."""

PROGRESS = ("done", "created", "updated", "mismatched", "mismatches", "begun_at", "changed_at")

log = logging.getLogger(__name__)
Row = Mapping[str, str]


def start(*, account: Account, text: str, now: datetime) -> ContactImport:
    """Start an import: contacts are created, or updated if their LINE UID exists.

    InvalidInput names the first lines that are wrong, and nothing is stored.
    """
    rows = table.rows_of(text)
    if faults := _faults(account, rows, now):
        raise InvalidInput(f"csv: {faults[0]}", {"csv": faults})
    with transaction.atomic():
        lock_account(account.pk)
        if selectors.running_import(account=account):
            raise ImportRunning(_("An import is running already. Wait until it has ended."))
        return ContactImport.objects.create(account=account, rows=rows, total=len(rows), started_at=now, changed_at=now)


def store_waiting(
    *,
    is_over: Callable[[], bool],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Store the lines of the running imports, one import after the other."""
    running = ContactImport.objects.filter(status=ContactImport.Status.RUNNING).order_by("id")
    while not is_over() and (found := running.first()):
        while not is_over() and _store_chunk(found, clock()):
            sleep(PAUSE_SECONDS)


def _faults(account: Account, rows: Sequence[Row], now: datetime) -> list[str]:
    """Faults of the first lines that cannot be stored."""
    faults: list[str] = []
    owners = _Owners(account)
    for number, row in enumerate(rows, start=FIRST_LINE):
        try:
            owners.note(services.checked(account, table.details_of(row), now))
        except Refusal as refusal:
            faults.append(_in_line(number, refusal))
            if len(faults) == FAULT_LIMIT:
                break
    return faults


class _Owners:
    """The owner of each customer id, updated from line to line."""

    def __init__(self, account: Account) -> None:
        bound = Contact.objects.filter(account=account).exclude(customer_id=None)
        self._owner = {
            str(customer_id): line_uid for customer_id, line_uid in bound.values_list("customer_id", "line_uid")
        }
        self._customer = {line_uid: customer_id for customer_id, line_uid in self._owner.items()}

    def note(self, details: Mapping[str, Any]) -> None:
        line_uid, customer_id = details["line_uid"], details.get("customer_id")
        if customer_id is None:
            return
        if self._owner.get(customer_id, line_uid) != line_uid:
            raise services.taken()
        self._owner.pop(self._customer.get(line_uid, ""), None)
        self._owner[customer_id], self._customer[line_uid] = line_uid, customer_id


def _store_chunk(found: ContactImport, now: datetime) -> bool:
    """Store the next lines; returns whether there are more."""
    try:
        with transaction.atomic():
            account = lock_account(found.account_id)
            running = ContactImport.objects.select_for_update(no_key=True).defer("rows")
            fresh = running.filter(pk=found.pk, status=ContactImport.Status.RUNNING).first()
            if fresh is None:
                return False
            fresh.account = account
            fresh.begun_at = fresh.begun_at or now
            fresh.changed_at = now
            if fresh.import_key:
                entries = found.rows[fresh.done : fresh.done + OPEN_API_CHUNK]
                member_import.store(fresh, entries, now)
                fresh.done += len(entries)
            else:
                _store(fresh, found.rows[fresh.done : fresh.done + CHUNK], now)
            if fresh.done == fresh.total:
                _end(fresh, ContactImport.Status.FINISHED, now)
            fresh.save(update_fields=PROGRESS)
            return fresh.done < fresh.total
    except (OperationalError, InterfaceError):
        raise
    except Refusal as refusal:
        _end(found, ContactImport.Status.FAILED, now, refusal.message)
    except Exception:
        log.exception("An import of contacts failed: %s", found)
        _end(found, ContactImport.Status.FAILED, now, _("The simulator failed; its log says why."))
    return False


def _store(fresh: ContactImport, rows: Sequence[Row], now: datetime) -> None:
    chunk = [table.details_of(row) for row in rows]
    line_uids = [details["line_uid"] for details in chunk]
    known = (
        Contact.objects.select_for_update(no_key=True)
        .filter(account=fresh.account, line_uid__in=line_uids)
        .order_by("pk")
    )
    contacts = {contact.line_uid: contact for contact in known}
    for details in chunk:
        line_uid = details.pop("line_uid")
        contact = contacts.get(line_uid)
        try:
            if contact:
                contact.account = fresh.account
                services.edit(contact=contact, now=now, **details)
            else:
                contacts[line_uid] = services.create(account=fresh.account, now=now, line_uid=line_uid, **details)
        except Refusal as refusal:
            refusal.message = _in_line(fresh.done + FIRST_LINE, refusal)
            raise
        fresh.created += contact is None
        fresh.updated += contact is not None
        fresh.done += 1


def _end(found: ContactImport, status: ContactImport.Status, now: datetime, fault: str = "") -> None:
    running = ContactImport.objects.filter(pk=found.pk, status=ContactImport.Status.RUNNING)
    running.update(status=status, fault=fault, ended_at=now, changed_at=now, rows=[])


def _in_line(number: int, refusal: Refusal) -> str:
    return _("Line %(number)s: %(fault)s") % {"number": number, "fault": refusal.message}
