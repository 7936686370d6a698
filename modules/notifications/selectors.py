"""Every read of notifications."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Count, Func, Q, QuerySet, TextField
from django.db.models.functions import SHA256

from accounts.models import Account
from modules.contacts import rules as contact_rules
from modules.contacts.models import Contact
from modules.notifications import machine, rules
from modules.notifications.models import Binding, Conditions, Message, Template


def templates(*, account: Account) -> QuerySet[Template]:
    return Template.objects.filter(account=account).order_by("-id")


def messages(
    *,
    account: Account,
    template: Template | None = None,
    updated_at_min: datetime | None = None,
    updated_at_max: datetime | None = None,
    customized_id: str | None = None,
) -> QuerySet[Message]:
    """The newest update first; both bounds belong to what is found."""
    wanted = {
        "template": template,
        "updated_at__gte": updated_at_min,
        "updated_at__lte": updated_at_max,
        "customized_id": customized_id,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    found = Message.objects.filter(account=account, **given).select_related("template", "account")
    return found.order_by("-updated_at", "-id")


def metric(*, template: Template) -> dict[str, int]:
    """The numbers of the template's messages by outcome. `pnp` counts both of LINE's channels."""
    ended = Q(due_at=None)
    delivered = Q(status__endswith="_delivered")
    counts: dict[str, int] = template.messages.aggregate(
        all=Count("id"),
        fail=Count("id", filter=ended & ~delivered),
        pnp=Count("id", filter=delivered & ~Q(status="sms_delivered")),
        sms=Count("id", filter=Q(status="sms_delivered")),
    )
    return counts


def line_pushes_of_month(*, account: Account, now: datetime) -> int:
    """The number of this calendar month's messages that LINE push has delivered or will deliver."""
    month = now.astimezone(account.zone_info).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    # `updated_at` is redundant here, but has the index: a message created this month was also updated this month.
    pushed = Message.objects.filter(account=account, updated_at__gte=month, created_at__gte=month)
    about_to_be = Q(line_push_status="line_push_preparing", plan__line_push=machine.DELIVERED)
    return pushed.filter(Q(line_push_status="line_push_delivered") | about_to_be).count()


def bindings(*, account: Account) -> QuerySet[Binding]:
    return Binding.objects.filter(account=account).select_related("template", "contact").order_by("-id")


def conditions(*, account: Account) -> Conditions:
    """The account's conditions, or the defaults if none are stored."""
    return Conditions.objects.filter(account=account).first() or Conditions(account=account)


def contacts_of(*, account: Account, numbers: Collection[str]) -> dict[str, list[Contact]]:
    """Contacts by phone number or hash; numbers without a contact are missing."""
    theirs = account.contacts.exclude(mobile="")
    found: dict[str, list[Contact]] = {}
    for contact in theirs.filter(mobile__in=[number for number in numbers if not rules.is_hash(number)]):
        found.setdefault(contact.mobile, []).append(contact)
    hashes = [number for number in numbers if rules.is_hash(number)]
    if hashes:
        for contact in theirs.annotate(digest=MobileHash("mobile")).filter(digest__in=hashes):
            found.setdefault(digest_of(contact), []).append(contact)
    return found


def is_member(number: str, contacts: Collection[Contact]) -> bool:
    """Whether LINE push finds its one recipient: by exact match, so a hash finds nobody, as contacts have E.164."""
    active = [contact for contact in contacts if contact.status != contact_rules.UNFOLLOW]
    return len(active) == 1 and not rules.is_hash(number)


def has_blocked(contacts: Collection[Contact]) -> bool:
    """Whether the number has contacts and all of them have blocked the account."""
    return bool(contacts) and all(contact.status == contact_rules.UNFOLLOW for contact in contacts)


def digest_of(contact: Any) -> str:
    return str(contact.digest)


class MobileHash(SHA256):
    """Django's SHA256 with a built-in function of PostgreSQL, so that no extension is needed."""

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')"
        return Func.as_sql(self, compiler, connection, template=template, **context)
