"""A contact opens a message: stores the open and publishes message.first_open."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from modules.contacts.models import Contact
from modules.messages import rules, selectors
from modules.messages.errors import MessageNotReceived
from modules.messages.models import Broadcast, DirectMessage, Open
from webhooks.services.publish import EventRequest, publish


def open_message(*, contact: Contact, message: Broadcast | DirectMessage, now: datetime) -> Open:
    """Store the contact's open of a message. The first open of a tracked message publishes an event."""
    _refuse_unless_received(contact, message, now)
    opened = drafted(contact=contact, message=message, now=now)
    with transaction.atomic():
        if not (opened.message_type and _save_as_first(opened, outcome_of(opened, contact, is_first=True))):
            opened.outcome = outcome_of(opened, contact, is_first=False)
            opened.save()
        if event_request := event_request_of(opened, contact):
            (published,) = publish(account=opened.account, event_requests=[event_request], now=now)
            opened.webhook_event_id = published.event.pk
            opened.save(update_fields=["webhook_event_id"])
    return opened


def drafted(*, contact: Contact, message: Broadcast | DirectMessage, now: datetime) -> Open:
    """An unsaved open without its outcome."""
    opened = Open(account_id=message.account_id, line_uid=contact.line_uid, opened_at=now)
    if isinstance(message, Broadcast):
        opened.broadcast = message
        opened.message_type, opened.message_id = "broadcast", message.pk
        return opened
    opened.direct_message = message
    if message.event_id is not None and rules.is_tracked(category=message.category):
        opened.message_type, opened.message_id = "openapi", message.event_id
    return opened


def outcome_of(opened: Open, contact: Contact, *, is_first: bool) -> str:
    message = opened.direct_message
    return rules.outcome_of(
        category=message.category if message else "",
        has_event=message is not None and message.event_id is not None,
        is_bound=contact.is_bound,
        is_first=is_first,
    )


def event_request_of(opened: Open, contact: Contact) -> EventRequest | None:
    """The event of the open, if its outcome is PUBLISHED."""
    if opened.outcome != rules.PUBLISHED:
        return None
    data = {
        "message_type": opened.message_type,
        "message_id": opened.message_id,
        "line_uid": opened.line_uid,
        "customer_id": contact.customer_id,
    }
    return EventRequest("message.first_open", data, timestamp=opened.opened_at)


def _refuse_unless_received(contact: Contact, message: Broadcast | DirectMessage, now: datetime) -> None:
    if isinstance(message, DirectMessage) and message.status_at(now) != rules.SENT:
        raise MessageNotReceived(_("The message has not been sent yet. Try again in a moment."))
    if not selectors.recipients(message=message).filter(line_uid=contact.line_uid, mark=rules.DELIVERED).exists():
        raise MessageNotReceived(_("%(name)s did not receive this message.") % {"name": contact})


def _save_as_first(opened: Open, outcome: str) -> bool:
    """Store it as the contact's first open, unless there is one; a unique constraint decides concurrent opens."""
    same = Open.objects.filter(
        account_id=opened.account_id,
        message_type=opened.message_type,
        message_id=opened.message_id,
        line_uid=opened.line_uid,
        is_first=True,
    )
    if same.exists():
        return False
    opened.is_first, opened.outcome = True, outcome
    try:
        with transaction.atomic():
            opened.save()
    except IntegrityError:
        opened.is_first = False
        return False
    return True
