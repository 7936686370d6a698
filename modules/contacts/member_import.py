"""Imports of contacts through MAAC's Open API: an entry finds its contact by a key, and changes it.

Documented: the keys, the fields, what counts as a fault, that blanks change nothing and tags are only added. Chosen:
one fault stops the whole import, before anything is stored; an entry that finds nobody creates a contact if the key is
not `line_uid` and the entry brings a LINE UID; an entry whose key several contacts share, whose contact has blocked the
account, or whose customer id belongs to somebody else changes nothing and counts as a mismatch.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.locks import lock_account
from accounts.models import Account
from modules.contacts import rules, selectors, tagging
from modules.contacts.errors import ImportRunning, InvalidContact
from modules.contacts.models import Contact, ContactImport, Tag
from modules.validation import refuse

KEYS = ("line_uid", "customer_id", "email", "mobile")
TEXTS = ("line_display_name", "email", "mobile", "customer_id", "gender", "birthday")
FIELDS = ("line_uid", *TEXTS, "tags")
UNCOUNTED = ("line_display_name", "email", "customer_id", "tags")
GENDERS = ("male", "female")
FAULT_LIMIT = 20
ENTRY_LIMIT = 10_000
SIZE_LIMIT = 10 * 1024 * 1024
UNKNOWN, BLOCKED, SHARED, TAKEN = "unknown", "blocked", "several contacts", "customer_id taken"

Entry = Mapping[str, Any]


def start(
    *, account: Account, import_key: str, entries: Sequence[Entry], tags: Sequence[str], now: datetime
) -> ContactImport:
    """Start an import, or store it as refused if an entry has a fault that MAAC counts. ImportRunning while one runs.

    Entries are texts by field, and `tags` a list of texts. InvalidContact for faults that MAAC has no count of.
    """
    today = now.astimezone(account.zone_info).date()
    clean = [_normalised(entry, account.time_zone) for entry in entries]
    refuse(_uncounted_faults(clean, tags, today), InvalidContact)
    problems = problems_of(clean, import_key, today=today)
    with transaction.atomic():
        lock_account(account.pk)
        if selectors.running_import(account=account):
            raise ImportRunning(_("An import is running already. Wait until it has ended."))
        return ContactImport.objects.create(
            account=account,
            import_key=import_key,
            tags=tags,
            rows=[] if problems else clean,
            total=len(clean),
            problems=problems,
            status=ContactImport.Status.FAILED if problems else ContactImport.Status.RUNNING,
            started_at=now,
            changed_at=now,
            ended_at=now if problems else None,
        )


def problems_of(entries: Sequence[Entry], import_key: str, *, today: date) -> dict[str, Any]:
    """The documented counts of faults of normalised entries; empty if there are none."""
    known = [str(entry.get(import_key) or "") for entry in entries]
    shared = Counter(value for value in known if value)
    names = list(dict.fromkeys(name for entry in entries for name in entry))
    problems = {
        "blank_error": sum(not value for value in known),
        "miss_fields": [] if not entries or import_key in names else [import_key],
        "gender_error": sum(bool(entry.get("gender")) and entry["gender"] not in GENDERS for entry in entries),
        "mobile_error": sum(
            "mobile" in rules.faults_of({"mobile": entry.get("mobile", "")}, today=today) for entry in entries
        ),
        "birthday_error": sum(not _is_birthday(entry.get("birthday", ""), today) for entry in entries),
        "useless_fields": [name for name in names if name not in FIELDS],
        "duplicate_error": sum(shared[value] > 1 for value in known if value),
    }
    return problems if any(problems.values()) else {}


def store(running: ContactImport, entries: Sequence[Entry], now: datetime) -> None:
    """Store some entries, and add what they did to the import. Call it with the account locked."""
    chunk = _Chunk.of(running, entries)
    changed: list[tuple[Contact, Entry]] = []
    for entry in entries:
        contact = chunk.find(entry)
        reason = chunk.reason_against(contact, entry)
        if reason:
            running.mismatched += 1
            if running.import_key == "line_uid":
                running.mismatches.append([entry["line_uid"], reason])
            continue
        is_new = contact is None
        contact = contact or chunk.add_newcomer(entry, now)
        chunk.change(contact, entry, now)
        changed.append((contact, entry))
        running.created += is_new
        running.updated += not is_new
    chunk.save({contact.line_uid: contact for contact, _entry in changed}.values())
    _add_tags(running, changed, now)


@dataclass
class _Chunk:
    """The contacts that some entries may concern, by the key and by LINE UID, and who has which customer id."""

    account: Account
    import_key: str
    by_key: dict[str, list[Contact]]
    by_line_uid: dict[str, Contact]
    owners: dict[str, str]

    @classmethod
    def of(cls, running: ContactImport, entries: Sequence[Entry]) -> "_Chunk":
        key, account = running.import_key, running.account
        locked = Contact.objects.select_for_update(no_key=True).filter(account=account).order_by("pk")
        line_uids = [entry["line_uid"] for entry in entries if entry.get("line_uid")]
        by_key: dict[str, list[Contact]] = {}
        for contact in locked.filter(**{f"{key}__in": [entry[key] for entry in entries]}):
            by_key.setdefault(getattr(contact, key), []).append(contact)
        found = {contact.line_uid: contact for contacts in by_key.values() for contact in contacts}
        for contact in locked.filter(line_uid__in=line_uids):
            found.setdefault(contact.line_uid, contact)
        wanted = [entry["customer_id"] for entry in entries if entry.get("customer_id")]
        bound = Contact.objects.filter(account=account, customer_id__in=wanted)
        owners = {str(customer_id): uid for customer_id, uid in bound.values_list("customer_id", "line_uid")}
        return cls(account, key, by_key, found, owners)

    def find(self, entry: Entry) -> Contact | None:
        """The contact by its key, or else by its LINE UID."""
        first = next(iter(self.by_key.get(entry[self.import_key], [])), None)
        return first or self.by_line_uid.get(entry.get("line_uid", ""))

    def reason_against(self, contact: Contact | None, entry: Entry) -> str:
        """Why the entry changes nothing; empty if it does."""
        line_uid = entry.get("line_uid", "")
        if contact is None:
            is_newcomer = self.import_key != "line_uid" and rules.LINE_UID.fullmatch(line_uid)
            if not is_newcomer:
                return UNKNOWN
        elif contact.status == rules.UNFOLLOW:
            return BLOCKED
        elif len(self.by_key.get(entry[self.import_key], [])) > 1:
            return SHARED
        owner = self.owners.get(entry.get("customer_id", ""))
        return TAKEN if owner and owner != (contact.line_uid if contact else line_uid) else ""

    def add_newcomer(self, entry: Entry, now: datetime) -> Contact:
        contact = Contact(account=self.account, line_uid=entry["line_uid"], created_at=now)
        contact.status = rules.status_at_first(is_bound=bool(entry.get("customer_id")))
        self.by_line_uid[contact.line_uid] = contact
        self.by_key.setdefault(entry[self.import_key], []).append(contact)
        return contact

    def change(self, contact: Contact, entry: Entry, now: datetime) -> None:
        for name in TEXTS:
            if value := entry.get(name):
                setattr(contact, name, date.fromisoformat(value) if name == "birthday" else value)
        if customer_id := entry.get("customer_id"):
            self.owners[customer_id] = contact.line_uid
        contact.updated_at = now

    def save(self, changed: Collection[Contact]) -> None:
        """Insert or update the contacts in one statement, which also sets the ids of new ones."""
        for contact in changed:
            contact.pk = None
        Contact.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["account", "line_uid"],
            update_fields=[*TEXTS, "updated_at"],
        )


def _add_tags(running: ContactImport, changed: Sequence[tuple[Contact, Entry]], now: datetime) -> None:
    wanted = [(contact.pk, [*running.tags, *entry.get("tags", [])]) for contact, entry in changed]
    names = sorted({name for _pk, names in wanted for name in names})
    tags: dict[str, Tag] = {
        tag.name: tag for tag in tagging.tags_of_names(account=running.account, names=names, now=now)
    }
    tagging.add(taggings=[(pk, tags[name], now) for pk, names in wanted for name in names])


def _normalised(entry: Entry, time_zone: str) -> dict[str, Any]:
    """Stripped texts, and the number in E.164. Fields that are null count as blank."""
    texts = {name: "" if value is None else value for name, value in entry.items()}
    clean = rules.normalised({"tags": [], **texts}, time_zone=time_zone)
    if "customer_id" in clean:
        clean["customer_id"] = clean["customer_id"] or ""
    return clean


def _uncounted_faults(entries: Sequence[Entry], tags: Sequence[str], today: date) -> rules.Faults:
    """The first faults of fields that have no count in MAAC's report, by path."""
    faults = {"tags": rules.NOT_TAGS} if rules.faults_of({"tags": tags}, today=today) else {}
    for number, entry in enumerate(entries):
        given = {name: entry[name] for name in UNCOUNTED if name in entry}
        faults |= {f"data[{number}].{name}": fault for name, fault in rules.faults_of(given, today=today).items()}
        if len(faults) >= FAULT_LIMIT:
            break
    return faults


def _is_birthday(text: str, today: date) -> bool:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        return False
    return day is None or not rules.faults_of({"birthday": day}, today=today)
