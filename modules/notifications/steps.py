"""Moves messages from status to status. The rows are the queue; a status and its event share one transaction."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils.translation import gettext as _

from modules.notifications import machine
from modules.notifications.errors import MessageEnded
from modules.notifications.machine import Wait
from modules.notifications.models import Message, Step, Template
from modules.notifications.payload import status_of
from webhooks.services.publish import EventRequest, publish

AT_ONCE = 200
STAY = 1.0
"""A run waits for rows due within this many seconds; later ones are left to the periodic task."""
LONGEST_NAP = 0.05
"""Most seconds to sleep, since new messages can be due before those that a run waits for."""
Changes = dict[str, object]


def enter(message: Message, status: str, now: datetime, error: str = "") -> Changes:
    """Set the status and the time of the next move; returns the changed columns."""
    channel = machine.channel_of(status)
    move = machine.next_move(status, message.plan)
    due_at = now + wait_of(move.wait, message.template) if move else None
    changes: Changes = {"status": status, f"{channel}_status": status, "due_at": due_at, "updated_at": now}
    if error:
        changes[f"{channel}_error_category"] = error
    if machine.has_delivered(status):
        changes[f"{channel}_delivered_at"] = now
    for name, value in changes.items():
        setattr(message, name, value)
    return changes


def wait_of(wait: Wait, template: Template) -> timedelta:
    if wait == Wait.FALLBACK:
        return timedelta(minutes=template.fallback_period * settings.NOTIFICATION_FALLBACK_SCALE)
    return timedelta(seconds=settings.NOTIFICATION_STEP_SECONDS)


def announce(messages: Sequence[Message], now: datetime) -> None:
    """Publish the statuses of one account's messages. Call it in the transaction that sets them."""
    event_requests = [event_request_of(message) for message in messages]
    published = publish(account=messages[0].account, event_requests=event_requests, now=now)
    Step.objects.bulk_create(
        Step(message=message, status=message.status, at=now, webhook_event_id=one.event.pk)
        for message, one in zip(messages, published, strict=True)
    )


def event_request_of(message: Message) -> EventRequest:
    """The event of the message's current status."""
    return EventRequest("pnp.status_updated", status_of(message), timestamp=message.updated_at)


def advance(*, message: Message, now: datetime) -> Message:
    """Make the message's next move now, without its wait."""
    with transaction.atomic():
        fresh = _locked().get(pk=message.pk)
        if machine.next_move(fresh.status, fresh.plan) is None:
            raise MessageEnded(_("This message has ended as %(status)s: no step is left.") % {"status": fresh.status})
        _move([fresh], now)
    return fresh


def advance_due(*, now: datetime) -> int:
    """Make the next move of a batch of due messages; returns their number."""
    if not Message.objects.filter(due_at__lte=now).exists():
        return 0
    with transaction.atomic():
        due = list(_locked(skip=True).filter(due_at__lte=now).order_by("due_at")[:AT_ONCE])
        due.sort(key=lambda message: (message.account_id, message.due_at, message.pk))
        for _account, messages in groupby(due, key=lambda message: message.account_id):
            _move(list(messages), now)
    return len(due)


def advance_while_due(*, is_over: Callable[[], bool]) -> None:
    """Make due moves until none is due soon."""
    while not is_over():
        now = datetime.now(UTC)
        moved = advance_due(now=now)
        due_at = Message.objects.aggregate(next=Min("due_at"))["next"]
        if due_at is None or due_at > now + timedelta(seconds=STAY):
            return
        if not moved:
            time.sleep(min(LONGEST_NAP, max(0.0, (due_at - now).total_seconds())))


def _locked(*, skip: bool = False) -> QuerySet[Message]:
    rows = Message.objects.select_related("template", "account")
    return rows.select_for_update(no_key=True, skip_locked=skip, of=("self",))


def _move(messages: Sequence[Message], now: datetime) -> None:
    """Make the next move of one account's messages. Equal changes are made by one UPDATE."""
    alike: dict[frozenset[tuple[str, object]], list[int]] = {}
    moved = []
    for message in messages:
        changes: Changes = {"due_at": None}  # For a message without a further move.
        if move := machine.next_move(message.status, message.plan):
            changes = enter(message, move.status, now, move.error)
            moved.append(message)
        alike.setdefault(frozenset(changes.items()), []).append(message.pk)
    for same, ids in alike.items():
        Message.objects.filter(pk__in=ids).update(**dict(same))
    if moved:
        announce(moved, now)
