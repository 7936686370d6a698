"""Queries of messages."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet

from accounts.models import Account
from modules.contacts.models import Contact
from modules.messages.models import Broadcast, DirectMessage, MessageEvent, Open, Recipient, Template


def templates(*, account: Account) -> QuerySet[Template]:
    return Template.objects.filter(account=account).order_by("-id")


def events(*, account: Account, name: str = "") -> QuerySet[MessageEvent]:
    """The newest first; with this text in their name."""
    found = MessageEvent.objects.filter(account=account).order_by("-id")
    return found.filter(name__icontains=name) if name else found


def broadcasts(*, account: Account) -> QuerySet[Broadcast]:
    return Broadcast.objects.filter(account=account).select_related("template").order_by("-id")


def direct_messages(*, account: Account) -> QuerySet[DirectMessage]:
    return DirectMessage.objects.filter(account=account).select_related("template", "event").order_by("-id")


def recipients(*, message: Broadcast | DirectMessage) -> QuerySet[Recipient]:
    is_of = {"broadcast": message} if isinstance(message, Broadcast) else {"direct_message": message}
    return Recipient.objects.filter(**is_of).order_by("id")


def opens(*, account: Account) -> QuerySet[Open]:
    """The newest first."""
    found = Open.objects.filter(account=account).select_related("broadcast", "direct_message__event")
    return found.order_by("-id")


def opens_of(*, message: Broadcast | DirectMessage) -> QuerySet[Open]:
    """Every open of the message, tracked or not."""
    return Open.objects.filter(**{"broadcast" if isinstance(message, Broadcast) else "direct_message": message})


def openings_by_person(*, message: Broadcast | DirectMessage, line_uids: Collection[str]) -> dict[str, int]:
    """How often each of these people opened the message."""
    counts = opens_of(message=message).filter(line_uid__in=line_uids).order_by().values_list("line_uid")
    return dict(counts.annotate(count=Count("id")))


def report_opens(
    *, event: MessageEvent, zone: ZoneInfo, start: date | None = None, end: date | None = None
) -> int:  # fmt: skip
    """How many opens of messages that were sent under the event, on days of this time zone; both days belong to it."""
    counted = Open.objects.filter(message_type="openapi", message_id=event.pk)
    if start:
        counted = counted.filter(opened_at__gte=_midnight(start, zone))
    if end:
        counted = counted.filter(opened_at__lt=_midnight(end + timedelta(days=1), zone))
    return counted.count()


def opens_of_events(*, events: Iterable[MessageEvent]) -> dict[int, int]:
    """The opens of each of these events in all."""
    ids = [event.pk for event in events]
    counts = Open.objects.filter(message_type="openapi", message_id__in=ids).order_by().values_list("message_id")
    return dict(counts.annotate(count=Count("id")))


def opens_by_broadcast(*, broadcasts: Iterable[Broadcast]) -> dict[int, int]:
    ids = [broadcast.pk for broadcast in broadcasts]
    counts = Open.objects.filter(message_type="broadcast", message_id__in=ids).order_by().values_list("message_id")
    return dict(counts.annotate(count=Count("id")))


def statuses_of(*, account: Account, line_uids: Collection[str]) -> dict[str, str]:
    """The status of those who are contacts, by LINE UID."""
    return dict(Contact.objects.filter(account=account, line_uid__in=line_uids).values_list("line_uid", "status"))


def people(*, account: Account, line_uids: Collection[str]) -> dict[str, Contact]:
    return {one.line_uid: one for one in Contact.objects.filter(account=account, line_uid__in=line_uids)}


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)
